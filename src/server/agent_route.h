// SPDX-License-Identifier: MIT
// The paths of the agent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

enum class AgentResource { directory, certs, cert, renew, revoke, remove, file };

struct AgentRoute {
    AgentResource resource;
    std::string name;       ///< of the lineage as its client says it, unchecked
    std::string generation; ///< "0001" or "latest", unchecked
    std::string file;       ///< unchecked
};

/// nullopt for a path that is none of ours.
std::optional<AgentRoute> parse_agent_path(std::string_view path);

}
