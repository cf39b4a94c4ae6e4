// SPDX-License-Identifier: MIT
// Certification requests (PKCS #10, RFC 2986), as ACME's finalize takes them (RFC 8555, 7.4):
// the names in a subjectAltName, no common name.
#pragma once

#include "base/identifier.h"
#include "crypto/key.h"

#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

class Csr {
public:
    /// Signed by `key`. The subject is empty.
    static Csr make(const PrivateKey &key, const std::vector<Identifier> &identifiers);
    /// Throws Error with the reason where the request is not DER to its last byte, its signature is
    /// bad, a name is no Identifier, an extension besides subjectAltName asks for other names
    /// (e-mail, URI, otherName, directoryName) or the common name is not among the SANs.
    static Csr from_der(std::string_view der);
    /// One PEM block, "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST".
    static Csr from_pem(std::string_view pem);

    Csr copy() const { return {der_, identifiers_, key_.copy()}; }
    const std::string &der() const { return der_; }
    std::string pem() const;
    /// All names asked for, canonical, without repetitions, sorted. A request with a common name
    /// alone and no SAN counts as asking for that.
    const std::vector<Identifier> &identifiers() const { return identifiers_; }
    const PublicKey &public_key() const { return key_; }

private:
    Csr(std::string der, std::vector<Identifier> identifiers, PublicKey key)
        : der_(std::move(der)), identifiers_(std::move(identifiers)), key_(std::move(key))
    {
    }
    std::string der_;
    std::vector<Identifier> identifiers_;
    PublicKey key_;
};

}
