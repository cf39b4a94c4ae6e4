// SPDX-License-Identifier: MIT
// acmeproxy: the command line. Exit status 0: done; 1: something failed, and standard error says
// what; 2: the command line, the environment or acmeproxy.conf is wrong.
#include "base/error.h"
#include "base/log.h"
#include "base/stop.h"
#include "cli/context.h"
#include "cli/exit_status.h"
#include "cli/log_settings.h"
#include "cli/parse.h"
#include "cli/verbs.h"
#include "crypto/guarded_memory.h"

#include <iostream>

namespace acmeproxy {

namespace {

int run(const std::vector<std::string> &args)
{
    const ParsedCommand command = parse_command(all_verbs(), args, process_environment());
    start_log("acmeproxy", command.invocation);
    for (const std::string &warning : command.warnings)
        log_warning(warning);
    const int status = command.verb->run(command.invocation, std::cout);
    if (!std::cout.flush())
        throw Error("write to standard output: the result is incomplete");
    return status;
}

}

}

int main(int argc, char **argv)
{
    acmeproxy::guard_openssl_memory();
    acmeproxy::take_umask();
    acmeproxy::set_up_log("acmeproxy");
    acmeproxy::catch_stop_signals();
    return acmeproxy::exit_status([&] { return acmeproxy::run({argv + 1, argv + argc}); });
}
