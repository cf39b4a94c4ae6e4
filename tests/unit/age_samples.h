// SPDX-License-Identifier: MIT
// Age files for tests: made as ours are, or from parts, so that any one can be wrong while all
// that authenticates it is right.
#pragma once

#include "base/encoding.h"
#include "crypto/age.h"
#include "crypto/age_header.h"
#include "crypto/age_payload.h"
#include "crypto/age_x25519.h"
#include "crypto/hkdf.h"

#include <algorithm>
#include <cstdint>
#include <sodium.h>
#include <string>

namespace acmeproxy {

struct AgeSample {
    AgeIdentity identity = AgeIdentity::generate();
    Secret file_key = Secret(std::string(16, 'f'));

    std::string stanza() const { return stanza_for(identity.recipient()); }
    std::string stanza_for(const AgeRecipient &recipient) const
    {
        return text_of(wrap_x25519(recipient, file_key));
    }
    static std::string text_of(const AgeStanza &stanza)
    {
        std::string text = "->";
        for (const std::string &argument : stanza.arguments)
            text += " " + argument;
        text += "\n";
        std::string body = base64_raw_encode(stanza.body);
        for (; body.size() >= 64; body.erase(0, 64))
            text += body.substr(0, 64) + "\n";
        return text + body + "\n";
    }
    /// A header of these stanzas with a right MAC.
    std::string header(const std::string &stanzas,
                       const std::string &version = "age-encryption.org/v1") const
    {
        const std::string text = version + "\n" + stanzas + "---";
        const Secret mac = hmac_sha256(hkdf_sha256(file_key.view(), "", "header").view(), text);
        return text + " " + base64_raw_encode(mac.view()) + "\n";
    }
    std::string header() const { return header(stanza()); }

    static std::string nonce() { return std::string(16, 'n'); }
    std::string chunk(std::uint64_t number, bool is_last, const std::string &plain) const
    {
        const Secret key = age_payload_key(file_key, nonce());
        const AgeChunkNonce chunk_nonce = age_chunk_nonce(number, is_last);
        std::string sealed(plain.size() + 16, '\0');
        crypto_aead_chacha20poly1305_ietf_encrypt(
            reinterpret_cast<unsigned char *>(sealed.data()), nullptr,
            reinterpret_cast<const unsigned char *>(plain.data()), plain.size(), nullptr, 0,
            nullptr, chunk_nonce.data(),
            reinterpret_cast<const unsigned char *>(key.view().data()));
        return sealed;
    }
    std::string file(const std::string &stanzas) const
    {
        return header(stanzas) + nonce() + chunk(0, true, "text");
    }

    struct Opened {
        std::string text;
        std::string error; ///< empty: all is well
    };
    /// With a source that gives a few bytes at a time.
    Opened open(std::string_view file, std::size_t step = 1000) const
    {
        Opened opened;
        try {
            age_open(
                one(),
                [&](char *buffer, std::size_t size) {
                    const std::size_t part = file.copy(buffer, std::min(size, step));
                    file.remove_prefix(part);
                    return part;
                },
                [&](std::string_view bytes) { opened.text.append(bytes); });
        } catch (const AgeError &e) {
            opened.error = e.what();
        }
        return opened;
    }
    std::vector<AgeIdentity> one() const
    {
        std::vector<AgeIdentity> identities;
        identities.push_back(AgeIdentity::parse(identity.text().view()));
        return identities;
    }
};

}
