// SPDX-License-Identifier: MIT
// What a key is and what it signs. Its numbers are in key_numbers.cc, its PEM in key_pem.cc.
#include "crypto/key.h"

#include "base/error.h"
#include "crypto/key_der.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"

#include <array>
#include <openssl/err.h>
#include <openssl/rsa.h>

namespace acmeproxy {

namespace {

struct KeyTypeName {
    KeyType type;
    std::string_view text;
};
constexpr std::array<KeyTypeName, 6> key_type_names{{{KeyType::ec256, "ec256"},
                                                     {KeyType::ec384, "ec384"},
                                                     {KeyType::rsa2048, "rsa2048"},
                                                     {KeyType::rsa3072, "rsa3072"},
                                                     {KeyType::rsa4096, "rsa4096"},
                                                     {KeyType::ed25519, "ed25519"}}};

/// The JWS algorithm of a key, or an empty text.
std::string_view jws_alg_of(const EVP_PKEY *key)
{
    switch (kind_of(key)) {
    case KeyKind::p256:
        return "ES256";
    case KeyKind::p384:
        return "ES384";
    case KeyKind::rsa:
        return "RS256";
    case KeyKind::ed25519:
        return "EdDSA";
    default:
        return "";
    }
}

/// DER (RFC 3279, section 2.2.3) to r || s, each as long as the field.
std::string to_r_s(std::string_view der, std::size_t field_size)
{
    const unsigned char *p = as_bytes(der);
    const EcdsaSigHandle sig(
        or_throw(d2i_ECDSA_SIG(nullptr, &p, static_cast<long>(der.size())), "sign"));
    std::string out(2 * field_size, '\0');
    auto *bytes = reinterpret_cast<unsigned char *>(out.data());
    const int size = static_cast<int>(field_size);
    if (BN_bn2binpad(ECDSA_SIG_get0_r(sig.get()), bytes, size) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(sig.get()), bytes + field_size, size) < 0)
        throw_openssl("sign");
    return out;
}

/// r || s to DER; nullopt where it is not of the length that RFC 7518, section 3.4 demands.
std::optional<std::string> to_der_signature(std::string_view r_s, std::size_t field_size)
{
    if (r_s.size() != 2 * field_size)
        return std::nullopt;
    const int size = static_cast<int>(field_size);
    BignumHandle r(or_throw(BN_bin2bn(as_bytes(r_s), size, nullptr), "verify"));
    BignumHandle s(or_throw(BN_bin2bn(as_bytes(r_s) + field_size, size, nullptr), "verify"));
    const EcdsaSigHandle sig(or_throw(ECDSA_SIG_new(), "verify"));
    or_throw(ECDSA_SIG_set0(sig.get(), r.release(), s.release()), "verify");
    return encode_der(i2d_ECDSA_SIG, static_cast<const ECDSA_SIG *>(sig.get()));
}

}

std::string to_text(KeyType type)
{
    for (const KeyTypeName &name : key_type_names) {
        if (name.type == type)
            return std::string(name.text);
    }
    throw Error("there is no such key type");
}

std::optional<KeyType> parse_key_type(std::string_view text)
{
    for (const KeyTypeName &name : key_type_names) {
        if (name.text == text)
            return name.type;
    }
    return std::nullopt;
}

void KeyFreer::operator()(evp_pkey_st *key) const
{
    EVP_PKEY_free(key);
}

bool PublicKey::verify(std::string_view alg, std::string_view message,
                       std::string_view signature) const
{
    if (alg.empty() || alg != jws_alg_of(key_.get()))
        return false;
    std::optional<std::string> der;
    if (const std::size_t size = field_size(kind_of(key_.get())); size > 0) {
        der = to_der_signature(signature, size);
        if (!der)
            return false;
        signature = *der;
    }
    const MdCtxHandle ctx(or_throw(EVP_MD_CTX_new(), "verify"));
    or_throw(EVP_DigestVerifyInit(ctx.get(), nullptr, signature_digest(kind_of(key_.get())),
                                  nullptr, key_.get()),
             "verify");
    const int good = EVP_DigestVerify(ctx.get(), as_bytes(signature), signature.size(),
                                      as_bytes(message), message.size());
    ERR_clear_error();
    return good == 1;
}

PrivateKey PrivateKey::generate(KeyType type)
{
    const auto make = [type] {
        switch (type) {
        case KeyType::ec256:
            return EVP_EC_gen("P-256");
        case KeyType::ec384:
            return EVP_EC_gen("P-384");
        case KeyType::rsa2048:
            return EVP_RSA_gen(2048U);
        case KeyType::rsa3072:
            return EVP_RSA_gen(3072U);
        case KeyType::rsa4096:
            return EVP_RSA_gen(4096U);
        default:
            return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
        }
    };
    return PrivateKey(KeyHandle(or_throw(make(), "make a key")));
}

PublicKey PrivateKey::public_key() const
{
    // Through the encoding, so that the private half is really gone.
    return PublicKey::from_spki(spki());
}

std::string PrivateKey::spki() const
{
    return spki_of(key_.get());
}

std::string PrivateKey::jws_alg() const
{
    const std::string_view alg = jws_alg_of(key_.get());
    if (alg.empty())
        throw Error("sign: there is no JWS algorithm for a key on this curve");
    return std::string(alg);
}

std::string PrivateKey::sign(std::string_view message) const
{
    jws_alg(); // throws for a key that has none
    const KeyKind kind = kind_of(key_.get());
    const MdCtxHandle ctx(or_throw(EVP_MD_CTX_new(), "sign"));
    or_throw(EVP_DigestSignInit(ctx.get(), nullptr, signature_digest(kind), nullptr, key_.get()),
             "sign");
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    or_throw(EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char *>(signature.data()), &size,
                            as_bytes(message), message.size()),
             "sign");
    signature.resize(size);
    const std::size_t field = field_size(kind);
    return field > 0 ? to_r_s(signature, field) : signature;
}

}
