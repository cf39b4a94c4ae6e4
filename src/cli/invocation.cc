// SPDX-License-Identifier: MIT
#include "cli/invocation.h"

#include "cli/values.h"

#include <limits>
#include <stdexcept>

namespace acmeproxy {

const OptionValue &Invocation::value(const std::string &name) const
{
    const auto found = values_.find(name);
    if (found == values_.end())
        throw std::logic_error("the verb has no option --" + name);
    return found->second;
}

std::string Invocation::text(const std::string &name) const
{
    const OptionValue &found = value(name);
    return found.texts.empty() ? "" : found.texts.front();
}

std::vector<std::string> Invocation::list(const std::string &name) const
{
    return value(name).texts;
}

bool Invocation::flag(const std::string &name) const
{
    const OptionValue &found = value(name);
    return !found.texts.empty() && parse_bool(found.texts.front());
}

int Invocation::number(const std::string &name) const
{
    return parse_number(text(name), 0, std::numeric_limits<int>::max());
}

Seconds Invocation::duration(const std::string &name) const
{
    return parse_duration(text(name));
}

std::string Invocation::configured(const std::string &name) const
{
    const auto found = configured_.find(name);
    if (found == configured_.end())
        throw std::logic_error("there is no setting " + name);
    return found->second.texts.empty() ? "" : found->second.texts.front();
}

Origin Invocation::origin(const std::string &name) const
{
    return value(name).origin;
}

}
