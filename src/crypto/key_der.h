// SPDX-License-Identifier: MIT
// The DER of keys on named curves, as this program and OpenSSL write it: of one fixed form, so that
// it is composed and taken apart here. OpenSSL 3.0 collects all its encoders or decoders for each
// key, which takes longer than all the rest of a certificate's way; keys of another kind or form go
// that way still.
#pragma once

#include "crypto/key.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"

#include <string>
#include <string_view>

namespace acmeproxy {

/// SubjectPublicKeyInfo (RFC 5480, section 2; RFC 8410, section 4).
std::string spki_of(const evp_pkey_st *key);

/// 04 x y of a key on P-256 or P-384; empty for others, and where the key has its point in another
/// form.
std::string ec_point_of(const evp_pkey_st *key);
/// NID_undef where there is no fixed form for this kind.
int curve_nid(KeyKind kind);

/// On "P-256", "P-384" or "P-521" from 04 x y and the private number, big-endian; without one a
/// public key. Throws Error where the point is not on the curve. Whether the halves fit is for the
/// caller.
KeyHandle make_ec_key(const std::string &group, std::string_view point, std::string_view number);

/// A key of "EC" or "RSA" from its parameters; `selection` is EVP_PKEY_PUBLIC_KEY or
/// EVP_PKEY_KEYPAIR. Throws Error("`doing`: reason").
KeyHandle key_from_parameters(const char *algorithm, int selection, OSSL_PARAM_BLD *builder,
                              const char *doing);

/// Null where `der` is not of the fixed form. Throws Error where it is, and the point is not on its
/// curve.
KeyHandle ec_key_from_spki(std::string_view der);

/// PKCS #8 with an ECPrivateKey that names no curve of its own and has its public key (RFC 5915,
/// section 3). Null where `der` is not of this form. As make_ec_key().
KeyHandle ec_key_from_pkcs8(std::string_view der);

}
