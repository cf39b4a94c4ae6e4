// SPDX-License-Identifier: MIT
// OpenSSL seals what libsodium opens, and the other way round.
#include "crypto/age_chunk.h"

#include "base/encoding.h"
#include "base/random.h"
#include "crypto/bytes.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <sodium.h>

using namespace acmeproxy;

namespace {

const Secret key(std::string_view("an age payload key of 32 bytes.."));

std::string sealed_by_libsodium(const AgeChunkNonce &nonce, std::string_view text)
{
    std::string chunk(text.size() + age_tag_size, '\0');
    ::crypto_aead_chacha20poly1305_ietf_encrypt(bytes_at(chunk.data()), nullptr, as_bytes(text),
                                                text.size(), nullptr, 0, nullptr, nonce.data(),
                                                as_bytes(key.view()));
    return chunk;
}

std::string sealed(AgeChunkCipher &cipher, const AgeChunkNonce &nonce, std::string_view text)
{
    std::string chunk(text.size() + age_tag_size, '\0');
    cipher.seal(nonce, text, chunk.data());
    return chunk;
}

}

BOOST_AUTO_TEST_SUITE(age_chunk_test)

BOOST_AUTO_TEST_CASE(the_nonce_counts_big_endian_and_marks_the_end)
{
    const AgeChunkNonce nonce = age_chunk_nonce(0x0102, true);
    BOOST_TEST(hex_encode({reinterpret_cast<const char *>(nonce.data()), nonce.size()}) ==
               "000000000000000000010201");
    BOOST_TEST((age_chunk_nonce(0, false) == AgeChunkNonce{}));
}

BOOST_AUTO_TEST_CASE(one_cipher_seals_and_opens_chunk_after_chunk)
{
    AgeChunkCipher cipher(key);
    std::uint64_t number = 0;
    for (const std::size_t size : {0, 1, 15, 16, 17, 63, 64, 65, 241, 4096, 65535, 65536}) {
        const std::string text = random_bytes(size);
        const AgeChunkNonce nonce = age_chunk_nonce(number++, size == 65536);
        const std::string chunk = sealed(cipher, nonce, text);
        BOOST_TEST((chunk == sealed_by_libsodium(nonce, text)), size);
        std::string opened(size + 1, '!');
        BOOST_TEST(cipher.open(nonce, chunk, opened.data()), size);
        BOOST_TEST((opened == text + "!"), size);
    }
    BOOST_TEST((sealed(cipher, {}, std::string_view()) == sealed_by_libsodium({}, "")));
}

BOOST_AUTO_TEST_CASE(what_is_not_this_chunk_is_not_opened)
{
    AgeChunkCipher cipher(key);
    const AgeChunkNonce nonce = age_chunk_nonce(7, false);
    for (const std::size_t size : {0, 100, 1000}) {
        const std::string chunk = sealed_by_libsodium(nonce, std::string(size, 'x'));
        std::string out(size, '\0');
        BOOST_TEST(cipher.open(nonce, chunk, out.data()));
        BOOST_TEST(!cipher.open(age_chunk_nonce(7, true), chunk, out.data()));
        BOOST_TEST(!cipher.open(age_chunk_nonce(8, false), chunk, out.data()));
        if (size > 0)
            BOOST_TEST(!cipher.open(nonce, chunk.substr(1), out.data()));
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            std::string changed = chunk;
            changed[i] = static_cast<char>(changed[i] ^ 0x40);
            BOOST_TEST(!cipher.open(nonce, changed, out.data()), i);
        }
        AgeChunkCipher other(Secret(std::string_view("another payload key of 32 bytes.")));
        BOOST_TEST(!other.open(nonce, chunk, out.data()));
        BOOST_TEST(cipher.open(nonce, chunk, out.data())); // nothing of a failure stays
    }
}

BOOST_AUTO_TEST_SUITE_END()
