// SPDX-License-Identifier: MIT
// The Link header field (RFC 8288, section 3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

/// The targets in one field value whose relation types hold `rel` (in any case), as written. What
/// cannot be understood ends the search.
std::vector<std::string> link_targets(std::string_view field, std::string_view rel);

}
