// SPDX-License-Identifier: MIT
#include "crypto/key_kind.h"

#include "base/error.h"

#include <openssl/core_names.h>
#include <openssl/err.h>

namespace acmeproxy {

namespace {

KeyKind kind_of_curve(const EVP_PKEY *key)
{
    char group[64] = "";
    std::size_t size = 0;
    if (!EVP_PKEY_get_group_name(key, group, sizeof group, &size))
        ERR_clear_error();
    const std::string_view name(group);
    if (name == "prime256v1" || name == "P-256")
        return KeyKind::p256;
    if (name == "secp384r1" || name == "P-384")
        return KeyKind::p384;
    if (name == "secp521r1" || name == "P-521")
        return KeyKind::p521;
    return KeyKind::unknown;
}

}

KeyKind kind_of(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
        return kind_of_curve(key);
    case EVP_PKEY_RSA:
        return KeyKind::rsa;
    case EVP_PKEY_ED25519:
        return KeyKind::ed25519;
    default:
        return KeyKind::unknown;
    }
}

std::size_t field_size(KeyKind kind)
{
    switch (kind) {
    case KeyKind::p256:
        return 32;
    case KeyKind::p384:
        return 48;
    case KeyKind::p521:
        return 66;
    default:
        return 0;
    }
}

const EVP_MD *signature_digest(KeyKind kind)
{
    // Fetched once each, and needed until the end of the program.
    static EVP_MD *const sha256 =
        or_throw(EVP_MD_fetch(nullptr, OSSL_DIGEST_NAME_SHA2_256, nullptr), "fetch SHA-256");
    static EVP_MD *const sha384 =
        or_throw(EVP_MD_fetch(nullptr, OSSL_DIGEST_NAME_SHA2_384, nullptr), "fetch SHA-384");
    static EVP_MD *const sha512 =
        or_throw(EVP_MD_fetch(nullptr, OSSL_DIGEST_NAME_SHA2_512, nullptr), "fetch SHA-512");
    switch (kind) {
    case KeyKind::ed25519:
        return nullptr;
    case KeyKind::p384:
        return sha384;
    case KeyKind::p521:
        return sha512;
    default:
        return sha256;
    }
}

void check_and_settle(EVP_PKEY *key)
{
    const KeyKind kind = kind_of(key);
    if (kind == KeyKind::unknown)
        throw Error("the key is neither RSA, nor EC on P-256, P-384 or P-521, nor Ed25519");
    if (field_size(kind) == 0)
        return;
    int spelled_out = 0;
    if (!EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &spelled_out))
        throw_openssl("read a key");
    if (spelled_out)
        throw Error("the key's curve is given by its parameters instead of its name");
    or_throw(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                            "uncompressed"),
             "read a key");
}

}
