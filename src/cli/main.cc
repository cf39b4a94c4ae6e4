// SPDX-License-Identifier: MIT
// acmeproxy: the command line. Exit status 0: done; 1: something failed, and standard error says
// what; 2: the command line, the environment or acmeproxy.conf is wrong.
#include "base/error.h"
#include "base/log.h"
#include "base/stop.h"
#include "cli/parse.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"

#include <iostream>
#include <sys/stat.h>

namespace acmeproxy {

namespace {

void start_log(const Invocation &invocation)
{
    const std::string word = invocation.text("log-level");
    const LogLevel level = word == "error"     ? LogLevel::error
                           : word == "warning" ? LogLevel::warning
                           : word == "debug"   ? LogLevel::debug
                                               : LogLevel::info;
    const LogTarget target =
        invocation.flag("syslog") ? LogTarget::syslog : LogTarget::standard_error;
    set_up_log("acmeproxy", target, level);
}

int run(const std::vector<std::string> &args)
try {
    const ParsedCommand command = parse_command(all_verbs(), args, process_environment());
    start_log(command.invocation);
    for (const std::string &warning : command.warnings)
        log_warning(warning);
    const int status = command.verb->run(command.invocation, std::cout);
    if (!std::cout.flush())
        throw Error("write to standard output: the result is incomplete");
    return status;
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

}

int main(int argc, char **argv)
{
    ::umask(077); // whatever is made has its mode set on purpose
    acmeproxy::set_up_log("acmeproxy");
    acmeproxy::catch_stop_signals();
    return acmeproxy::run({argv + 1, argv + argc});
}
