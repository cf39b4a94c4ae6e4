// SPDX-License-Identifier: MIT
// Help pages from the tables of verbs and settings, within 80 columns.
#pragma once

#include "cli/verb.h"

#include <string>
#include <vector>

namespace acmeproxy {

/// "acmeproxy help": the verbs, the options of all of them, where to read on.
std::string overview(const std::vector<Verb> &verbs);
/// "acmeproxy help VERB": each option with its variable and default, by groups; examples.
std::string help_page(const Verb &verb);
/// The pages that "acmeproxy help WORDS..." shows: of one verb, or of all that begin so ("cert").
/// Throws UsageError where there is none. Words after a verb are ignored, as "--help" may stand
/// anywhere.
std::string help_for(const std::vector<Verb> &verbs, const std::vector<std::string> &words);

/// `text` in lines of at most `width` columns, each after `indent` spaces; "\n" begins a new line.
std::string wrap(const std::string &text, std::size_t indent, std::size_t width = 78);

}
