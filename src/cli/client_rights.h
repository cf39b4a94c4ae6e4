// SPDX-License-Identifier: MIT
// What a client may do, besides its names: the options of client add, each of which client set can
// change later.
#pragma once

#include "cli/invocation.h"
#include "cli/settings.h"
#include "spool/client_store.h"

#include <string>
#include <vector>

namespace acmeproxy {

/// --mode, --quota and --own-account; the verbs take the settings "ca" and "profile" as well.
std::vector<Option> rights_actions();

/// Puts into `policy` what is given on the command line, and leaves the rest. Only there: the
/// settings of the same names are those of lineages. Throws UsageError.
void apply_rights(ClientPolicy &policy, const Invocation &invocation);

/// Throws Error where --ca names a CA that is not there.
void check_given_cas(const Spool &spool, const Invocation &invocation);

}
