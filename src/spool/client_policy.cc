// SPDX-License-Identifier: MIT
// client.json: what a client may do.
#include "spool/client_store.h"

#include "base/error.h"
#include "base/text.h"

#include <cstdint>

namespace acmeproxy {

namespace {

std::vector<std::string> pattern_texts(const std::vector<NamePattern> &patterns)
{
    std::vector<std::string> texts;
    for (const NamePattern &pattern : patterns)
        texts.push_back(pattern.text());
    return texts;
}

int bounded(const Json &json, std::string_view name, int otherwise)
{
    const std::int64_t value = json.int_or(name, otherwise);
    if (value < 0 || value > 1000000)
        throw JsonError("member \"" + std::string(name) + "\" is out of range");
    return static_cast<int>(value);
}

}

Json to_json(const ClientPolicy &policy)
{
    std::vector<std::string> cas;
    for (const CaName &ca : policy.cas)
        cas.push_back(ca.str());
    Json json = Json::object();
    json.set("enabled", policy.enabled)
        .set("modes", Json::strings({policy.modes.begin(), policy.modes.end()}))
        .set("allow", Json::strings(pattern_texts(policy.names)));
    if (!cas.empty())
        json.set("cas", Json::strings(cas));
    if (!policy.profiles.empty())
        json.set("profiles", Json::strings(policy.profiles));
    if (policy.orders_per_day)
        json.set("orders_per_day", *policy.orders_per_day);
    json.set("own_account", policy.own_account)
        .set("max_eab_keys", policy.max_eab_keys)
        .set("max_accounts", policy.max_accounts)
        .set("max_lineages", policy.max_lineages);
    if (policy.recipient)
        json.set("recipient", policy.recipient->text());
    return json;
}

ClientPolicy parse_client_policy(const Json &json)
{
    ClientPolicy policy;
    // Each of these must be there: what is missing must not be guessed in the client's favour.
    policy.enabled = json.bool_at("enabled");
    for (const std::string &mode : json.strings_at("modes")) {
        if (mode != "gateway" && mode != "agent")
            throw JsonError("member \"modes\": unknown mode \"" + printable(mode, 40) + "\"");
        policy.modes.insert(mode);
    }
    for (const std::string &pattern : json.strings_at("allow"))
        policy.names.push_back(NamePattern::parse(pattern));
    for (const std::string &ca : json.strings_or_none("cas"))
        policy.cas.push_back(CaName::parse(ca));
    policy.profiles = json.strings_or_none("profiles");
    if (json.find("orders_per_day"))
        policy.orders_per_day = bounded(json, "orders_per_day", 0);
    policy.own_account = json.bool_or("own_account", false);
    if (json.find("recipient"))
        policy.recipient = AgeRecipient::parse(json.string_at("recipient"));
    policy.max_eab_keys = bounded(json, "max_eab_keys", 10);
    policy.max_accounts = bounded(json, "max_accounts", 50);
    policy.max_lineages = bounded(json, "max_lineages", 100);
    return policy;
}

}
