// SPDX-License-Identifier: MIT
// One pass of the renewer: which lineages are due, and a look at each of them by a pool of workers.
// What is not due costs one stat.
#pragma once

#include "renew/lineage_job.h"
#include "renew/options.h"

#include <vector>

namespace acmeproxy {

struct PassResult {
    int looked_at = 0;
    int obtained = 0;
    int failed = 0; ///< or damaged
    int deferred = 0;
    std::vector<LineageName> to_deploy; ///< sorted
};

/// The lineages to look at, sorted: those due, or those named in the options; by force, all.
std::vector<LineageName> find_due(const Spool &spool, const RenewOptions &options, Time now);

/// Looks at all that are due, logs a line for each of which there is something to say, and sweeps.
/// With one worker all runs in this thread, in the order of the names.
PassResult run_pass(const Spool &spool, const RenewOptions &options, const Clock &clock);

/// Says on standard output what run_pass() would do.
PassResult preview_pass(const Spool &spool, const RenewOptions &options, const Clock &clock);

}
