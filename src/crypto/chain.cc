// SPDX-License-Identifier: MIT
// Certificate chains: reading one and the checks before it is used.
#include "base/error.h"
#include "base/time_text.h"
#include "crypto/certificate.h"
#include "crypto/openssl.h"

namespace acmeproxy {

namespace {

/// For messages: the subject, or for certificates without one, what there is.
std::string name_of(const Certificate &certificate)
{
    const std::string subject = certificate.subject();
    return subject.empty() ? "the certificate with serial number " + certificate.serial()
                           : "\"" + subject + "\"";
}

}

std::vector<Certificate> parse_chain(std::string_view pem)
{
    constexpr std::size_t max_certificates = 20;
    PemReader reader(pem);
    std::vector<Certificate> chain;
    while (const std::optional<PemBlock> block = reader.next()) {
        // RFC 8555, section 11.4: anything else could be a key that the CA wants us to use.
        if (block->is_encrypted() || block->label() != "CERTIFICATE")
            throw Error("certificate chain: a PEM block is not a certificate");
        if (chain.size() == max_certificates)
            throw Error("certificate chain: more than " + std::to_string(max_certificates) +
                        " certificates");
        chain.push_back(Certificate::from_der(block->view()));
    }
    if (chain.empty())
        throw Error("certificate chain: there is no certificate in it");
    return chain;
}

std::string issuers_as_pem(const std::vector<Certificate> &chain)
{
    std::string pem;
    for (std::size_t i = 1; i < chain.size(); ++i)
        pem += chain[i].pem();
    return pem;
}

void check_chain(const std::vector<Certificate> &chain, const PublicKey &key,
                 const std::vector<Identifier> &identifiers, Time now)
{
    if (chain.empty())
        throw Error("certificate chain: there is no certificate in it");
    if (chain.front().spki() != key.spki())
        throw Error("certificate chain: the certificate is for another key");
    const std::vector<Identifier> names = chain.front().identifiers();
    if (!same_set(names, identifiers))
        throw Error("certificate chain: the certificate is for \"" + to_text(names) +
                    "\" instead of \"" + to_text(identifiers) + "\"");
    for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
        if (!chain[i].is_issued_by(chain[i + 1]))
            throw Error("certificate chain: " + name_of(chain[i]) + " is not issued by " +
                        name_of(chain[i + 1]) + ", which follows it");
    }
    for (const Certificate &certificate : chain) {
        if (certificate.not_after() < now)
            throw Error("certificate chain: " + name_of(certificate) + " expired at " +
                        format_rfc3339(certificate.not_after()));
    }
}

}
