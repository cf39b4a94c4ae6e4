// SPDX-License-Identifier: MIT
#include "crypto/age_x25519.h"

#include "base/encoding.h"
#include "crypto/age_payload.h"
#include "crypto/bytes.h"
#include "crypto/hkdf.h"

#include <sodium.h>

namespace acmeproxy {

namespace {

constexpr std::size_t point_size = crypto_scalarmult_BYTES;
// Each wrapping key is used once.
constexpr unsigned char zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES] = {};

std::string_view view(const AgeRecipient &recipient)
{
    return {reinterpret_cast<const char *>(recipient.bytes().data()), recipient.bytes().size()};
}

/// nullopt: the shared secret is zero, since `point` is of low order.
std::optional<Secret> shared_secret(const Secret &scalar, std::string_view point)
{
    Secret shared = Secret::of_size(point_size);
    if (::crypto_scalarmult(bytes_at(shared.data()), as_bytes(scalar.view()), as_bytes(point)) != 0)
        return std::nullopt;
    return shared;
}

Secret wrapping_key(const Secret &shared, std::string_view share, const AgeRecipient &recipient)
{
    return hkdf_sha256(shared.view(), std::string(share).append(view(recipient)),
                       "age-encryption.org/v1/X25519");
}

}

AgeStanza wrap_x25519(const AgeRecipient &recipient, const Secret &file_key)
{
    const AgeIdentity ephemeral = AgeIdentity::generate();
    const AgeRecipient share = ephemeral.recipient();
    const auto shared = shared_secret(ephemeral.secret(), view(recipient));
    if (!shared)
        throw Error("seal for " + recipient.text() + ": it is a point of low order");
    const Secret key = wrapping_key(*shared, view(share), recipient);
    std::string body(file_key.size() + age_tag_size, '\0');
    ::crypto_aead_chacha20poly1305_ietf_encrypt(
        reinterpret_cast<unsigned char *>(body.data()), nullptr, as_bytes(file_key.view()),
        file_key.size(), nullptr, 0, nullptr, zero_nonce, as_bytes(key.view()));
    return {{std::string(x25519_type), base64_raw_encode(view(share))}, body};
}

void check_x25519(const AgeStanza &stanza)
{
    const auto refuse = [](const char *reason) {
        throw AgeError(std::string("the header is damaged: ") + reason);
    };
    if (stanza.arguments.size() != 2)
        refuse("an X25519 stanza has not two arguments");
    const auto share = base64_raw_decode(stanza.arguments[1]);
    if (!share)
        refuse("the share of an X25519 stanza is not canonical base64");
    if (share->size() != point_size)
        refuse("the share of an X25519 stanza has not 32 bytes");
    // Any scalar shows it.
    if (!shared_secret(Secret(std::string(point_size, '\1')), *share))
        refuse("the share of an X25519 stanza is of low order");
    // Checked before it is opened: a longer text could be opened by two keys (a partitioning
    // oracle).
    if (stanza.body.size() != age_file_key_size + age_tag_size)
        refuse("the body of an X25519 stanza has not 32 bytes");
}

std::optional<Secret> unwrap_x25519(const AgeIdentity &identity, const AgeStanza &stanza)
{
    const std::string share = *base64_raw_decode(stanza.arguments[1]);
    const auto shared = shared_secret(identity.secret(), share);
    if (!shared)
        throw AgeError("the header is damaged: the share of an X25519 stanza is of low order");
    const Secret key = wrapping_key(*shared, share, identity.recipient());
    Secret file_key = Secret::of_size(age_file_key_size);
    if (::crypto_aead_chacha20poly1305_ietf_decrypt(
            bytes_at(file_key.data()), nullptr, nullptr, as_bytes(stanza.body), stanza.body.size(),
            nullptr, 0, zero_nonce, as_bytes(key.view())) != 0)
        return std::nullopt;
    return file_key;
}

}
