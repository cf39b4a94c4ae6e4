// SPDX-License-Identifier: MIT
// A certification authority for tests: makes certificates with any names and dates, sound or not.
//     TestCa root;
//     TestCa ca("Test Intermediate", root);
//     Certificate leaf = ca.issue({.key = key.public_key().copy(), .names = "DNS:a.example"});
//     std::string pem = ca.issue_chain(csr, now, now + days90);
// Extensions come from OpenSSL's own text syntax (x509v3_config(5)), not from the code under test.
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "crypto/certificate.h"
#include "crypto/csr.h"
#include "crypto/key.h"
#include "crypto/openssl.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

/// "DNS:a.example,IP:192.0.2.1", as x509v3_config(5) has it.
inline std::string san_text(const std::vector<Identifier> &identifiers)
{
    std::string text;
    for (const Identifier &identifier : identifiers)
        text += (text.empty() ? "" : ",") +
                std::string(identifier.type() == Identifier::Type::ip ? "IP:" : "DNS:") +
                identifier.value();
    return text;
}

class TestCa {
public:
    /// What FakeClock starts with.
    static constexpr Time epoch{Seconds(1790000000)};

    struct Wanted {
        PublicKey key;
        std::string names;            ///< subjectAltName as text; empty: none
        std::string common_name = {}; ///< empty: the subject is empty
        Time not_before = epoch - std::chrono::hours(1);
        Time not_after = epoch + std::chrono::days(90);
        std::string serial = {}; ///< big-endian bytes; empty: the next number
        bool with_aki = true;
        std::string aki = {}; ///< empty: the issuer's key identifier
        bool is_ca = false;
    };

    /// A self-signed root.
    explicit TestCa(const std::string &name = "Test Root")
        : key_(PrivateKey::generate(KeyType::ec256)),
          certificate_(sign(wanted_ca(name), nullptr, name))
    {
    }
    /// An intermediate of `issuer`, which must outlive it.
    TestCa(const std::string &name, TestCa &issuer)
        : issuer_(&issuer), key_(PrivateKey::generate(KeyType::ec256)),
          certificate_(issuer.issue(wanted_ca(name)))
    {
    }

    const Certificate &certificate() const { return certificate_; }
    const PrivateKey &key() const { return key_; }

    Certificate issue(const Wanted &wanted)
    {
        return sign(wanted, &certificate_, certificate_.subject_common_name());
    }
    /// As a CA answers a finalized order: the leaf, then the intermediates, without the root.
    std::string issue_chain(const Csr &csr, Time not_before = epoch - std::chrono::hours(1),
                            Time not_after = epoch + std::chrono::days(90))
    {
        return issue({.key = csr.public_key().copy(),
                      .names = san_text(csr.identifiers()),
                      .not_before = not_before,
                      .not_after = not_after})
                   .pem() +
               intermediates_pem();
    }
    /// The certificates between a leaf and the root.
    std::string intermediates_pem() const
    {
        return issuer_ ? certificate_.pem() + issuer_->intermediates_pem() : std::string();
    }

private:
    Wanted wanted_ca(const std::string &name) const
    {
        return {.key = key_.public_key(),
                .names = "",
                .common_name = name,
                .not_before = epoch - std::chrono::days(3650),
                .not_after = epoch + std::chrono::days(3650),
                .is_ca = true};
    }

    static void set_common_name(X509_NAME *name, const std::string &text)
    {
        or_throw(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                            const_cast<unsigned char *>(as_bytes(text)),
                                            static_cast<int>(text.size()), -1, 0),
                 "set a name");
    }

    static void add_extension(X509 *x, X509 *issuer, int nid, const std::string &text)
    {
        X509V3_CTX ctx;
        X509V3_set_ctx(&ctx, issuer, x, nullptr, nullptr, 0);
        X509V3_set_ctx_nodb(&ctx);
        const ExtensionHandle extension(
            or_throw(X509V3_EXT_conf_nid(nullptr, &ctx, nid, text.c_str()), "make an extension"));
        or_throw(X509_add_ext(x, extension.get(), -1), "add an extension");
    }

    void set_serial(X509 *x, std::string bytes)
    {
        if (bytes.empty())
            bytes = std::string("\x40\x00\x00", 3) + static_cast<char>(next_serial_++);
        const BignumHandle number(
            BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr));
        or_throw(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)), "set a serial number");
    }

    /// `issuer`: null for a root, which signs itself.
    Certificate sign(const Wanted &wanted, const Certificate *issuer,
                     const std::string &issuer_name)
    {
        const X509Handle x(or_throw(X509_new(), "make a certificate"));
        X509Handle issuer_x;
        if (issuer) {
            const std::string der = issuer->der();
            const unsigned char *p = as_bytes(der);
            issuer_x.reset(d2i_X509(nullptr, &p, static_cast<long>(der.size())));
        }
        X509_set_version(x.get(), X509_VERSION_3);
        set_serial(x.get(), wanted.serial);
        ASN1_TIME_set(X509_getm_notBefore(x.get()), wanted.not_before.time_since_epoch().count());
        ASN1_TIME_set(X509_getm_notAfter(x.get()), wanted.not_after.time_since_epoch().count());
        set_common_name(X509_get_issuer_name(x.get()), issuer_name);
        if (!wanted.common_name.empty())
            set_common_name(X509_get_subject_name(x.get()), wanted.common_name);
        or_throw(X509_set_pubkey(x.get(), wanted.key.handle()), "set a key");
        if (wanted.is_ca)
            add_extension(x.get(), x.get(), NID_basic_constraints, "critical,CA:TRUE");
        add_extension(x.get(), x.get(), NID_subject_key_identifier, "hash");
        if (wanted.with_aki)
            add_extension(x.get(), issuer_x ? issuer_x.get() : x.get(),
                          NID_authority_key_identifier,
                          wanted.aki.empty() ? "keyid:always" : wanted.aki);
        if (!wanted.names.empty())
            add_extension(x.get(), x.get(), NID_subject_alt_name, wanted.names);
        or_throw(X509_sign(x.get(), key_.handle(), EVP_sha256()), "sign a certificate");
        return Certificate::from_der(encode_der(i2d_X509, static_cast<const X509 *>(x.get())));
    }

    TestCa *issuer_ = nullptr;
    int next_serial_ = 1;
    PrivateKey key_;
    Certificate certificate_;
};

}
