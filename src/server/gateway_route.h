// SPDX-License-Identifier: MIT
// The paths of the gateway: /gateway/RESOURCE[/ITEM] for the default CA, /gateway/CA/... for a
// named one. A CA that is named like a resource ("order") can only be the default one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

enum class GatewayResource {
    directory,
    new_order,
    order,
    finalize,
    authorization,
    challenge,
    certificate,
    revoke_certificate,
    renewal_info,
};

struct GatewayRoute {
    GatewayResource resource;
    std::string ca;   ///< as in the path, unchecked; empty: the default one
    std::string item; ///< the token or id behind the resource, unchecked; may be empty
};

/// nullopt for a path that is none of ours.
std::optional<GatewayRoute> parse_gateway_path(std::string_view path);

/// The word of a resource in paths: "new-order".
std::string_view path_word(GatewayResource resource);

/// "BASE/gateway" or "BASE/gateway/CA".
std::string gateway_prefix(const std::string &base_url, const std::string &ca);

}
