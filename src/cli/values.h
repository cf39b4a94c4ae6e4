// SPDX-License-Identifier: MIT
// Values as people write them in flags, variables and acmeproxy.conf. Each parser throws Error
// with what is wrong with the value ("\"x\" is not a number"); whoever calls adds where it stood.
#pragma once

#include "base/clock.h"

#include <functional>
#include <string>
#include <vector>

namespace acmeproxy {

/// yes, true, on, 1 or no, false, off, 0; in any case.
bool parse_bool(const std::string &value);
/// A decimal number between `least` and `most`.
int parse_number(const std::string &value, int least, int most);
/// "300" and "300s" are seconds; "5m", "2h", "1d". At least a second, at most ten years.
Seconds parse_duration(const std::string &value);

/// Throws Error where a value is unacceptable.
using ValueCheck = std::function<void(const std::string &value)>;

ValueCheck is_number(int least, int most);
ValueCheck is_one_of(std::vector<std::string> words);
void is_bool(const std::string &value);
void is_duration(const std::string &value);
void is_not_empty(const std::string &value);
/// Absolute, https, without user name and password: what the HTTP client would send something to.
void is_https_url(const std::string &value);
/// A name that a CA may have in the spool.
void is_ca_name(const std::string &value);
/// "http://HOST:PORT", or empty for none.
void is_proxy(const std::string &value);
/// "HOST:PORT:ADDRESS", as curl's --resolve takes it.
void is_resolve_rule(const std::string &value);
/// "user@example.org", with or without "mailto:" (RFC 8555, section 7.3).
void is_mail_address(const std::string &value);
/// A file name (in the hooks folder), a path from the root, or empty for none.
void is_hook(const std::string &value);
/// A path from the root.
void is_absolute_path(const std::string &value);

}
