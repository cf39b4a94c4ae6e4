// SPDX-License-Identifier: MIT
// The settings of the web programs (auth.fcgi, gateway.fcgi, agent.fcgi). They have no command
// line: their settings are variables and acmeproxy.conf.
#pragma once

#include "cli/invocation.h"
#include "cli/settings.h"
#include "server/context.h"

#include <memory>
#include <string>
#include <vector>

namespace acmeproxy {

/// Their part of the table of settings.
std::vector<Option> server_settings();

/// base-url without a slash at its end; empty where it is not set.
std::string public_base_url(const Invocation &invocation);

/// All that a web program's ServerContext needs, loaded once.
struct LoadedServer {
    Spool spool;
    ServerOptions options;
    RenewOptions renew;
    SecretKeyring secrets;
    ServerContext context;

    LoadedServer(Spool opened, ServerOptions server, RenewOptions renewer);
    LoadedServer(const LoadedServer &) = delete;
    LoadedServer &operator=(const LoadedServer &) = delete;
};

/// Reads the settings, starts the log under the program's name (which must live for ever), and
/// opens the spool as its owner. Throws UsageError where base-url is not set or a setting is bad.
std::unique_ptr<LoadedServer> load_server(const char *program);

}
