// SPDX-License-Identifier: MIT
// JSON Web Signatures (RFC 7515) in the flattened JSON serialization, as RFC 8555, section 6.2
// narrows it: one signature, a protected header only.
#pragma once

#include "crypto/key.h"
#include "crypto/secret.h"
#include "json/json.h"

#include <string>
#include <string_view>

namespace acmeproxy {

/// Signs `payload` ("" for a POST-as-GET). `header` holds all but "alg", which is put in front.
/// The result is the JSON text of the JWS.
std::string sign_jws(const PrivateKey &key, const Json &header, std::string_view payload);
/// With a MAC (external account binding, RFC 8555, section 7.3.4). `alg`: HS256, HS384 or HS512.
/// A Json, since it is embedded in another document.
Json sign_jws_hmac(std::string_view alg, const Secret &key, const Json &header,
                   std::string_view payload);

/// A JWS that was taken apart and not yet verified.
class Jws {
public:
    /// From its JSON text / value. Throws JsonError: an unprotected "header", "signatures",
    /// "b64" or "crit", no "alg", anything not strict base64url.
    static Jws parse(std::string_view text);
    static Jws parse(const Json &json);
    // for what could be taken for either of them
    static Jws parse(const std::string &text) { return parse(std::string_view(text)); }
    static Jws parse(const char *text) { return parse(std::string_view(text)); }

    const Json &header() const { return header_; }
    const std::string &alg() const { return alg_; }
    /// Decoded bytes. Not to be trusted before a verify() below said true.
    const std::string &payload() const { return payload_; }

    bool verify(const PublicKey &key) const;
    /// Only for alg HS256, HS384 and HS512.
    bool verify_hmac(const Secret &key) const;

private:
    Json header_;
    std::string alg_;
    std::string payload_;
    std::string signing_input_;
    std::string signature_;
};

}
