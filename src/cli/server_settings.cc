// SPDX-License-Identifier: MIT
#include "cli/server_settings.h"

#include "base/log.h"
#include "cli/context.h"
#include "cli/log_settings.h"
#include "cli/parse.h"
#include "cli/usage_error.h"

#include <sys/stat.h>

namespace acmeproxy {

namespace {

using enum OptionKind;

const char *const web_group = "Web programs";

/// How long an answer may be held at most: web servers and clients give up some time.
constexpr int longest_wait = 20;

Verb web_program(const char *name)
{
    Verb verb;
    verb.name = name;
    return verb;
}

std::string required_base_url(const Invocation &invocation)
{
    const std::string url = public_base_url(invocation);
    if (url.empty())
        throw UsageError("base-url is not set: clients could not be told any URL",
                         "set it in acmeproxy.conf(5), or ACMEPROXY_BASE_URL, to what clients "
                         "reach this host by, like https://proxy.example");
    return url;
}

ServerOptions server_options(const Invocation &invocation)
{
    ServerOptions options;
    options.base_url = required_base_url(invocation);
    options.website = invocation.text("website");
    options.trust_forwarded_https = invocation.flag("trust-forwarded-https");
    options.log_names = invocation.flag("audit-log");
    options.wait = std::chrono::seconds(invocation.number("gateway-wait"));
    options.threads = invocation.number("threads");
    return options;
}

}

std::string public_base_url(const Invocation &invocation)
{
    std::string url = invocation.text("base-url");
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

std::vector<Option> server_settings()
{
    return {
        {.name = "base-url",
         .value_name = "URL",
         .help = "What clients reach this host by, like https://proxy.example: all URLs that they "
                 "are told begin so. Without it serve makes it of server-name and https-addr.",
         .group = web_group,
         .check = is_https_url},
        {.name = "website",
         .value_name = "URL",
         .help = "A page about this service, for the directory.",
         .group = web_group,
         .check = is_https_url},
        {.name = "trust-forwarded-https",
         .kind = flag,
         .fallback = "no",
         .help = "A front on this host ends TLS and says so by \"X-Forwarded-Proto: https\", which "
                 "it must set itself. Without this, only what the web server itself received over "
                 "TLS is answered.",
         .group = web_group},
        {.name = "audit-log",
         .kind = flag,
         .fallback = "no",
         .help = "Log the names of orders and certificates, and not only the client and the "
                 "outcome.",
         .group = web_group},
        {.name = "gateway-wait",
         .value_name = "SECONDS",
         .fallback = "8",
         .help = "How long the gateway holds an answer while the CA validates or issues, 0 to 20. "
                 "Clients give up after 10 to 45 seconds.",
         .group = web_group,
         .check = is_number(0, longest_wait)},
        {.name = "threads",
         .value_name = "N",
         .fallback = "8",
         .help = "How many requests a web program answers at a time, 1 to 256.",
         .group = web_group,
         .check = is_number(1, 256)},
    };
}

LoadedServer::LoadedServer(Spool opened, ServerOptions server, RenewOptions renewer)
    : spool(std::move(opened)), options(std::move(server)), renew(std::move(renewer)),
      secrets(spool, system_clock()), context{spool,          options, renew,
                                              system_clock(), secrets, ClientStore(spool)}
{
}

std::unique_ptr<LoadedServer> load_server(const char *program)
{
    ::umask(077); // whatever is made has its mode set on purpose
    set_up_log(program);
    const std::vector<Verb> verbs{web_program(program)};
    const ParsedCommand command = parse_command(verbs, {program}, process_environment());
    const Invocation &invocation = command.invocation;
    start_log(program, invocation);
    for (const std::string &warning : command.warnings)
        log_warning(warning);
    ServerOptions options = server_options(invocation);
    return std::make_unique<LoadedServer>(open_spool(invocation), std::move(options),
                                          renew_options(invocation));
}

}
