// SPDX-License-Identifier: MIT
#include "jose/private_jwk.h"

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/secret.h"

namespace acmeproxy {

namespace {

std::string private_number_at(const Json &jwk, std::string_view name)
{
    const auto bytes = base64url_decode(jwk.string_at(name));
    if (!bytes || bytes->empty())
        throw JsonError("private JWK: member \"" + std::string(name) + "\" is not base64url");
    return *bytes;
}

PrivateKey private_rsa_key(const Json &jwk)
{
    RsaNumbers numbers;
    numbers.n = private_number_at(jwk, "n");
    numbers.e = private_number_at(jwk, "e");
    numbers.d = Secret(private_number_at(jwk, "d"));
    numbers.p = Secret(private_number_at(jwk, "p"));
    numbers.q = Secret(private_number_at(jwk, "q"));
    numbers.dp = Secret(private_number_at(jwk, "dp"));
    numbers.dq = Secret(private_number_at(jwk, "dq"));
    numbers.qi = Secret(private_number_at(jwk, "qi"));
    return PrivateKey::from_rsa(numbers);
}

PrivateKey private_key_of_kind(const Json &jwk)
{
    const std::string &kind = jwk.string_at("kty");
    if (kind == "RSA")
        return private_rsa_key(jwk);
    if (kind == "EC")
        return PrivateKey::from_ec(jwk.string_at("crv"), private_number_at(jwk, "x"),
                                   private_number_at(jwk, "y"),
                                   Secret(private_number_at(jwk, "d")));
    throw JsonError("private JWK: unknown key type \"" + printable(kind, 40) + "\"");
}

}

PrivateKey private_key_from_jwk(const Json &jwk)
try {
    return private_key_of_kind(jwk);
} catch (const JsonError &) {
    throw;
} catch (const Error &e) {
    throw JsonError(std::string("private JWK: ") + e.what());
}

}
