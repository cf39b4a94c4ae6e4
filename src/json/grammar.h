// SPDX-License-Identifier: MIT
// The grammar of RFC 8259, to the letter, with this program's limits: looked at before cJSON gets
// the text, since cJSON lets much pass (comments on what in grammar.cc) and recurses.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace acmeproxy {

/// The deepest nesting of arrays and objects.
inline constexpr int max_json_depth = 16;
/// Up to here every whole number is itself as a double: 2^53.
inline constexpr long long max_json_integer = 9007199254740992;

/// Throws JsonError (json/json.h) where `text` is not one JSON value. Returns the byte offset of
/// each member name, in the order of the text.
std::vector<std::size_t> check_json_grammar(std::string_view text);

}
