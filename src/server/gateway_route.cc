// SPDX-License-Identifier: MIT
#include "server/gateway_route.h"

#include "base/text.h"

#include <vector>

namespace acmeproxy {

namespace {

struct Word {
    std::string_view text;
    GatewayResource resource;
    bool has_item;
};
constexpr Word words[] = {
    {"directory", GatewayResource::directory, false},
    {"new-order", GatewayResource::new_order, false},
    {"revoke-cert", GatewayResource::revoke_certificate, false},
    {"order", GatewayResource::order, true},
    {"finalize", GatewayResource::finalize, true},
    {"authz", GatewayResource::authorization, true},
    {"challenge", GatewayResource::challenge, true},
    {"cert", GatewayResource::certificate, true},
    {"renewal-info", GatewayResource::renewal_info, true},
};

const Word *find_word(std::string_view text)
{
    for (const Word &word : words) {
        if (word.text == text)
            return &word;
    }
    return nullptr;
}

}

std::optional<GatewayRoute> parse_gateway_path(std::string_view path)
{
    constexpr std::string_view prefix = "/gateway/";
    if (!path.starts_with(prefix))
        return std::nullopt;
    std::vector<std::string> parts = split(path.substr(prefix.size()), '/');
    std::string ca;
    if (!find_word(parts.front())) {
        ca = parts.front();
        parts.erase(parts.begin());
        if (ca.empty() || parts.empty())
            return std::nullopt;
    }
    const Word *word = find_word(parts.front());
    if (!word || parts.size() != (word->has_item ? 2U : 1U))
        return std::nullopt;
    return GatewayRoute{word->resource, ca, word->has_item ? parts[1] : std::string()};
}

std::string_view path_word(GatewayResource resource)
{
    for (const Word &word : words) {
        if (word.resource == resource)
            return word.text;
    }
    return {};
}

std::string gateway_prefix(const std::string &base_url, const std::string &ca)
{
    return base_url + "/gateway" + (ca.empty() ? "" : "/" + ca);
}

}
