// SPDX-License-Identifier: MIT
// The log as the settings want it.
#pragma once

#include "cli/invocation.h"

namespace acmeproxy {

/// `name` must live for ever.
void start_log(const char *name, const Invocation &invocation);

}
