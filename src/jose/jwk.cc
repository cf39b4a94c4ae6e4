// SPDX-License-Identifier: MIT
#include "jose/jwk.h"

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/digest.h"

#include <array>

namespace acmeproxy {

namespace {

constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 4096;
/// OpenSSL's own limit for large keys; more would only cost time.
constexpr std::size_t max_exponent_size = 8;

[[noreturn]] void refuse_jwk(const std::string &why)
{
    throw JsonError("JWK: " + why);
}

/// RFC 7518, sections 6.2.2, 6.3.2 and 6.4; RFC 8037, section 2. Whoever sends one of these has
/// given a secret away, and is told so rather than served.
void refuse_private_members(const Json &jwk)
{
    constexpr std::array<std::string_view, 8> names = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (const std::string_view name : names)
        if (jwk.find(name))
            refuse_jwk("private member \"" + std::string(name) + "\"");
}

std::string bytes_at(const Json &jwk, std::string_view name)
{
    const auto bytes = base64url_decode(jwk.string_at(name));
    if (!bytes || bytes->empty())
        refuse_jwk("member \"" + std::string(name) + "\" is not base64url");
    return *bytes;
}

/// As long as the field, with leading zeros (RFC 7518, section 6.2.1.2).
std::string coordinate_at(const Json &jwk, std::string_view name, std::size_t size)
{
    std::string bytes = bytes_at(jwk, name);
    if (bytes.size() != size)
        refuse_jwk("member \"" + std::string(name) + "\" is not " + std::to_string(size) +
                   " bytes long");
    return bytes;
}

/// In its shortest form (RFC 7518, section 2).
std::string integer_at(const Json &jwk, std::string_view name)
{
    std::string bytes = bytes_at(jwk, name);
    if (bytes.front() == '\0')
        refuse_jwk("member \"" + std::string(name) + "\" begins with a zero byte");
    return bytes;
}

PublicKey ec_key(const Json &jwk)
{
    const std::string &curve = jwk.string_at("crv");
    if (curve != "P-256" && curve != "P-384")
        refuse_jwk("unknown curve \"" + printable(curve, 40) + "\"");
    const std::size_t size = curve == "P-256" ? 32 : 48;
    const std::string x = coordinate_at(jwk, "x", size);
    return PublicKey::from_ec_point(curve, x, coordinate_at(jwk, "y", size));
}

PublicKey rsa_key(const Json &jwk)
{
    const std::string modulus = integer_at(jwk, "n");
    if (modulus.size() > max_rsa_bits / 8)
        refuse_jwk("RSA key over " + std::to_string(max_rsa_bits) + " bits");
    const std::string exponent = integer_at(jwk, "e");
    const bool is_odd = exponent.back() & 1;
    if (exponent.size() > max_exponent_size || !is_odd || exponent == "\x01")
        refuse_jwk("RSA exponent that is no such thing");
    PublicKey key = PublicKey::from_rsa(modulus, exponent);
    if (key.bits() < min_rsa_bits)
        refuse_jwk("RSA key under " + std::to_string(min_rsa_bits) + " bits");
    return key;
}

PublicKey okp_key(const Json &jwk)
{
    constexpr std::size_t size = 32;
    const std::string &curve = jwk.string_at("crv");
    if (curve != "Ed25519")
        refuse_jwk("unknown curve \"" + printable(curve, 40) + "\"");
    return PublicKey::from_ed25519(coordinate_at(jwk, "x", size));
}

PublicKey key_of_kind(const Json &jwk)
{
    const std::string &kind = jwk.string_at("kty");
    if (kind == "EC")
        return ec_key(jwk);
    if (kind == "RSA")
        return rsa_key(jwk);
    if (kind == "OKP")
        return okp_key(jwk);
    refuse_jwk("unknown key type \"" + printable(kind, 40) + "\"");
}

}

Json to_jwk(const PublicKey &key)
{
    const auto number = [&](std::string_view name) {
        return Json(base64url_encode(key.number(name)));
    };
    const std::string kind = key.kty();
    Json jwk = Json::object();
    if (kind == "RSA")
        return std::move(jwk.set("e", number("e")).set("kty", kind).set("n", number("n")));
    jwk.set("crv", key.curve()).set("kty", kind).set("x", number("x"));
    if (kind == "EC")
        jwk.set("y", number("y"));
    return jwk;
}

PublicKey from_jwk(const Json &jwk)
try {
    if (!jwk.is_object())
        refuse_jwk("not an object");
    refuse_private_members(jwk);
    return key_of_kind(jwk);
} catch (const JsonError &) {
    throw;
} catch (const Error &e) {
    refuse_jwk(e.what());
}

std::string jwk_thumbprint(const PublicKey &key)
{
    return base64url_encode(sha256(to_jwk(key).to_text()));
}

}
