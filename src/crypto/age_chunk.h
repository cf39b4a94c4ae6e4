// SPDX-License-Identifier: MIT
// One chunk of an age payload: ChaCha20-Poly1305 (RFC 8439) under the payload key, by OpenSSL,
// whose vector code is two to three times as fast as libsodium's (doc/decisions.md).
#pragma once

#include "crypto/secret.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

struct evp_cipher_ctx_st; // EVP_CIPHER_CTX

namespace acmeproxy {

constexpr std::size_t age_chunk_size = 65536;
constexpr std::size_t age_tag_size = 16;

/// A chunk's nonce is its number and whether it is the last one.
using AgeChunkNonce = std::array<unsigned char, 12>;
AgeChunkNonce age_chunk_nonce(std::uint64_t number, bool is_last);

/// For all chunks of one payload. The key is kept in OpenSSL's locked heap and wiped at the end.
class AgeChunkCipher {
public:
    explicit AgeChunkCipher(const Secret &payload_key);

    /// Writes the ciphertext of `text` and its tag to `out`: text.size() + age_tag_size bytes.
    void seal(const AgeChunkNonce &nonce, std::string_view text, char *out);
    /// Writes what is in `chunk`, which is no shorter than a tag, to `out`. False: it is not this
    /// chunk, and what was written is no text of anybody.
    bool open(const AgeChunkNonce &nonce, std::string_view chunk, char *out);

private:
    enum class Direction { seal, open };
    void start(const AgeChunkNonce &nonce, Direction direction);
    void run(std::string_view from, char *to);
    bool finish();

    struct Freer {
        void operator()(evp_cipher_ctx_st *context) const;
    };
    std::unique_ptr<evp_cipher_ctx_st, Freer> context_;
};

}
