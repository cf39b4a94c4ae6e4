// SPDX-License-Identifier: MIT
#include "renew/agent_policy.h"

#include "acme/ca_problem.h"
#include "base/text.h"
#include "spool/lineage_owner.h"
#include "spool/name_claims.h"

#include <algorithm>

namespace acmeproxy {

namespace {

/// One text for all reasons: it must not tell whether another client has the name.
constexpr const char *not_for_this_client = "this client may not have it";

}

ClientPolicy agent_policy(const ClientStore &clients, const ClientId &client)
{
    auto policy = clients.policy(client);
    if (!policy || !policy->enabled)
        throw Problem("unauthorized", "this client is disabled", 403);
    if (!policy->modes.contains("agent"))
        throw Problem("unauthorized", "this client may not use the agent", 403);
    return std::move(*policy);
}

void check_agent_names(const Spool &spool, const ClientId &client, const ClientPolicy &policy,
                       const std::vector<Identifier> &names)
{
    const std::vector<Identifier> taken = NameClaims(spool).taken_from(client, names);
    std::vector<Subproblem> refused;
    for (const Identifier &name : names) {
        const bool is_taken = std::find(taken.begin(), taken.end(), name) != taken.end();
        if (is_taken || !decide(policy.names, name).allowed)
            refused.push_back({"rejectedIdentifier", not_for_this_client, name.value()});
    }
    if (refused.empty())
        return;
    const std::string detail = refused.size() == 1
                                   ? refused.front().identifier + ": " + refused.front().detail
                                   : std::to_string(refused.size()) + " names are refused";
    Problem problem("rejectedIdentifier", detail);
    problem.subproblems = std::move(refused);
    throw problem;
}

void check_agent_profile(const ClientPolicy &policy, const std::string &profile)
{
    const std::vector<std::string> &allowed = policy.profiles;
    if (!profile.empty() && !allowed.empty() &&
        std::find(allowed.begin(), allowed.end(), profile) == allowed.end())
        throw Problem("invalidProfile",
                      "this client may not use the profile \"" + printable(profile, 60) + "\"");
}

void check_agent_lineage(const Spool &spool, const LineageSpec &spec)
{
    if (!spec.owner)
        return;
    const ClientPolicy policy = agent_policy(ClientStore(spool), *spec.owner);
    check_agent_names(spool, *spec.owner, policy, spec.identifiers);
    check_agent_profile(policy, spec.profile);
}

std::string words_for_client(const std::exception &e)
{
    if (const CaProblem *problem = find_cause<CaProblem>(e))
        return to_text(problem->type, problem->detail, problem->subproblems);
    if (const Problem *problem = find_cause<Problem>(e))
        return to_text(problem->type, problem->what(), problem->subproblems);
    // The operator's text names patterns.
    if (const OwnerRefused *refused = find_cause<OwnerRefused>(e))
        return refused->name.empty()
                   ? not_for_this_client
                   : "rejectedIdentifier: " + refused->name + ": " + not_for_this_client;
    return {};
}

}
