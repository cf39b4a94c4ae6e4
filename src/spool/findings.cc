// SPDX-License-Identifier: MIT
#include "spool/findings.h"

#include "base/error.h"

namespace acmeproxy {

void Findings::note(const std::string &path, const std::string &what, const std::string &advice,
                    const std::function<void()> &mend)
{
    Finding finding{spool_.dir().path_of(path), what, advice, bool(mend), false};
    if (are_repaired() && mend) {
        try {
            mend();
            finding.repaired = true;
        } catch (const std::exception &e) {
            finding.advice += " (tried, in vain: " + describe(e) + ")";
        }
    }
    findings_.push_back(std::move(finding));
}

}
