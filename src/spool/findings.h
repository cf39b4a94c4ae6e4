// SPDX-License-Identifier: MIT
// What a check has found so far, and the repairs that go with it: for check.h.
#pragma once

#include "spool/check.h"

#include <functional>
#include <string>
#include <vector>

namespace acmeproxy {

class Findings {
public:
    Findings(const Spool &spool, Repair repair) : spool_(spool), repair_(repair) {}

    /// `path` is relative. With a way to mend it that is done, if asked for.
    void note(const std::string &path, const std::string &what, const std::string &advice,
              const std::function<void()> &mend = {});
    bool are_repaired() const { return repair_ == Repair::yes; }
    std::vector<Finding> take() { return std::move(findings_); }

private:
    const Spool &spool_;
    const Repair repair_;
    std::vector<Finding> findings_;
};

}
