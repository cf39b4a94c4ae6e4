// SPDX-License-Identifier: MIT
// What an operator pastes on a client's host: lines for the known ACME programs.
#pragma once

#include "base/clock.h"
#include "spool/client_store.h"

#include <string>

namespace acmeproxy {

/// NAME in it stands for the name of the certificate. The gateway has the CA validate: where a
/// program wants to be told how to answer a challenge, it is given a way that does nothing.
std::string client_commands(const std::string &directory, const std::string &kid,
                            const std::string &mac_key);

/// The same for a client of the agent.
std::string agent_command(const std::string &server, const std::string &kid);

/// "valid", "for one account", "used", "expired", "revoked".
std::string eab_state(const ClientStore &clients, const EabKey &key, Time now);

}
