// SPDX-License-Identifier: MIT
// From the three places where settings are found to what a verb is given: flags win over the
// environment, the environment over acmeproxy.conf, that over old habits (https_proxy, no_proxy).
// All three are checked whole, also where another one wins: a mistake does not lie in wait.
#pragma once

#include "cli/invocation.h"
#include "cli/verb.h"

#include <map>
#include <string>
#include <vector>

namespace acmeproxy {

using Environment = std::map<std::string, std::string>;

/// The variables of this process.
Environment process_environment();

struct ParsedCommand {
    const Verb *verb = nullptr;
    Invocation invocation;
    std::vector<std::string> warnings; ///< to be shown when the log is set up
};

/// `args` is without the program's name. "--help" and "-h" anywhere give the verb "help" with the
/// verb's name as its argument, "--version" the verb "version". Throws UsageError.
ParsedCommand parse_command(const std::vector<Verb> &verbs, const std::vector<std::string> &args,
                            const Environment &environment);

}
