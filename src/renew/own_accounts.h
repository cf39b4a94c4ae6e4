// SPDX-License-Identifier: MIT
// Accounts of clients' own at the CAs (`client add --own-account`): the renewer makes them, as it
// makes the default one, since the gateway itself never registers at a CA.
#pragma once

#include "renew/ca_context.h"

namespace acmeproxy {

/// Makes those that are missing, at the default CA and at those that a client's policy names; does
/// without the network where none is. Logs what fails, and returns how many did.
int make_own_accounts(const Spool &spool, const RenewOptions &options, CaContexts &cas,
                      const Clock &clock);

}
