// SPDX-License-Identifier: MIT
// What an agent client may have: looked at by agent.fcgi when a wish is made, by the renewer when
// it is applied, and again before each order. Whatever is missing or unreadable denies.
#pragma once

#include "base/problem.h"
#include "spool/client_store.h"
#include "spool/lineage_spec.h"
#include "spool/spool.h"

#include <exception>
#include <string>
#include <vector>

namespace acmeproxy {

/// The policy of an enabled client that may use the agent. Throws Problem unauthorized.
ClientPolicy agent_policy(const ClientStore &clients, const ClientId &client);

/// Throws Problem rejectedIdentifier with a subproblem for each name that the policy refuses or
/// that belongs to another client: which of the two it was, the client cannot tell.
void check_agent_names(const Spool &spool, const ClientId &client, const ClientPolicy &policy,
                       const std::vector<Identifier> &names);
/// Throws Problem invalidProfile.
void check_agent_profile(const ClientPolicy &policy, const std::string &profile);

/// Before an order for a lineage that has an owner: all of check_owner(), and that no other client
/// has a claim on its names. Throws OwnerRefused with words for the operator, or Problem.
void check_agent_lineage(const Spool &spool, const LineageSpec &spec);

/// What the client may see of a failure: what the CA or its policy said; empty for all else, since
/// our own texts can hold paths and other names.
std::string words_for_client(const std::exception &e);

}
