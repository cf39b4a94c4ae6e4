// SPDX-License-Identifier: MIT
#include "cli/verb.h"

#include <algorithm>

namespace acmeproxy {

namespace {

bool contains(const std::vector<std::string> &names, const std::string &name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

}

Option json_action()
{
    return {
        .name = "json", .kind = OptionKind::flag, .help = "Print JSON instead of text for people."};
}

const Verb *find_verb(const std::vector<Verb> &verbs, const std::string &name)
{
    for (const Verb &verb : verbs) {
        if (verb.name == name)
            return &verb;
    }
    return nullptr;
}

std::vector<const Option *> options_of(const Verb &verb)
{
    std::vector<const Option *> options;
    for (const Option &action : verb.actions)
        options.push_back(&action);
    for (const Option &setting : settings()) {
        if (contains(verb.settings, setting.name) || contains(common_settings(), setting.name))
            options.push_back(&setting);
    }
    return options;
}

const Option *find_option(const Verb &verb, const std::string &name)
{
    for (const Option *option : options_of(verb)) {
        if (option->name == name)
            return option;
    }
    return nullptr;
}

}
