// SPDX-License-Identifier: MIT
#include "crypto/age_payload.h"

#include "base/random.h"
#include "crypto/hkdf.h"

#include <cstdint>
#include <fmt/format.h>

namespace acmeproxy {

Secret age_payload_key(const Secret &file_key, std::string_view nonce)
{
    return hkdf_sha256(file_key.view(), nonce, "payload");
}

void write_age_payload(const Secret &file_key, const AgeSource &source, const AgeSink &sink)
{
    const std::string payload_nonce = random_bytes(age_payload_nonce_size);
    AgeChunkCipher cipher(age_payload_key(file_key, payload_nonce));
    sink(payload_nonce);
    AgeInput input(source);
    std::string chunk(age_chunk_size + age_tag_size, '\0');
    bool is_last = false;
    for (std::uint64_t number = 0; !is_last; ++number) {
        const std::string_view there = input.peek(age_chunk_size + 1);
        is_last = there.size() <= age_chunk_size;
        const std::string_view text = there.substr(0, age_chunk_size);
        cipher.seal(age_chunk_nonce(number, is_last), text, chunk.data());
        input.skip(text.size());
        sink(std::string_view(chunk).substr(0, text.size() + age_tag_size));
    }
}

std::string seal_one_chunk(const Secret &file_key, std::string_view text)
{
    std::string payload = random_bytes(age_payload_nonce_size);
    AgeChunkCipher cipher(age_payload_key(file_key, payload));
    payload.resize(age_payload_nonce_size + text.size() + age_tag_size);
    cipher.seal(age_chunk_nonce(0, true), text, payload.data() + age_payload_nonce_size);
    return payload;
}

void read_age_payload(const Secret &file_key, AgeInput &input, const AgeSink &sink)
{
    std::string payload_nonce(age_payload_nonce_size, '\0');
    if (input.read(payload_nonce.data(), payload_nonce.size()) < payload_nonce.size())
        throw AgeError("the file is cut off after its header");
    AgeChunkCipher cipher(age_payload_key(file_key, payload_nonce));
    Secret plain = Secret::of_size(age_chunk_size);
    bool is_last = false;
    for (std::uint64_t number = 0; !is_last; ++number) {
        constexpr std::size_t sealed_size = age_chunk_size + age_tag_size;
        const std::string_view there = input.peek(sealed_size + 1);
        is_last = there.size() <= sealed_size;
        const std::string_view chunk = there.substr(0, sealed_size);
        if (chunk.size() < age_tag_size)
            throw AgeError(fmt::format("the file is cut off in chunk {}", number + 1));
        if (!cipher.open(age_chunk_nonce(number, is_last), chunk, plain.data())) {
            // Only to tell what is wrong: what it opens is given to nobody.
            if (cipher.open(age_chunk_nonce(number, !is_last), chunk, plain.data()))
                throw AgeError(is_last
                                   ? fmt::format("the file is cut off after chunk {}", number + 1)
                                   : std::string("bytes follow the end of the file"));
            throw AgeError(fmt::format("chunk {} is damaged, or the file is cut off", number + 1));
        }
        if (chunk.size() == age_tag_size && number > 0)
            throw AgeError("the last chunk is empty, which no writer makes");
        input.skip(chunk.size());
        sink(plain.view().substr(0, chunk.size() - age_tag_size));
    }
}

}
