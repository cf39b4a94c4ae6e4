// SPDX-License-Identifier: MIT
// acmeproxy.conf(5): lines of "key = value". A "#" at the start of a line or after a space begins
// a comment; a value is what stands between, without the spaces around it, and is never quoted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

struct ConfLine {
    int number; ///< from 1
    std::string key;
    std::string value;
};

/// Throws UsageError as "FILE:LINE: reason"; `file` is for that text.
std::vector<ConfLine> parse_conf(std::string_view text, const std::string &file);

/// nullopt where there is no such file; throws UsageError where it cannot be read.
std::optional<std::string> read_conf_file(const std::string &file);

}
