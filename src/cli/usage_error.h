// SPDX-License-Identifier: MIT
// The command line, the environment or acmeproxy.conf is wrong: exit status 2.
#pragma once

#include "base/error.h"

#include <string>

namespace acmeproxy {

class UsageError : public Error {
public:
    /// `hint` says what to do next and is shown on a line of its own ("" for none).
    explicit UsageError(const std::string &text, std::string hint = "")
        : Error(text), hint_(std::move(hint))
    {
    }
    const std::string &hint() const { return hint_; }

private:
    std::string hint_;
};

/// What `parse` makes of a word of the command line; what is wrong with it is a usage error.
template <class Parse> auto from_command_line(Parse parse, const std::string &verb)
{
    try {
        return parse();
    } catch (const UsageError &) {
        throw;
    } catch (const Error &e) {
        throw UsageError(e.what(), "see \"acmeproxy help " + verb + "\"");
    }
}

}
