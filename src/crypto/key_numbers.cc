// SPDX-License-Identifier: MIT
// Public keys as numbers (JWK) and as SubjectPublicKeyInfo.
#include "base/error.h"
#include "crypto/key.h"
#include "crypto/key_der.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <sodium.h>

namespace acmeproxy {

namespace {

BignumHandle to_bignum(std::string_view bytes)
{
    return BignumHandle(
        or_throw(BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr), "a number"));
}

void check_rsa_numbers(const BIGNUM *n, const BIGNUM *e)
{
    // Below 1024 a key protects nothing; above 16384 OpenSSL refuses to work. What a CA takes is
    // narrower: weakness_of().
    if (BN_num_bits(n) < 1024 || BN_num_bits(n) > 16384)
        throw Error("read an RSA key: the modulus has " + std::to_string(BN_num_bits(n)) + " bits");
    if (!BN_is_odd(n))
        throw Error("read an RSA key: the modulus is even");
    if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64)
        throw Error("read an RSA key: the exponent is even, 1 or too large");
}

std::string bignum_number(const EVP_PKEY *key, const char *name, std::size_t size)
{
    BIGNUM *number = nullptr;
    or_throw(EVP_PKEY_get_bn_param(key, name, &number), "read a key's number");
    const BignumHandle holder(number);
    std::string bytes(size > 0 ? size : static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    if (BN_bn2binpad(number, reinterpret_cast<unsigned char *>(bytes.data()),
                     static_cast<int>(bytes.size())) < 0)
        throw_openssl("read a key's number");
    return bytes;
}

}

PublicKey PublicKey::from_spki(std::string_view der)
{
    if (KeyHandle key = ec_key_from_spki(der))
        return PublicKey(std::move(key));
    const unsigned char *p = as_bytes(der);
    const auto size = static_cast<long>(der.size());
    KeyHandle key(
        or_throw(size > 0 ? d2i_PUBKEY(nullptr, &p, size) : nullptr, "read a public key"));
    if (p != as_bytes(der) + der.size())
        throw Error("read a public key: bytes follow it");
    check_and_settle(key.get());
    return PublicKey(std::move(key));
}

PublicKey PublicKey::from_ec_point(std::string_view curve, std::string_view x, std::string_view y)
{
    const std::size_t size = curve == "P-256"   ? 32
                             : curve == "P-384" ? 48
                             : curve == "P-521" ? 66
                                                : 0;
    if (size == 0)
        throw Error("read an EC key: the curve is not known");
    // RFC 7518, section 6.2.1.2: leading zeros are written.
    if (x.size() != size || y.size() != size)
        throw Error("read an EC key: a coordinate has not the length of the field");
    return PublicKey(make_ec_key(std::string(curve), "\x04" + std::string(x) + std::string(y), {}));
}

PublicKey PublicKey::from_rsa(std::string_view n, std::string_view e)
{
    if (n.size() > 4096 || e.size() > 4096)
        throw Error("read an RSA key: a number is too long");
    const BignumHandle modulus = to_bignum(n);
    const BignumHandle exponent = to_bignum(e);
    check_rsa_numbers(modulus.get(), exponent.get());
    const ParamBuilder builder(or_throw(OSSL_PARAM_BLD_new(), "build parameters"));
    or_throw(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()),
             "build parameters");
    or_throw(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()),
             "build parameters");
    return PublicKey(
        key_from_parameters("RSA", EVP_PKEY_PUBLIC_KEY, builder.get(), "read an RSA key"));
}

PublicKey PublicKey::from_ed25519(std::string_view x)
{
    // OpenSSL takes any 32 bytes; libsodium knows which of them are points of the main subgroup.
    if (x.size() != crypto_sign_ed25519_PUBLICKEYBYTES ||
        ::crypto_core_ed25519_is_valid_point(as_bytes(x)) != 1)
        throw Error("read an Ed25519 key: not a point on the curve");
    return PublicKey(KeyHandle(
        or_throw(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, as_bytes(x), x.size()),
                 "read an Ed25519 key")));
}

PublicKey PublicKey::copy() const
{
    // Keys do not change once made: two owners may share one.
    or_throw(EVP_PKEY_up_ref(key_.get()), "copy a key");
    return PublicKey(KeyHandle(key_.get()));
}

std::string PublicKey::spki() const
{
    return spki_of(key_.get());
}

std::string PublicKey::kty() const
{
    const KeyKind kind = kind_of(key_.get());
    if (kind == KeyKind::rsa)
        return "RSA";
    return kind == KeyKind::ed25519 ? "OKP" : "EC";
}

std::string PublicKey::curve() const
{
    switch (kind_of(key_.get())) {
    case KeyKind::p256:
        return "P-256";
    case KeyKind::p384:
        return "P-384";
    case KeyKind::p521:
        return "P-521";
    case KeyKind::ed25519:
        return "Ed25519";
    default:
        return "";
    }
}

int PublicKey::bits() const
{
    return EVP_PKEY_get_bits(key_.get());
}

std::string PublicKey::number(std::string_view name) const
{
    const KeyKind kind = kind_of(key_.get());
    if (kind == KeyKind::rsa && name == "n")
        return bignum_number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0);
    if (kind == KeyKind::rsa && name == "e")
        return bignum_number(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0);
    if (kind == KeyKind::ed25519 && name == "x") {
        const std::string der = spki(); // its last bytes
        return der.substr(der.size() - crypto_sign_ed25519_PUBLICKEYBYTES);
    }
    if (field_size(kind) > 0 && name == "x")
        return bignum_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, field_size(kind));
    if (field_size(kind) > 0 && name == "y")
        return bignum_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, field_size(kind));
    throw Error(kty() + " keys have no number \"" + std::string(name) + "\"");
}

std::optional<std::string> weakness_of(const PublicKey &key)
{
    const KeyKind kind = kind_of(key.handle());
    if (kind == KeyKind::rsa && key.bits() < 2048)
        return "an RSA key of " + std::to_string(key.bits()) + " bits is too short";
    if (kind == KeyKind::rsa && key.bits() > 4096)
        return "an RSA key of " + std::to_string(key.bits()) + " bits is longer than 4096";
    if (kind == KeyKind::p521)
        return "EC keys must be on P-256 or P-384, not P-521";
    if (kind == KeyKind::ed25519)
        return "Ed25519 keys are not taken in certificates";
    return std::nullopt;
}

}
