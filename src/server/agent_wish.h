// SPDX-License-Identifier: MIT
// What a client asks for, read from its payload.
#pragma once

#include "base/problem.h"
#include "spool/agent_requests.h"
#include "json/json.h"

#include <string>

namespace acmeproxy {

struct NamedWish {
    std::string name; ///< of the lineage, as the client says it; a sound one
    AgentWish wish;   ///< without account and time
};

/// A wish for a new or changed lineage. Throws Problem: malformed (an unknown member, too), badCSR,
/// rejectedIdentifier, unsupportedIdentifier.
NamedWish read_want(const Json &payload);

}
