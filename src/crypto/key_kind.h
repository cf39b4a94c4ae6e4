// SPDX-License-Identifier: MIT
// The kinds of keys that this program knows, as the key files of this layer tell them apart.
#pragma once

#include "crypto/openssl.h"

namespace acmeproxy {

enum class KeyKind { p256, p384, p521, rsa, ed25519, unknown };

KeyKind kind_of(const EVP_PKEY *key);
/// Bytes of a coordinate, 0 where the key is not on a Weierstrass curve.
std::size_t field_size(KeyKind kind);
/// What this kind of key signs with; null for Ed25519, which hashes by itself.
const EVP_MD *signature_digest(KeyKind kind);
/// Throws Error where the key is of an unknown kind or its curve is spelled out in numbers
/// instead of named (RFC 5480, section 2.1.1 demands a name). Points are written uncompressed
/// from now on, so that one key has one SubjectPublicKeyInfo.
void check_and_settle(EVP_PKEY *key);

}
