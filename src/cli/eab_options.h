// SPDX-License-Identifier: MIT
// External account binding on the command line: what ca add and cert add --source agent share.
#pragma once

#include "cli/invocation.h"
#include "cli/settings.h"
#include "spool/ca_store.h"

namespace acmeproxy {

Option eab_kid_action();      ///< --eab-kid
Option eab_key_file_action(); ///< --eab-key-file
Option eab_alg_action();      ///< --eab-alg

/// Where given, they replace what `config` has. Throws UsageError where one is without the other.
void apply_eab(CaConfig &config, const Invocation &invocation);

}
