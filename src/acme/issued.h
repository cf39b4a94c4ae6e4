// SPDX-License-Identifier: MIT
// Certificates at the CA: download with alternates (RFC 8555, section 7.4.2), revocation (section
// 7.6), renewal information (RFC 9773).
#pragma once

#include "acme/session.h"
#include "crypto/certificate.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct DownloadedChain {
    std::string pem; ///< as the CA sent it
    std::vector<Certificate> certificates;
};

/// One chain, and the URLs of its alternates.
DownloadedChain download_chain(AcmeSession &session, const Signer &account, const std::string &url,
                               std::vector<std::string> *alternates = nullptr);

/// The chain whose last certificate was issued by a subject with the common name
/// `preferred_chain`, the default chain where none is or `preferred_chain` is empty. Alternates are
/// fetched only where needed.
DownloadedChain download_preferred_chain(AcmeSession &session, const Signer &account,
                                         const std::string &url,
                                         const std::string &preferred_chain);

/// CRL reasons that a subscriber may give (RFC 5280, section 5.3.1).
std::optional<int> parse_revocation_reason(std::string_view text);
/// By the account, or by the certificate's own key (a Signer without account URL). False: it was
/// revoked before.
bool revoke_certificate(AcmeSession &session, const Signer &signer, const Certificate &certificate,
                        std::optional<int> reason);

struct RenewalInfo {
    Time start;
    Time end;
    std::string explanation_url;
    Seconds retry_after; ///< when to look again; 6 hours where the CA says nothing
};

/// nullopt: the CA has no renewal information, or not for this certificate. A window that is zero,
/// inverted or outside of the certificate's validity is thrown as an Error: it must not be obeyed.
std::optional<RenewalInfo> fetch_renewal_info(AcmeSession &session, const Certificate &certificate);

}
