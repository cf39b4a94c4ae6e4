// SPDX-License-Identifier: MIT
// The mode table of doc/spool.md: what each path of a spool must be.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace acmeproxy {

enum class PathKind { folder, file, link };

struct PathRule {
    /// As in doc/spool.md: words in capitals stand for checked names ("certs/NAME/gen/N").
    std::string_view pattern;
    PathKind kind;
    mode_t mode; ///< 0 for links
    std::string_view writers;

    /// Of the folders that every spool has.
    bool is_fixed() const { return kind == PathKind::folder && writers == "spool init"; }
};

/// All rules, parents before what is in them. "." is the base itself.
const std::vector<PathRule> &layout();

/// The rule for a path relative to the base; nullptr for what does not belong in a spool. Below
/// tmp/ and requests/tmp/ all belongs, under the rule "tmp/..." or its like.
const PathRule *find_rule(std::string_view relative);

}
