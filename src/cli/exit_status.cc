// SPDX-License-Identifier: MIT
#include "cli/exit_status.h"

#include "base/error.h"
#include "base/log.h"
#include "cli/usage_error.h"

namespace acmeproxy {

int exit_status(const std::function<int()> &program)
try {
    return program();
} catch (const UsageError &e) {
    log_error(e.what());
    if (!e.hint().empty())
        log_error(e.hint());
    return 2;
} catch (...) {
    log_error(describe_current());
    return 1;
}

}
