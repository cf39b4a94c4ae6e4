// SPDX-License-Identifier: MIT
// Who asks the agent: an account by its signature (POST), or a token as a Bearer or the password of
// Basic authentication (GET, HEAD). A token only reads.
#pragma once

#include "server/envelope.h"
#include "spool/lineage.h"

#include <optional>
#include <string>

namespace acmeproxy {

struct AgentCaller {
    ClientId client;
    ClientPolicy policy;                  ///< enabled, with the mode "agent"
    std::optional<SignedRequest> request; ///< of a POST
    std::string only;                     ///< the one lineage that its token is for, or empty

    /// Whether it may see the lineage that its client calls so.
    bool may_see(const std::string &name) const { return only.empty() || only == name; }
    /// Where its client's lineage of that name lies, whether it is there or not. Throws Problem
    /// (404) for what cannot be one, or is not for this token.
    LineageName name_of(const std::string &name) const;
};

/// Throws Problem; its status is 401 where there is no token, or one of no use.
AgentCaller open_agent_call(ServerContext &context, const CgiRequest &request);

/// For what is another's, or nowhere, alike.
Problem no_such_certificate();

/// The lineage that is this client's; nullopt where there is none of that name.
std::optional<LineageSpec> own_spec(const ServerContext &context, const AgentCaller &caller,
                                    const LineageName &name);

}
