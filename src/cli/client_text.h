// SPDX-License-Identifier: MIT
// What the verbs about clients share: finding one, and changing its policy.
#pragma once

#include "spool/client_store.h"

#include <functional>
#include <string>
#include <vector>

namespace acmeproxy {

/// A client that exists. Throws Error that suggests the nearest.
ClientId find_client(const ClientStore &clients, const std::string &text);
/// Each part of each text between commas.
std::vector<std::string> split_commas(const std::vector<std::string> &texts);
/// Reads the policy, lets `change` have it and writes it, under the client's lock.
void change_policy(const Spool &spool, const ClientId &client,
                   const std::function<void(ClientPolicy &)> &change);
/// The texts of the patterns, in their order.
std::vector<std::string> pattern_texts(const std::vector<NamePattern> &patterns);

}
