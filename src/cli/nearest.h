// SPDX-License-Identifier: MIT
// "did you mean": the word of a list that a mistyped one most likely stands for.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

/// By edit distance, transpositions counting once; nullopt where none is near enough to be meant.
std::optional<std::string> nearest(const std::string &word,
                                   const std::vector<std::string> &candidates);

/// " (did you mean "x"?)", or nothing: for the end of an error text.
std::string did_you_mean(const std::string &word, const std::vector<std::string> &candidates);

}
