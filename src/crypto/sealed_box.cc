// SPDX-License-Identifier: MIT
#include "crypto/sealed_box.h"

#include "base/error.h"
#include "crypto/bytes.h"

#include <sodium.h>

namespace acmeproxy {

namespace {

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t box_tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

void check_key(const Secret &key)
{
    if (key.size() != box_key_size)
        throw Error("a key for sealing must have 32 bytes");
}

std::string seal_with_nonce(const Secret &key, const std::string &nonce, std::string_view text,
                            std::string_view context)
{
    std::string sealed(text.size() + box_tag_size, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_at(sealed.data()), nullptr, as_bytes(text),
                                               text.size(), as_bytes(context), context.size(),
                                               nullptr, as_bytes(nonce), as_bytes(key.view()));
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
    crypto_generichash_init(&state, as_bytes(key.view()), key.size(), nonce.size());
    for (const std::string_view part : {std::string_view(length), context, text})
        crypto_generichash_update(&state, as_bytes(part), part.size());
    crypto_generichash_final(&state, bytes_at(nonce.data()), nonce.size());
    return seal_with_nonce(key, nonce, text, context);
}

std::optional<std::string> open_box(const Secret &key, std::string_view box,
                                    std::string_view context)
{
    check_key(key);
    if (box.size() < nonce_size + box_tag_size)
        return std::nullopt;
    const std::string_view sealed = box.substr(nonce_size);
    std::string text(sealed.size() - box_tag_size, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            bytes_at(text.data()), nullptr, nullptr, as_bytes(sealed), sealed.size(),
            as_bytes(context), context.size(), as_bytes(box), as_bytes(key.view())) != 0)
        return std::nullopt;
    return text;
}

}
