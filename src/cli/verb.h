// SPDX-License-Identifier: MIT
// A verb of the command line, as data: parser, help and the tests of man pages and completion all
// read the one table. A new verb is one file that makes a Verb, and a line in verbs.cc.
#pragma once

#include "cli/invocation.h"
#include "cli/settings.h"

#include <ostream>
#include <string>
#include <vector>

namespace acmeproxy {

/// A command line as one would type it, after a line that says what it is for.
struct Example {
    std::string purpose;
    std::string command;
};

struct Verb {
    std::string name;             ///< "cert add"
    std::string synopsis = {};    ///< its arguments: "NAME..."
    std::size_t least = 0;        ///< how many arguments it takes
    std::size_t most = 0;         ///< any_number for no limit
    std::string summary = {};     ///< a line for the list of verbs
    std::string description = {}; ///< paragraphs, separated by "\n"
    /// The settings it takes as flags, besides the common ones.
    std::vector<std::string> settings = {};
    /// Those of them that its command line takes several values of, separated by commas.
    std::vector<std::string> several = {};
    std::vector<Option> actions = {};
    std::vector<Example> examples = {};
    std::string man_page = {}; ///< "acmeproxy-cert(1)"
    /// Whether variables and acmeproxy.conf are read: not for help, which must work with bad ones.
    bool is_configured = true;
    /// Writes results to `out`; the exit status.
    int (*run)(const Invocation &invocation, std::ostream &out) = nullptr;

    static constexpr std::size_t any_number = static_cast<std::size_t>(-1);
};

/// --json, of all verbs that show something.
Option json_action();

/// Nullptr: there is none of that name.
const Verb *find_verb(const std::vector<Verb> &verbs, const std::string &name);
/// The setting or action of that name that the verb takes, or nullptr.
const Option *find_option(const Verb &verb, const std::string &name);
/// All that the verb takes: its actions, its settings in the table's order with the common ones.
std::vector<const Option *> options_of(const Verb &verb);

}
