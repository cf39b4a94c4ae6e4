// SPDX-License-Identifier: MIT
// What keygen, seal, open and cert have in common: recipients, identities, output.
#pragma once

#include "cli/settings.h"
#include "crypto/age.h"

#include <string>
#include <vector>

namespace acmeproxy {

Option output_action();    ///< -o, --output
Option recipient_action(); ///< -r, --recipient

/// Throws UsageError that names the option.
AgeRecipient parse_recipient(const std::string &option, const std::string &text);
/// From files of them, each in memory that is wiped.
std::vector<AgeIdentity> read_identities(const std::vector<std::string> &files);
std::vector<AgeRecipient> read_recipients(const std::vector<std::string> &files);

}
