// SPDX-License-Identifier: MIT
// Deployment: the hooks of lineages in state `live` (doc/spool.md). At least once for each
// generation; a failed hook is a failed delivery, tried again by later passes.
#pragma once

#include "base/clock.h"
#include "renew/hook.h"

#include <vector>

namespace acmeproxy {

struct DeployResult {
    int deployed = 0;
    int failed = 0;
};

/// Runs the hooks of these lineages, one after the other. Each failure is logged.
DeployResult deploy(const Spool &spool, const std::vector<LineageName> &names,
                    const HookOptions &options, const Clock &clock, const UnitRandom &random);

/// Those in state `live` whose hook is due; with `all`, those that wait for a retry, too.
std::vector<LineageName> find_undeployed(const Spool &spool, Time now, bool all);

}
