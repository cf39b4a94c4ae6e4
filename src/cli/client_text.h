// SPDX-License-Identifier: MIT
// What the verbs about clients share: finding one, and changing its policy.
#pragma once

#include "cli/invocation.h"
#include "spool/client_store.h"

#include <functional>
#include <string>
#include <vector>

namespace acmeproxy {

/// A client that exists. Throws Error that suggests the nearest.
ClientId find_client(const ClientStore &clients, const std::string &text);
/// Those that the command names, or all.
std::vector<ClientId> chosen_clients(const ClientStore &clients, const Invocation &invocation);
/// Each part of each text between commas.
std::vector<std::string> split_commas(const std::vector<std::string> &texts);
/// Reads the policy, lets `change` have it and writes it, under the client's lock. False: it is as
/// it was, and is not written.
bool change_policy(const Spool &spool, const ClientId &client,
                   const std::function<void(ClientPolicy &)> &change);
/// The texts of the patterns, in their order.
std::vector<std::string> pattern_texts(const std::vector<NamePattern> &patterns);

/// "30d", "2026-12-31" (its end, UTC) or RFC 3339. Throws Error.
Time parse_expiry(const std::string &text, Time now);
/// Throws Error where parse_expiry() would take it for none.
void is_expiry(const std::string &value);
/// That of --expires, where given. Throws UsageError where it is over.
std::optional<Time> chosen_expiry(const Invocation &invocation, Time now);

}
