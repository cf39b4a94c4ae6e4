// SPDX-License-Identifier: MIT
#include "jose/jws.h"

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"

#include <algorithm>
#include <array>

namespace acmeproxy {

namespace {

[[noreturn]] void refuse_jws(const std::string &why)
{
    throw JsonError("JWS: " + why);
}

/// The hash size of HS256, HS384, HS512 (RFC 7518, section 3.2); nullopt for all else.
std::optional<int> hmac_bits(std::string_view alg)
{
    if (alg == "HS256")
        return 256;
    if (alg == "HS384")
        return 384;
    if (alg == "HS512")
        return 512;
    return std::nullopt;
}

std::string with_alg(std::string_view alg, const Json &header)
{
    Json whole = Json::object().set("alg", alg);
    for (const auto &[name, value] : *header.as_object())
        whole.set(name, value);
    return whole.to_text();
}

/// `sign` maps the signing input (RFC 7515, section 5.1) to the signature's bytes.
template <class Sign>
Json flattened(std::string_view header_text, std::string_view payload, const Sign &sign)
{
    const std::string protected_part = base64url_encode(header_text);
    const std::string payload_part = base64url_encode(payload);
    const std::string signature = sign(protected_part + "." + payload_part);
    Json jws = Json::object();
    jws.set("protected", protected_part);
    jws.set("payload", payload_part);
    jws.set("signature", base64url_encode(signature));
    return jws;
}

std::string decoded(const Json &jws, std::string_view name)
{
    const auto bytes = base64url_decode(jws.string_at(name));
    if (!bytes)
        refuse_jws("member \"" + std::string(name) + "\" is not base64url");
    return *bytes;
}

/// RFC 8555, section 6.2: what a JWS of ACME must not have.
void refuse_members(const Json &json, std::initializer_list<std::string_view> names)
{
    for (const std::string_view name : names)
        if (json.find(name))
            refuse_jws("member \"" + std::string(name) + "\" is not allowed");
}

Json parse_header(const Json &jws)
try {
    Json header = Json::parse(decoded(jws, "protected"));
    if (!header.is_object())
        refuse_jws("the protected header is not an object");
    refuse_members(header, {"b64", "crit"});
    if (header.string_at("alg").empty())
        refuse_jws("empty \"alg\"");
    return header;
} catch (const JsonError &e) {
    const std::string_view why = e.what();
    if (why.starts_with("JWS: "))
        throw;
    refuse_jws("protected header: " + std::string(why));
}

}

std::string sign_jws(const PrivateKey &key, const Json &header, std::string_view payload)
{
    const auto sign = [&](std::string_view input) { return key.sign(input); };
    return flattened(with_alg(key.jws_alg(), header), payload, sign).to_text();
}

Json sign_jws_hmac(std::string_view alg, const Secret &key, const Json &header,
                   std::string_view payload)
{
    const auto bits = hmac_bits(alg);
    if (!bits)
        throw Error("sign with a MAC: unknown algorithm " + printable(alg, 40));
    if (key.empty())
        throw Error("sign with a MAC: the key is empty");
    return flattened(with_alg(alg, header), payload,
                     [&](std::string_view input) { return hmac_sha2(*bits, key.view(), input); });
}

Jws Jws::parse(std::string_view text)
{
    return parse(Json::parse(text));
}

Jws Jws::parse(const Json &json)
{
    if (!json.is_object())
        refuse_jws("not an object");
    refuse_members(json, {"header", "signatures"});
    Jws jws;
    jws.header_ = parse_header(json);
    jws.alg_ = jws.header_.string_at("alg");
    jws.payload_ = decoded(json, "payload");
    jws.signature_ = decoded(json, "signature");
    jws.signing_input_ = json.string_at("protected") + "." + json.string_at("payload");
    return jws;
}

bool Jws::verify(const PublicKey &key) const
{
    // not what the key makes of any other word: "none", or a MAC with a public key as its secret
    constexpr std::array<std::string_view, 4> known = {"ES256", "ES384", "RS256", "EdDSA"};
    return std::find(known.begin(), known.end(), alg_) != known.end() &&
           key.verify(alg_, signing_input_, signature_);
}

bool Jws::verify_hmac(const Secret &key) const
{
    const auto bits = hmac_bits(alg_);
    if (!bits || key.empty()) // an empty key would be one that everybody knows
        return false;
    return Secret(hmac_sha2(*bits, key.view(), signing_input_)) == Secret(signature_);
}

}
