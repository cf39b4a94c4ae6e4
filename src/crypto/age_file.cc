// SPDX-License-Identifier: MIT
// Whole age files: armor, header and payload put together.
#include "crypto/age.h"

#include "crypto/age_armor.h"
#include "crypto/age_header.h"
#include "crypto/age_payload.h"

#include <algorithm>
#include <cstring>
#include <sodium.h>

namespace acmeproxy {

namespace {

constexpr std::size_t most_in_memory = 1 << 20;

Secret new_file_key()
{
    Secret file_key = Secret::of_size(age_file_key_size);
    ::randombytes_buf(file_key.data(), file_key.size());
    return file_key;
}

AgeSource source_of(std::string_view &text)
{
    return [&text](char *buffer, std::size_t size) {
        const std::size_t part = text.copy(buffer, size);
        text.remove_prefix(part);
        return part;
    };
}

void open_binary(const std::vector<AgeIdentity> &identities, AgeInput &input, const AgeSink &sink)
{
    const Secret file_key = unwrap_file_key(read_age_header(input), identities);
    read_age_payload(file_key, input, sink);
}

}

void age_seal(const std::vector<AgeRecipient> &recipients, AgeForm form, const AgeSource &source,
              const AgeSink &sink)
{
    const Secret file_key = new_file_key();
    const std::string header = write_age_header(recipients, file_key);
    if (form == AgeForm::binary) {
        sink(header);
        write_age_payload(file_key, source, sink);
        return;
    }
    ArmorWriter armor(sink);
    armor.write(header);
    write_age_payload(file_key, source, [&](std::string_view bytes) { armor.write(bytes); });
    armor.finish();
}

void age_open(const std::vector<AgeIdentity> &identities, const AgeSource &source,
              const AgeSink &sink)
{
    AgeInput input(source);
    if (!begins_armored(input)) {
        open_binary(identities, input, sink);
        return;
    }
    ArmorReader armor(input);
    const AgeSource inner = [&](char *buffer, std::size_t size) {
        return armor.read(buffer, size);
    };
    AgeInput bytes(inner);
    open_binary(identities, bytes, sink);
}

std::string age_seal(const std::vector<AgeRecipient> &recipients, std::string_view text,
                     AgeForm form)
{
    // A private key needs no buffer of 64 KiB in locked memory.
    if (form == AgeForm::binary && text.size() <= age_chunk_size) {
        const Secret file_key = new_file_key();
        return write_age_header(recipients, file_key) + seal_one_chunk(file_key, text);
    }
    std::string sealed;
    age_seal(recipients, form, source_of(text),
             [&](std::string_view bytes) { sealed.append(bytes); });
    return sealed;
}

Secret age_open(const std::vector<AgeIdentity> &identities, std::string_view file)
{
    if (file.size() > most_in_memory)
        throw AgeError("the file is larger than 1 MiB");
    // Never smaller than what is in it.
    Secret text = Secret::of_size(file.size());
    std::size_t size = 0;
    age_open(identities, source_of(file), [&](std::string_view bytes) {
        std::memcpy(text.data() + size, bytes.data(), bytes.size());
        size += bytes.size();
    });
    return Secret(text.view().substr(0, size));
}

void check_age_file(std::string_view file)
{
    const AgeSource source = source_of(file);
    AgeInput input(source);
    const AgeHeader header = read_age_header(input);
    if (input.peek(age_payload_nonce_size + age_tag_size + 1).size() <=
        age_payload_nonce_size + age_tag_size)
        throw AgeError("the file is cut off after its header");
}

}
