// SPDX-License-Identifier: MIT
// X.509 certificates (RFC 5280) as a CA hands them out: a look at what they say, and the checks
// before one is trusted with a switch. Names are looked for in the subjectAltName alone.
#pragma once

#include "base/clock.h"
#include "base/identifier.h"
#include "crypto/key.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct x509_st; // X509

namespace acmeproxy {

class Certificate {
public:
    /// Throws Error with the reason.
    static Certificate from_der(std::string_view der);

    std::string der() const;
    /// One PEM block with a final line end.
    std::string pem() const;
    Time not_before() const;
    Time not_after() const;
    /// DNS names and IP addresses of the subjectAltName. Names that are no Identifier are left out.
    std::vector<Identifier> identifiers() const;
    /// Upper-case hexadecimal, as openssl x509 -serial prints it.
    std::string serial() const;
    /// One line, "CN = x, O = y" (RFC 2253 order is not used); empty for an empty subject.
    std::string subject() const;
    std::string issuer() const;
    std::string subject_common_name() const;
    std::string issuer_common_name() const;
    PublicKey public_key() const;
    /// As it stands in the certificate: cheaper to compare than keys are to read.
    std::string spki() const;
    /// Whether `issuer`'s subject and key signed this one.
    bool is_issued_by(const Certificate &issuer) const;
    /// Lower-case hexadecimal SHA-256 of the DER.
    std::string fingerprint() const;
    /// The unique identifier of RFC 9773, section 4.1: base64url(AKI) "." base64url(serial with
    /// its leading zero byte where DER has one). nullopt without an authority key identifier.
    std::optional<std::string> renewal_info_id() const;

private:
    struct Freer {
        void operator()(x509_st *x) const;
    };
    explicit Certificate(std::unique_ptr<x509_st, Freer> x) : x_(std::move(x)) {}
    std::unique_ptr<x509_st, Freer> x_;
};

/// A downloaded application/pem-certificate-chain (RFC 8555, section 9.1), end entity first. Throws
/// Error on an empty chain, on any block other than CERTIFICATE (section 11.4), and over
/// 20 certificates.
std::vector<Certificate> parse_chain(std::string_view pem);

/// All but the first one, as PEM.
std::string issuers_as_pem(const std::vector<Certificate> &chain);

/// Throws Error with the first reason not to use `chain`: another key than `key`, other names than
/// `identifiers`, a link that does not verify, notAfter in the past. That it is not valid *yet* is
/// the caller's to look at.
void check_chain(const std::vector<Certificate> &chain, const PublicKey &key,
                 const std::vector<Identifier> &identifiers, Time now);

}
