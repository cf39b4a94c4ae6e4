// SPDX-License-Identifier: MIT
// Settings found outside of the command line: ACMEPROXY_* variables, acmeproxy.conf, and the
// variables that other programs have made a habit. Each value is checked against the table here;
// errors are UsageErrors that name the variable, or file and line.
#pragma once

#include "cli/parse.h"

#include <string>
#include <vector>

namespace acmeproxy {

struct FoundSetting {
    std::string name;
    std::vector<std::string> texts; ///< several for a list
};

/// An empty variable counts as unset. A list is separated by commas, LEGO_CA_CERTIFICATES by
/// colons. ACMEPROXY_CERT_* are the variables of hooks, not settings; what else begins with
/// ACMEPROXY_ and is unknown gives a warning, since other programs may own it.
std::vector<FoundSetting> settings_in_environment(const Environment &environment,
                                                  std::vector<std::string> &warnings);

enum class Missing { is_fine, is_an_error };
std::vector<FoundSetting> settings_in_file(const std::string &file, Missing missing);

/// https_proxy and no_proxy, in lower case alone, and never in a CGI request: there a header
/// "Proxy:" would be HTTP_PROXY.
std::vector<FoundSetting> settings_by_habit(const Environment &environment);

}
