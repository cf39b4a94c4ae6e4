// SPDX-License-Identifier: MIT
// What a verb is given: its positional arguments, and the value of each setting and each of its
// actions, wherever it came from. Values were checked when they were read.
//
// Asking for a name that is neither a setting nor an action of the verb is a bug: logic_error.
#pragma once

#include "base/clock.h"

#include <map>
#include <string>
#include <vector>

namespace acmeproxy {

/// Where a value was found; a later one wins over an earlier one.
enum class Origin {
    fallback,    ///< the default
    habit,       ///< https_proxy, no_proxy
    file,        ///< acmeproxy.conf
    environment, ///< ACMEPROXY_*, LEGO_CA_CERTIFICATES
    flag,
};

struct OptionValue {
    std::vector<std::string> texts; ///< one, or none, or any number for a list
    Origin origin = Origin::fallback;
};

class Invocation {
public:
    using Values = std::map<std::string, OptionValue>;

    Invocation() = default;
    /// `configured`: as `values`, but without the flags of this command line.
    Invocation(std::vector<std::string> words, Values values, Values configured)
        : arguments(std::move(words)), values_(std::move(values)),
          configured_(std::move(configured))
    {
    }

    std::vector<std::string> arguments;
    /// All of it, for who has to read the settings again.
    std::vector<std::string> command_line = {};

    /// "" where there is neither a value nor a default.
    std::string text(const std::string &name) const;
    std::vector<std::string> list(const std::string &name) const;
    bool flag(const std::string &name) const;
    int number(const std::string &name) const;
    Seconds duration(const std::string &name) const;

    /// A setting as it is without the flags of this command line: what other runs will see.
    std::string configured(const std::string &name) const;

    Origin origin(const std::string &name) const;
    /// Takes the value of a setting from another invocation of the same verb.
    void keep(const std::string &name, const Invocation &before)
    {
        values_[name] = before.value(name);
    }
    /// Whether it was said on this very command line.
    bool given(const std::string &name) const { return origin(name) == Origin::flag; }

private:
    const OptionValue &value(const std::string &name) const;

    Values values_;
    Values configured_;
};

}
