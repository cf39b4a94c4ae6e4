// SPDX-License-Identifier: MIT
// The table of settings: the one place that knows their names, defaults and help. A setting is a
// flag (--NAME), an environment variable (ACMEPROXY_NAME) and a line of acmeproxy.conf(5); what a
// verb is told for one run only is an action: a flag of the same shape that stands with its verb.
#pragma once

#include "cli/values.h"

#include <string>
#include <vector>

namespace acmeproxy {

enum class OptionKind {
    value, ///< given once
    flag,  ///< yes or no; --NAME and --no-NAME take no value
    list,  ///< given any number of times
};

struct Option {
    std::string name; ///< without dashes in front: "key-type"
    OptionKind kind = OptionKind::value;
    std::string value_name = {}; ///< "FILE"; none for a flag
    std::string fallback = {};   ///< the default as text; none for a list
    std::string help = {};       ///< sentences
    std::string group = {};      ///< heading in help and man page; none for an action
    ValueCheck check = {};
    bool in_file = true; ///< false: where acmeproxy.conf itself lies
    /// A short form, as other programs have it ('o': -o); the same wherever the name is used.
    char letter = 0;
};

/// In the order in which help shows them, group by group.
const std::vector<Option> &settings();
/// nullptr: there is none of that name.
const Option *find_setting(const std::string &name);
/// "key-type" is ACMEPROXY_KEY_TYPE.
std::string environment_name(const std::string &setting);

/// The settings of every verb: config, spool, log-level, log-format, syslog.
const std::vector<std::string> &common_settings();
/// Those of every verb that talks to a CA.
const std::vector<std::string> &network_settings();

}
