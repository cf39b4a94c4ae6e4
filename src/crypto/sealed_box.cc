// SPDX-License-Identifier: MIT
#include "crypto/sealed_box.h"

#include "base/error.h"

#include <sodium.h>

namespace acmeproxy {

namespace {

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char *bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char *>(text.data());
}

unsigned char *bytes(std::string &text)
{
    return reinterpret_cast<unsigned char *>(text.data());
}

void check_key(const Secret &key)
{
    if (key.size() != box_key_size)
        throw Error("a key for sealing must have 32 bytes");
}

std::string seal_with_nonce(const Secret &key, const std::string &nonce, std::string_view text,
                            std::string_view context)
{
    std::string sealed(text.size() + tag_size, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(sealed), nullptr, bytes(text), text.size(),
                                               bytes(context), context.size(), nullptr,
                                               bytes(nonce), bytes(key.view()));
    return nonce + sealed;
}

}

std::string seal_box(const Secret &key, std::string_view text, std::string_view context)
{
    check_key(key);
    std::string nonce(nonce_size, '\0');
    ::randombytes_buf(nonce.data(), nonce.size());
    return seal_with_nonce(key, nonce, text, context);
}

std::string seal_box_deterministic(const Secret &key, std::string_view text,
                                   std::string_view context)
{
    check_key(key);
    // The length in front keeps (context, text) pairs apart. Keyed hashing makes the nonce as
    // secret as the text, and two texts share one only by a collision of BLAKE2b (as in SIV modes,
    // RFC 5297).
    const std::string length = std::to_string(context.size()) + ":";
    std::string nonce(nonce_size, '\0');
    crypto_generichash_state state;
    crypto_generichash_init(&state, bytes(key.view()), key.size(), nonce.size());
    for (const std::string_view part : {std::string_view(length), context, text})
        crypto_generichash_update(&state, bytes(part), part.size());
    crypto_generichash_final(&state, bytes(nonce), nonce.size());
    return seal_with_nonce(key, nonce, text, context);
}

std::optional<std::string> open_box(const Secret &key, std::string_view box,
                                    std::string_view context)
{
    check_key(key);
    if (box.size() < nonce_size + tag_size)
        return std::nullopt;
    const std::string_view sealed = box.substr(nonce_size);
    std::string text(sealed.size() - tag_size, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(text), nullptr, nullptr, bytes(sealed),
                                                   sealed.size(), bytes(context), context.size(),
                                                   bytes(box), bytes(key.view())) != 0)
        return std::nullopt;
    return text;
}

}
