// SPDX-License-Identifier: MIT
#include "spool/lineage_owner.h"

#include "spool/client_store.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

void check_name(const ClientPolicy &policy, const std::string &client, const Identifier &name)
{
    const PatternDecision decision = decide(policy.names, name);
    if (decision.allowed)
        return;
    const std::string why = decision.pattern.empty() ? "no pattern of its policy covers it"
                                                     : "its policy says " + decision.pattern;
    throw OwnerRefused(fmt::format("client {} may not have {}: {} (acmeproxy client check {} {})",
                                   client, name.value(), why, client, name.value()),
                       name.value());
}

}

void check_owner(const Spool &spool, const LineageSpec &spec)
{
    if (!spec.owner)
        throw OwnerRefused("a sealed lineage needs an owner");
    const std::string &client = spec.owner->str();
    const ClientPolicy policy = ClientStore(spool).load_policy(*spec.owner);
    if (!policy.enabled)
        throw OwnerRefused(
            fmt::format("client {} is disabled (acmeproxy client enable {})", client, client));
    if (!policy.modes.contains("agent"))
        throw OwnerRefused(
            fmt::format("client {} may not use the agent: its policy has not the mode "
                        "\"agent\"",
                        client));
    for (const Identifier &name : spec.identifiers)
        check_name(policy, client, name);
}

ClientId account_owner(const Spool &spool, const LineageSpec &spec)
{
    const bool own = spec.owner && ClientStore(spool).load_policy(*spec.owner).own_account;
    return own ? *spec.owner : ClientId::parse("default");
}

}
