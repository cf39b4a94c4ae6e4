// SPDX-License-Identifier: MIT
// What the single files of a spool must hold (doc/spool.md), as a table: for check.h, which looks
// at what files say of each other.
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "spool/spool.h"

#include <string>
#include <string_view>

namespace acmeproxy {

/// What is wrong with a file, in words that follow its name: "is not empty".
class ContentFault : public Error {
public:
    using Error::Error;
};

struct ContentRule {
    std::string_view pattern; ///< as in layout.h
    /// Throws ContentFault, or what a parser says of a damaged file.
    void (*read)(const Spool &spool, const std::string &path, Time now);
    const char *advice;
    bool is_cache = false; ///< can be removed without losing anything
};

/// The rule for the files of this pattern; nullptr where any content is right, or check.cc looks.
const ContentRule *find_content_rule(std::string_view pattern);

}
