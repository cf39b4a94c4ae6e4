// SPDX-License-Identifier: MIT
// A pass and the deployment after it, with the split of rights of design: started as root, the pass
// runs in a child that is the spool's owner for good, and hooks run as root afterwards.
#pragma once

#include "cli/invocation.h"
#include "renew/options.h"
#include "spool/spool.h"

#include <string>
#include <vector>

namespace acmeproxy {

/// As open_or_make_spool(), but root acts as the owner and can take its rights back.
Spool open_spool_for_hooks(const Invocation &invocation);

struct RunResult {
    int obtained = 0;
    int failed = 0; ///< lineages and hooks
    int deferred = 0;
};

/// One pass over what is due or named, then the hooks of what is live and not deployed.
/// Whoever calls has opened the spool by open_spool_for_hooks().
RunResult renew_and_deploy(const Spool &spool, const RenewOptions &options,
                           const HookOptions &hooks);

}
