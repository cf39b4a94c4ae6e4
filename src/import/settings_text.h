// SPDX-License-Identifier: MIT
// The configuration files of other ACME clients, as far as a value can be known without running
// them: "NAME=value" of shells (acme.sh, dehydrated) and "name = value" below "[section]" lines
// (certbot).
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace acmeproxy {

/// By name, with "SECTION." in front below a section line; brackets of sections in sections are
/// ignored. The last value of a name counts. Quotes around a value are taken off, and what follows
/// them; without quotes a "#" after a space begins a comment. Lines that are no assignments are
/// skipped: nothing is an error.
std::map<std::string, std::string> parse_settings_text(std::string_view text);

/// A value as acme.sh writes it: commands are wrapped in base64.
std::string unwrap_acme_sh(const std::string &value);

/// The host of an https URL in lower case, with its port where that is not 443; empty where `url`
/// is something else.
std::string host_of_url(std::string_view url);

}
