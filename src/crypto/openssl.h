// SPDX-License-Identifier: MIT
// What the files of this layer share about OpenSSL: handles that free themselves, errors with
// OpenSSL's reason, PEM. Only .cc files of this layer include it.
//
// Whatever is read from PEM or written as a private key goes through buffers that are wiped.
// What OpenSSL copies inside its own decoders and encoders is out of our reach.
#pragma once

#include "crypto/bytes.h"

#include <memory>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// Calls the C function `Free`.
template <auto Free> struct OpensslFreer {
    template <class T> void operator()(T *object) const { Free(object); }
};
template <class T, auto Free> using OpensslHandle = std::unique_ptr<T, OpensslFreer<Free>>;

using BioHandle = OpensslHandle<BIO, BIO_free>;
using BignumHandle = OpensslHandle<BIGNUM, BN_free>;
using EcdsaSigHandle = OpensslHandle<ECDSA_SIG, ECDSA_SIG_free>;
using ExtensionHandle = OpensslHandle<X509_EXTENSION, X509_EXTENSION_free>;
using GeneralNamesHandle = OpensslHandle<GENERAL_NAMES, GENERAL_NAMES_free>;
using MdCtxHandle = OpensslHandle<EVP_MD_CTX, EVP_MD_CTX_free>;
using ParamBuilder = OpensslHandle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = OpensslHandle<OSSL_PARAM, OSSL_PARAM_free>;
using PkeyCtxHandle = OpensslHandle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using SecretBignumHandle = OpensslHandle<BIGNUM, BN_clear_free>;
using X509Handle = OpensslHandle<X509, X509_free>;
using X509ReqHandle = OpensslHandle<X509_REQ, X509_REQ_free>;

/// Throws Error("`doing`: reason") with the first reason in OpenSSL's queue, and empties the
/// queue. Reasons are fixed texts: no input gets into them.
[[noreturn]] void throw_openssl(const std::string &doing);

/// `pointer`, or throw_openssl() where it is null.
template <class T> T *or_throw(T *pointer, const char *doing)
{
    if (!pointer)
        throw_openssl(doing);
    return pointer;
}
inline void or_throw(int result, const char *doing)
{
    if (result <= 0)
        throw_openssl(doing);
}

inline std::string_view view_of(const ASN1_STRING *string)
{
    return {reinterpret_cast<const char *>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

/// DER by an i2d function of OpenSSL.
template <class T> std::string encode_der(int (*i2d)(const T *, unsigned char **), const T *object)
{
    unsigned char *out = nullptr;
    const int size = i2d(object, &out);
    if (size < 0)
        throw_openssl("encode DER");
    const OpensslHandle<unsigned char, [](unsigned char *p) { OPENSSL_free(p); }> holder(out);
    return {reinterpret_cast<const char *>(out), static_cast<std::size_t>(size)};
}

/// One block of a PEM text (RFC 7468), decoded; wiped when freed.
class PemBlock {
public:
    PemBlock(std::string label, bool encrypted, unsigned char *bytes, long size)
        : label_(std::move(label)), encrypted_(encrypted), bytes_(bytes, Wiper{size}), size_(size)
    {
    }
    const std::string &label() const { return label_; }
    /// Whether it has the old form of encryption (RFC 1421 headers).
    bool is_encrypted() const { return encrypted_; }
    std::string_view view() const
    {
        return {reinterpret_cast<const char *>(bytes_.get()), static_cast<std::size_t>(size_)};
    }

private:
    struct Wiper {
        long size;
        void operator()(unsigned char *bytes) const;
    };
    std::string label_;
    bool encrypted_;
    std::unique_ptr<unsigned char, Wiper> bytes_;
    long size_;
};

/// Reads blocks from a text that must outlive it and is not copied. Text between blocks is
/// ignored.
class PemReader {
public:
    /// Throws Error over 1 MiB.
    explicit PemReader(std::string_view text);
    /// nullopt at the end. Throws Error on a damaged block.
    std::optional<PemBlock> next();

private:
    BioHandle bio_;
};

/// One block.
std::string write_pem(const char *label, std::string_view bytes);

}
