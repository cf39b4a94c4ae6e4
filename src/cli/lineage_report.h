// SPDX-License-Identifier: MIT
// What there is to say of one lineage, for list, show and status: read once, damage included. Never
// fails for what is wrong with the lineage: that is part of the report.
#pragma once

#include "base/clock.h"
#include "spool/lineage.h"
#include "json/json.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct LineageReport {
    std::string name;
    std::string path;                ///< of the lineage's folder
    std::optional<LineageSpec> spec; ///< none: cert.json is unreadable
    std::vector<std::string> damage; ///< what is not as it should be
    std::string state;               ///< a word of doc/spool.md; "damaged" without a spec
    std::optional<Generation> live;
    std::shared_ptr<const Certificate> certificate; ///< the live one
    std::optional<Time> due;
    RetryRecord retry;

    std::vector<Identifier> identifiers() const;
    /// "ec256", "ec256, sealed", or "elsewhere" for a request whose key is not ours.
    std::string key() const;
    /// The CA, or the agent's URL; "(default)" where the setting says it.
    std::string source() const;
    std::vector<std::string> recipients() const;
    std::string last_error() const;
};

LineageReport report_on(const Lineage &lineage);
/// Everything, with absolute times.
Json to_json(const LineageReport &report);

/// "in 61 d 3 h", "3 d 2 h ago", "now"; "-" for none.
std::string relative(std::optional<Time> when, Time now);

}
