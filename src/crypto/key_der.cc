// SPDX-License-Identifier: MIT
#include "crypto/key_der.h"

#include "crypto/key_kind.h"
#include "crypto/openssl.h"

#include <algorithm>
#include <array>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <sodium.h>

namespace acmeproxy {

namespace {

using namespace std::string_view_literals;

/// What stands before the numbers; all lengths in it are those of this curve.
struct EcForm {
    KeyKind kind;
    int nid;
    const char *group;
    std::size_t field;           ///< bytes of a number
    std::string_view spki;       ///< then 04 x y
    std::string_view pkcs8;      ///< then the private number
    std::string_view public_key; ///< then 04 x y
};

// SEQUENCE { SEQUENCE { id-ecPublicKey, the curve }, BIT STRING }, and
// SEQUENCE { 0, SEQUENCE { id-ecPublicKey, the curve }, OCTET STRING { SEQUENCE { 1, OCTET STRING,
// [1] { BIT STRING } } } }
constexpr std::array<EcForm, 2> ec_forms{{
    {KeyKind::p256, NID_X9_62_prime256v1, "P-256", 32,
     "\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07"
     "\x03\x42\x00"sv,
     "\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE"
     "\x3D\x03\x01\x07\x04\x6D\x30\x6B\x02\x01\x01\x04\x20"sv,
     "\xA1\x44\x03\x42\x00"sv},
    {KeyKind::p384, NID_secp384r1, "P-384", 48,
     "\x30\x76\x30\x10\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00\x22\x03\x62"
     "\x00"sv,
     "\x30\x81\xB6\x02\x01\x00\x30\x10\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x05\x2B\x81\x04\x00"
     "\x22\x04\x81\x9E\x30\x81\x9B\x02\x01\x01\x04\x30"sv,
     "\xA1\x64\x03\x62\x00"sv},
}};

constexpr std::string_view ed25519_spki = "\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\x00"sv;

/// Takes `prefix` off the front of `der`; false where something else stands there.
bool take(std::string_view &der, std::string_view prefix)
{
    if (!der.starts_with(prefix))
        return false;
    der.remove_prefix(prefix.size());
    return true;
}

const EcForm *form_of(KeyKind kind)
{
    const auto it = std::find_if(ec_forms.begin(), ec_forms.end(),
                                 [&](const EcForm &form) { return form.kind == kind; });
    return it == ec_forms.end() ? nullptr : &*it;
}

std::string ed25519_point(const EVP_PKEY *key)
{
    std::string point(crypto_sign_ed25519_PUBLICKEYBYTES, '\0');
    std::size_t size = point.size();
    or_throw(EVP_PKEY_get_raw_public_key(key, bytes_at(point.data()), &size),
             "read a key's number");
    return point;
}

bool is_point(std::string_view bytes, std::size_t field)
{
    return bytes.size() == 1 + 2 * field && bytes.front() == '\x04';
}

}

std::string ec_point_of(const evp_pkey_st *key)
{
    const EcForm *form = form_of(kind_of(key));
    if (!form)
        return {};
    std::string point(1 + 2 * form->field, '\0');
    std::size_t size = 0;
    if (!EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, bytes_at(point.data()),
                                         point.size(), &size) ||
        !is_point(std::string_view(point).substr(0, size), form->field)) {
        ERR_clear_error();
        return {};
    }
    return point;
}

int curve_nid(KeyKind kind)
{
    const EcForm *form = form_of(kind);
    return form ? form->nid : NID_undef;
}

KeyHandle key_from_parameters(const char *algorithm, int selection, OSSL_PARAM_BLD *builder,
                              const char *doing)
{
    const Params params(or_throw(OSSL_PARAM_BLD_to_param(builder), "build parameters"));
    const PkeyCtxHandle ctx(EVP_PKEY_CTX_new_from_name(nullptr, algorithm, nullptr));
    EVP_PKEY *key = nullptr;
    const bool made = ctx && EVP_PKEY_fromdata_init(ctx.get()) > 0 &&
                      EVP_PKEY_fromdata(ctx.get(), &key, selection, params.get()) > 0;
    KeyHandle holder(key);
    if (!made)
        throw_openssl(doing);
    return holder;
}

KeyHandle make_ec_key(const std::string &group, std::string_view point, std::string_view number)
{
    // The builder keeps pointers, not copies, until it is asked for the parameters.
    const ParamBuilder builder(or_throw(OSSL_PARAM_BLD_new(), "build parameters"));
    or_throw(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                             group.c_str(), 0),
             "build parameters");
    or_throw(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                              point.size()),
             "build parameters");
    const SecretBignumHandle secret(or_throw(BN_secure_new(), "a number"));
    if (!number.empty()) {
        or_throw(BN_bin2bn(as_bytes(number), static_cast<int>(number.size()), secret.get()),
                 "a number");
        or_throw(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret.get()),
                 "build parameters");
    }
    // OpenSSL checks that the point is on the curve.
    return key_from_parameters("EC", number.empty() ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                               builder.get(), "read an EC key");
}

std::string spki_of(const evp_pkey_st *key)
{
    const KeyKind kind = kind_of(key);
    if (kind == KeyKind::ed25519)
        return std::string(ed25519_spki) + ed25519_point(key);
    const std::string point = ec_point_of(key);
    return point.empty() ? encode_der(i2d_PUBKEY, key) : std::string(form_of(kind)->spki) + point;
}

KeyHandle ec_key_from_spki(std::string_view der)
{
    for (const EcForm &form : ec_forms) {
        std::string_view point = der;
        if (take(point, form.spki) && is_point(point, form.field))
            return make_ec_key(form.group, point, {});
    }
    return nullptr;
}

KeyHandle ec_key_from_pkcs8(std::string_view der)
{
    for (const EcForm &form : ec_forms) {
        std::string_view rest = der;
        if (!take(rest, form.pkcs8) || rest.size() < form.field)
            continue;
        const std::string_view number = rest.substr(0, form.field);
        rest.remove_prefix(form.field);
        if (take(rest, form.public_key) && is_point(rest, form.field))
            return make_ec_key(form.group, rest, number);
    }
    return nullptr;
}

}
