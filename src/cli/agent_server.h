// SPDX-License-Identifier: MIT
// Another acmeproxy's agent on the command line: cert add --source agent --server URL. A server is
// kept as a CA is, with an account and an age identity (doc/spool.md, cas/).
#pragma once

#include "cli/invocation.h"
#include "cli/settings.h"
#include "spool/ca_store.h"
#include "spool/lineage_spec.h"

#include <optional>
#include <vector>

namespace acmeproxy {

std::vector<Option> agent_actions(); ///< --source, --server, and the external account binding

/// What the command line says of the server, files read.
struct AgentServer {
    std::string url;
    CaConfig config; ///< what was given; the rest is empty
};
/// nullopt where the source is a CA; else `spec` gets the server. Throws UsageError where options
/// do not go together.
std::optional<AgentServer> read_agent_server(LineageSpec &spec, const Invocation &invocation);

/// Keeps the server, registers there and makes the identity; by --later, only keeps it. What is
/// there of an earlier time is used again.
void meet_agent_server(const AgentServer &server, const Spool &spool, const Invocation &invocation);

/// "https://HOST/agent/" of that with "directory" behind it or without the last "/". Throws
/// UsageError.
std::string parse_agent_url(const std::string &text);

}
