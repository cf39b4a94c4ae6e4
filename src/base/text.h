// SPDX-License-Identifier: MIT
// Small operations on ASCII text. None of them looks at the locale.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

/// Without spaces, tabs and line ends at both ends.
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
/// The parts between separators; empty parts count ("a,,b" has three; "" has one).
std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string> &parts, std::string_view separator);
/// Safe to show: control characters and invalid UTF-8 are replaced by '?', and what is longer
/// than `max_size` bytes ends in "...". For texts that came over the network.
std::string printable(std::string_view text, std::size_t max_size = 2000);
bool is_valid_utf8(std::string_view text);

}
