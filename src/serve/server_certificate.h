// SPDX-License-Identifier: MIT
// The certificate that serve itself shows: the live generation of its own lineage, and until there
// is one, or where that is damaged, one that signs itself and lies in the run folder.
#pragma once

#include "serve/run_folder.h"
#include "spool/lineage.h"

#include <optional>
#include <string>

namespace acmeproxy {

struct CertificateFiles {
    std::string chain;
    std::string private_key;
    std::optional<Generation> generation; ///< none: self-signed

    bool operator==(const CertificateFiles &) const = default;
};

class ServerCertificate {
public:
    /// `lineage`: none where no CA is asked for one.
    ServerCertificate(const Spool &spool, const RunFolder &run, Identifier name,
                      std::optional<LineageName> lineage);

    /// The best there is now; makes the self-signed one where it is needed.
    CertificateFiles best() const;
    /// Where a live generation cannot be used: has the next pass look at the lineage.
    void have_damage_looked_at() const;

private:
    std::optional<CertificateFiles> live() const;
    CertificateFiles self_signed() const;

    const Spool &spool_;
    const RunFolder &run_;
    Identifier name_;
    std::optional<LineageName> lineage_;
};

}
