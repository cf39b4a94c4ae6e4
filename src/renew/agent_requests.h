// SPDX-License-Identifier: MIT
// The renewer's part of the agent: it applies the wishes of requests/ after a check of its own, and
// refuses what does not pass in words that the client may see. The only code that makes a lineage
// of what came over the network.
//
// A wish is removed after what it asks for is durable: a crash in between applies it again, which
// changes nothing. A lineage that another process works on, and a CA that is away, are waited for
// by later passes.
#pragma once

#include "renew/ca_context.h"
#include "spool/spool.h"

namespace acmeproxy {

struct RequestsResult {
    int applied = 0;
    int refused = 0;
    int failed = 0; ///< for reasons of ours; those are tried again
};

/// Never throws for what is wrong with one wish. Each is logged.
RequestsResult apply_agent_requests(const Spool &spool, const RenewOptions &options,
                                    CaContexts &cas, const Clock &clock);

}
