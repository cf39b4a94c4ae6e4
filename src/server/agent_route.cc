// SPDX-License-Identifier: MIT
#include "server/agent_route.h"

#include "base/text.h"

#include <vector>

namespace acmeproxy {

std::optional<AgentRoute> parse_agent_path(std::string_view path)
{
    using enum AgentResource;
    constexpr std::string_view prefix = "/agent/";
    if (!path.starts_with(prefix))
        return std::nullopt;
    const std::vector<std::string> parts = split(path.substr(prefix.size()), '/');
    if (parts.size() == 1 && parts[0] == "directory")
        return AgentRoute{directory, {}, {}, {}};
    if (parts[0] != "certs" || parts.size() > 4)
        return std::nullopt;
    switch (parts.size()) {
    case 1:
        return AgentRoute{certs, {}, {}, {}};
    case 2:
        return AgentRoute{cert, parts[1], {}, {}};
    case 3:
        if (parts[2] == "renew")
            return AgentRoute{renew, parts[1], {}, {}};
        if (parts[2] == "revoke")
            return AgentRoute{revoke, parts[1], {}, {}};
        if (parts[2] == "delete")
            return AgentRoute{remove, parts[1], {}, {}};
        return std::nullopt;
    default:
        return AgentRoute{file, parts[1], parts[2], parts[3]};
    }
}

}
