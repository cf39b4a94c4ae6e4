// SPDX-License-Identifier: MIT
// Key pairs for ACME accounts and certificates (OpenSSL). Public keys travel as
// SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7) in DER, private ones as PKCS #8 PEM.
//
// Threads: const members may be called at once.
#pragma once

#include "crypto/secret.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st; // EVP_PKEY

namespace acmeproxy {

enum class KeyType { ec256, ec384, rsa2048, rsa3072, rsa4096, ed25519 };

/// "ec256", "ec384", "rsa2048", "rsa3072", "rsa4096", "ed25519".
std::string to_text(KeyType type);
std::optional<KeyType> parse_key_type(std::string_view text);

struct KeyFreer {
    void operator()(evp_pkey_st *key) const;
};
using KeyHandle = std::unique_ptr<evp_pkey_st, KeyFreer>;

class PublicKey {
public:
    /// Takes ownership; only the public half is ever used.
    explicit PublicKey(KeyHandle key) : key_(std::move(key)) {}
    /// Throws Error where `der` is no key of a known algorithm.
    static PublicKey from_spki(std::string_view der);
    /// From the numbers of a JWK (RFC 7518, section 6; RFC 8037), big-endian bytes. Throws Error
    /// where they are no key: a point that is not on its curve, an even or tiny modulus.
    static PublicKey from_ec_point(std::string_view curve, std::string_view x, std::string_view y);
    static PublicKey from_rsa(std::string_view n, std::string_view e);
    static PublicKey from_ed25519(std::string_view x);
    PublicKey copy() const;

    std::string spki() const;
    /// "EC", "RSA" or "OKP" as in a JWK's "kty".
    std::string kty() const;
    /// "P-256", "P-384", "P-521", "Ed25519"; empty for RSA.
    std::string curve() const;
    /// Bits of the modulus or of the curve.
    int bits() const;
    /// A named number of the key, big-endian: EC "x", "y" (as long as the field), RSA "n", "e"
    /// (shortest form), Ed25519 "x".
    std::string number(std::string_view name) const;
    bool operator==(const PublicKey &other) const { return spki() == other.spki(); }

    /// JWS algorithms (RFC 7518, section 3; RFC 8037): `alg` ES256, ES384, RS256, EdDSA. ECDSA
    /// signatures are r || s. False for a bad signature and for an alg that does not fit the key.
    bool verify(std::string_view alg, std::string_view message, std::string_view signature) const;

    evp_pkey_st *handle() const { return key_.get(); }

private:
    KeyHandle key_;
};

/// The numbers of an RSA key (RFC 8017, section 3.2), big-endian.
struct RsaNumbers {
    std::string n, e;
    Secret d, p, q, dp, dq, qi;
};

class PrivateKey {
public:
    explicit PrivateKey(KeyHandle key) : key_(std::move(key)) {}
    static PrivateKey generate(KeyType type);
    /// PKCS #8, SEC 1 or PKCS #1; not encrypted. Throws Error, never with a byte of the key.
    static PrivateKey from_pem(std::string_view pem);
    /// Throws Error, never with a part of the key, where the numbers do not fit together.
    static PrivateKey from_rsa(const RsaNumbers &numbers);
    /// P-256, P-384 or P-521; x and y as long as the field.
    static PrivateKey from_ec(std::string_view curve, std::string_view x, std::string_view y,
                              const Secret &d);

    /// PKCS #8 PEM.
    Secret to_pem() const;
    PublicKey public_key() const;
    /// That of public_key(), without making one.
    std::string spki() const;
    /// The JWS algorithm of this key: ES256, ES384, RS256 or EdDSA.
    std::string jws_alg() const;
    /// A signature by jws_alg(), ECDSA as r || s.
    std::string sign(std::string_view message) const;

    evp_pkey_st *handle() const { return key_.get(); }

private:
    KeyHandle key_;
};

/// Why a CA would refuse this key in a certificate (RSA below 2048 or above 4096 bits, other
/// curves than P-256 and P-384, Ed25519), or nullopt.
std::optional<std::string> weakness_of(const PublicKey &key);

}
