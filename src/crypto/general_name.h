// SPDX-License-Identifier: MIT
// The names in a subjectAltName (RFC 5280, section 4.2.1.6) as identifiers.
#pragma once

#include "base/identifier.h"
#include "crypto/openssl.h"

#include <vector>

namespace acmeproxy {

/// Throws Error where the name is neither a DNS name nor an IP address, or no Identifier: also
/// where only its canonical form would be one ("a.example.", U-labels), since those who see the
/// same bytes after us could take them for another name. Upper case is let through.
Identifier to_identifier(const GENERAL_NAME *name);
/// The same for the text of a DNS name.
Identifier to_dns_identifier(std::string_view text);
GeneralNamesHandle make_general_names(const std::vector<Identifier> &identifiers);

}
