// SPDX-License-Identifier: MIT
// The settings of "acmeproxy serve", and what follows from them.
#pragma once

#include "base/identifier.h"
#include "cli/invocation.h"
#include "cli/settings.h"

#include <string>
#include <vector>

namespace acmeproxy {

/// Their part of the table of settings.
std::vector<Option> serve_settings();
/// All settings that serve takes, those of others included.
std::vector<std::string> settings_of_serve();

/// The name of this server; by default the host's fully qualified one.
struct ServerName {
    Identifier name;
    bool is_public; ///< said by the operator, or such that a CA could know it
};
ServerName server_name(const Invocation &invocation);

/// What clients reach this server by: base-url, or made of its name and port.
std::string base_url_of_serve(const Invocation &invocation, const Identifier &name);

/// The path of lighttpd. Throws UsageError where there is none.
std::string find_lighttpd(const Invocation &invocation);

/// The folder for sockets and what else lasts no longer than serve: below run-dir, or where another
/// user than root may make one. Not made yet.
std::string serve_folder(const Invocation &invocation);

/// The environment of programs and passes: this process's own, and on top the settings that this
/// command line gave, as variables; relative paths made absolute.
std::vector<std::string> child_environment(const Invocation &invocation,
                                           const std::string &base_url);

}
