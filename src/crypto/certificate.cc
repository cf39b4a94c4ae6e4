// SPDX-License-Identifier: MIT
#include "crypto/certificate.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/general_name.h"
#include "crypto/openssl.h"

#include <ctime>
#include <mutex>
#include <openssl/err.h>
#include <unordered_map>

namespace acmeproxy {

namespace {

Time to_time(const ASN1_TIME *time)
{
    std::tm tm = {};
    or_throw(ASN1_TIME_to_tm(time, &tm), "read a certificate's time");
    return Time(Seconds(::timegm(&tm)));
}

/// In the order of the certificate, UTF-8, with control characters escaped.
std::string name_text(const X509_NAME *name)
{
    const BioHandle bio(or_throw(BIO_new(BIO_s_mem()), "read a certificate's name"));
    constexpr unsigned long flags = XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB;
    if (X509_NAME_print_ex(bio.get(), name, 0, flags) < 0)
        throw_openssl("read a certificate's name");
    char *text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return printable(std::string_view(text, static_cast<std::size_t>(size)));
}

/// The first common name; empty where there is none.
std::string common_name(const X509_NAME *name)
{
    const int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (i < 0)
        return {};
    unsigned char *utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
    if (size < 0)
        throw_openssl("read a certificate's common name");
    std::string text(reinterpret_cast<char *>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return printable(text);
}

/// The content octets of a DER INTEGER: with the zero byte before a top bit that is set.
std::string integer_content(const ASN1_INTEGER *integer)
{
    const std::string der = encode_der(i2d_ASN1_INTEGER, integer);
    const unsigned char *p = as_bytes(der);
    long size = 0;
    int tag = 0;
    int tag_class = 0;
    if (ASN1_get_object(&p, &size, &tag, &tag_class, static_cast<long>(der.size())) & 0x80)
        throw_openssl("read a certificate's serial number");
    return {reinterpret_cast<const char *>(p), static_cast<std::size_t>(size)};
}

/// Certificates that were read not long ago: the issuers of all that come from one CA are the same,
/// and a new one is read again from its file. OpenSSL counts the owners of one and locks its
/// caches.
class RecentCertificates {
public:
    /// Null where there is none.
    X509Handle find(const std::string &der)
    {
        const std::lock_guard lock(mutex_);
        const auto it = certificates_.find(der);
        if (it == certificates_.end() || X509_up_ref(it->second.get()) != 1)
            return nullptr;
        return X509Handle(it->second.get());
    }

    void keep(const std::string &der, X509 *certificate)
    {
        const std::lock_guard lock(mutex_);
        if (certificates_.size() >= most)
            certificates_.clear();
        if (X509_up_ref(certificate) == 1)
            certificates_.emplace(der, X509Handle(certificate));
    }

private:
    static constexpr std::size_t most = 64;

    std::mutex mutex_;
    std::unordered_map<std::string, X509Handle> certificates_;
};

RecentCertificates &recent_certificates()
{
    static RecentCertificates recent;
    return recent;
}

}

void Certificate::Freer::operator()(x509_st *x) const
{
    X509_free(x);
}

Certificate Certificate::from_der(std::string_view der)
{
    const std::string key(der);
    if (X509Handle known = recent_certificates().find(key))
        return Certificate(std::unique_ptr<x509_st, Freer>(known.release()));
    const unsigned char *p = as_bytes(der);
    const auto size = static_cast<long>(der.size());
    std::unique_ptr<x509_st, Freer> x(
        or_throw(size > 0 ? d2i_X509(nullptr, &p, size) : nullptr, "read a certificate"));
    if (p != as_bytes(der) + der.size())
        throw Error("read a certificate: bytes follow it");
    Certificate certificate(std::move(x));
    if (certificate.der() != der)
        throw Error("read a certificate: it is not DER");
    recent_certificates().keep(key, certificate.x_.get());
    return certificate;
}

std::string Certificate::der() const
{
    return encode_der(i2d_X509, static_cast<const X509 *>(x_.get()));
}

std::string Certificate::pem() const
{
    return write_pem("CERTIFICATE", der());
}

Time Certificate::not_before() const
{
    return to_time(X509_get0_notBefore(x_.get()));
}

Time Certificate::not_after() const
{
    return to_time(X509_get0_notAfter(x_.get()));
}

std::vector<Identifier> Certificate::identifiers() const
{
    const GeneralNamesHandle names(static_cast<GENERAL_NAMES *>(
        X509_get_ext_d2i(x_.get(), NID_subject_alt_name, nullptr, nullptr)));
    ERR_clear_error();
    std::vector<Identifier> identifiers;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        try {
            identifiers.push_back(to_identifier(sk_GENERAL_NAME_value(names.get(), i)));
        } catch (const Error &) {
            // not one of ours: left out, as the header says
        }
    }
    return identifiers;
}

std::string Certificate::serial() const
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x_.get());
    std::string text = hex_encode(view_of(serial));
    for (char &c : text)
        c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    return ((ASN1_STRING_type(serial) & V_ASN1_NEG) ? "-" : "") + (text.empty() ? "00" : text);
}

std::string Certificate::subject() const
{
    return name_text(X509_get_subject_name(x_.get()));
}

std::string Certificate::issuer() const
{
    return name_text(X509_get_issuer_name(x_.get()));
}

std::string Certificate::subject_common_name() const
{
    return common_name(X509_get_subject_name(x_.get()));
}

std::string Certificate::issuer_common_name() const
{
    return common_name(X509_get_issuer_name(x_.get()));
}

PublicKey Certificate::public_key() const
{
    return PublicKey::from_spki(spki());
}

std::string Certificate::spki() const
{
    return encode_der(i2d_X509_PUBKEY,
                      static_cast<const X509_PUBKEY *>(X509_get_X509_PUBKEY(x_.get())));
}

bool Certificate::is_issued_by(const Certificate &issuer) const
{
    if (X509_NAME_cmp(X509_get_issuer_name(x_.get()), X509_get_subject_name(issuer.x_.get())) != 0)
        return false;
    // Whatever kind of key the issuer has: only ours must be one that we know.
    EVP_PKEY *key = X509_get0_pubkey(issuer.x_.get());
    const bool good = key && X509_verify(x_.get(), key) == 1;
    ERR_clear_error();
    return good;
}

std::string Certificate::fingerprint() const
{
    return hex_encode(sha256(der()));
}

std::optional<std::string> Certificate::renewal_info_id() const
{
    const ASN1_OCTET_STRING *aki = X509_get0_authority_key_id(x_.get());
    ERR_clear_error();
    if (!aki || ASN1_STRING_length(aki) == 0)
        return std::nullopt;
    return base64url_encode(view_of(aki)) + "." +
           base64url_encode(integer_content(X509_get0_serialNumber(x_.get())));
}

}
