// SPDX-License-Identifier: MIT
#include "jose/private_jwk.h"

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/secret.h"

#include <utility>

namespace acmeproxy {

namespace {

std::string number_at(const Json &jwk, std::string_view name)
{
    auto bytes = base64url_decode(jwk.string_at(name));
    if (!bytes || bytes->empty())
        throw JsonError("private JWK: member \"" + std::string(name) + "\" is not base64url");
    return std::move(*bytes);
}

Secret secret_number_at(const Json &jwk, std::string_view name)
{
    std::string bytes = number_at(jwk, name);
    Secret secret(bytes);
    wipe(bytes);
    return secret;
}

PrivateKey private_rsa_key(const Json &jwk)
{
    RsaNumbers numbers;
    numbers.n = number_at(jwk, "n");
    numbers.e = number_at(jwk, "e");
    numbers.d = secret_number_at(jwk, "d");
    numbers.p = secret_number_at(jwk, "p");
    numbers.q = secret_number_at(jwk, "q");
    numbers.dp = secret_number_at(jwk, "dp");
    numbers.dq = secret_number_at(jwk, "dq");
    numbers.qi = secret_number_at(jwk, "qi");
    return PrivateKey::from_rsa(numbers);
}

PrivateKey private_key_of_kind(const Json &jwk)
{
    const std::string &kind = jwk.string_at("kty");
    if (kind == "RSA")
        return private_rsa_key(jwk);
    if (kind == "EC")
        return PrivateKey::from_ec(jwk.string_at("crv"), number_at(jwk, "x"), number_at(jwk, "y"),
                                   secret_number_at(jwk, "d"));
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
