// SPDX-License-Identifier: MIT
// Private JSON Web Keys (RFC 7518, sections 6.2.2 and 6.3.2), as other ACME clients store account
// keys. acmeproxy writes none.
#pragma once

#include "crypto/key.h"
#include "json/json.h"

namespace acmeproxy {

/// RSA and EC (P-256, P-384), with all numbers. Throws JsonError, never with a part of the key,
/// where one is missing or they do not fit together.
PrivateKey private_key_from_jwk(const Json &jwk);

}
