// SPDX-License-Identifier: MIT
// JSON Web Keys (RFC 7517, RFC 7518 section 6, RFC 8037): the public halves that ACME carries.
#pragma once

#include "crypto/key.h"
#include "json/json.h"

#include <string>

namespace acmeproxy {

/// Only the members that count for the thumbprint, in their lexicographic order (RFC 7638).
Json to_jwk(const PublicKey &key);
/// Throws JsonError where a member is missing, ill-formed or names an unknown kty or curve; where
/// private members ("d", "p", "q", "k", ...) are present; where RSA is under 2048 or over 4096
/// bits.
PublicKey from_jwk(const Json &jwk);
/// RFC 7638, SHA-256, base64url.
std::string jwk_thumbprint(const PublicKey &key);

}
