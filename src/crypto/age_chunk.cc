// SPDX-License-Identifier: MIT
#include "crypto/age_chunk.h"

#include "crypto/guarded_memory.h"
#include "crypto/openssl.h"

namespace acmeproxy {

AgeChunkNonce age_chunk_nonce(std::uint64_t number, bool is_last)
{
    AgeChunkNonce nonce{};
    for (std::size_t i = 0; i < 8; ++i)
        nonce[10 - i] = static_cast<unsigned char>(number >> (8 * i));
    nonce[11] = is_last ? 1 : 0;
    return nonce;
}

void AgeChunkCipher::Freer::operator()(evp_cipher_ctx_st *context) const
{
    ::EVP_CIPHER_CTX_free(context);
}

AgeChunkCipher::AgeChunkCipher(const Secret &payload_key)
{
    // Before the section begins: what OpenSSL keeps of it is no secret.
    const OpensslHandle<EVP_CIPHER, EVP_CIPHER_free> cipher(
        or_throw(::EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr), "get ChaCha20"));
    const GuardedSection guarded;
    context_.reset(or_throw(::EVP_CIPHER_CTX_new(), "make a cipher"));
    or_throw(::EVP_CipherInit_ex2(context_.get(), cipher.get(), as_bytes(payload_key.view()),
                                  nullptr, 1, nullptr),
             "make a cipher");
}

void AgeChunkCipher::start(const AgeChunkNonce &nonce, Direction direction)
{
    or_throw(::EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(),
                                 direction == Direction::seal),
             "start a chunk");
}

void AgeChunkCipher::run(std::string_view from, char *to)
{
    int size = 0;
    if (!from.empty()) // to OpenSSL a null pointer is the end
        or_throw(::EVP_CipherUpdate(context_.get(), bytes_at(to), &size, as_bytes(from),
                                    static_cast<int>(from.size())),
                 "run a cipher");
}

/// False: the tag is another one.
bool AgeChunkCipher::finish()
{
    unsigned char none[age_tag_size];
    int size = 0;
    return ::EVP_CipherFinal_ex(context_.get(), none, &size) == 1;
}

void AgeChunkCipher::seal(const AgeChunkNonce &nonce, std::string_view text, char *out)
{
    start(nonce, Direction::seal);
    run(text, out);
    if (!finish())
        throw_openssl("seal a chunk");
    or_throw(::EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, age_tag_size,
                                   out + text.size()),
             "seal a chunk");
}

bool AgeChunkCipher::open(const AgeChunkNonce &nonce, std::string_view chunk, char *out)
{
    const std::string_view text = chunk.substr(0, chunk.size() - age_tag_size);
    std::array<char, age_tag_size> tag{};
    chunk.copy(tag.data(), tag.size(), text.size());
    start(nonce, Direction::open);
    or_throw(::EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, age_tag_size, tag.data()),
             "open a chunk");
    run(text, out);
    return finish();
}

}
