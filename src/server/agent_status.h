// SPDX-License-Identifier: MIT
// What a client sees of one of its lineages (doc/agent-protocol.md, "The certificate object").
#pragma once

#include "server/agent_caller.h"
#include "json/json.h"

#include <optional>
#include <string>

namespace acmeproxy {

/// When to look again after what a client has asked for.
constexpr Seconds when_pending{5};

/// The URL of a lineage.
std::string agent_url(const ServerContext &context, const std::string &name);

/// nullopt: there is neither a lineage nor a wish nor a refusal.
std::optional<Json> render_certificate(const ServerContext &context, const AgentCaller &caller,
                                       const LineageName &name);

/// The object as an answer, with Retry-After. Throws no_such_certificate().
CgiResponse answer_certificate(const ServerContext &context, const AgentCaller &caller,
                               const LineageName &name, int status);
/// All that the caller may see.
CgiResponse answer_list(const ServerContext &context, const AgentCaller &caller);

}
