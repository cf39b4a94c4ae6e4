// SPDX-License-Identifier: MIT
#include "cli/serve_settings.h"

#include "base/error.h"
#include "base/text.h"
#include "cli/build_paths.h"
#include "cli/context.h"
#include "cli/parse.h"
#include "cli/server_settings.h"
#include "cli/usage_error.h"
#include "serve/listen_address.h"
#include "spool/owner.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

const char *const serve_group = "Serving";

void is_listen_address(const std::string &value)
{
    parse_listen_address(value);
}

void is_name(const std::string &value)
{
    if (Identifier::parse(value).is_wildcard())
        throw Error("\"" + printable(value, 100) + "\" is no name of a host");
}

/// As the resolver completes it; only the bare name where it does not.
std::string host_name()
{
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0)
        return "localhost";
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_CANONNAME;
    addrinfo *found = nullptr;
    std::string result = name;
    if (::getaddrinfo(name, nullptr, &hints, &found) == 0) {
        if (found->ai_canonname)
            result = found->ai_canonname;
        ::freeaddrinfo(found);
    }
    return result;
}

/// Not a single label, nor below a name that is never public (RFC 6761, RFC 6762, and habits).
bool looks_public(const std::string &name)
{
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos)
        return false;
    const std::string last = name.substr(dot + 1);
    for (const char *private_one : {"localhost", "localdomain", "local", "lan", "home", "internal",
                                    "test", "example", "invalid", "arpa"}) {
        if (last == private_one)
            return false;
    }
    return true;
}

/// As settings_in_environment() reads them.
std::string as_variable(const std::string &name, const std::vector<std::string> &texts)
{
    for (const std::string &text : texts) {
        if (texts.size() > 1 && text.find(',') != std::string::npos)
            throw UsageError("--" + name + ": the programs cannot be told a value with a comma: " +
                             printable(text, 100));
    }
    return join(texts, ",");
}

bool is_for_children(const std::string &name)
{
    return !name.starts_with("NOTIFY_") && !name.starts_with("WATCHDOG_") &&
           !name.starts_with("LISTEN_");
}

}

std::vector<Option> serve_settings()
{
    return {
        {.name = "server-name",
         .value_name = "NAME",
         .help = "The public name of this host, which its own TLS certificate is for. By default "
                 "the fully qualified host name.",
         .group = serve_group,
         .check = is_name},
        {.name = "http-api-addr",
         .value_name = "ADDRESS",
         .fallback = ":http",
         .help = "Where CAs find the answers to their challenges, as [HOST]:PORT; they ask port 80 "
                 "of each name.",
         .group = serve_group,
         .check = is_listen_address},
        {.name = "https-addr",
         .value_name = "ADDRESS",
         .fallback = ":https",
         .help = "Where clients reach auth, gateway and agent over TLS, as [HOST]:PORT.",
         .group = serve_group,
         .check = is_listen_address},
        {.name = "renew-interval",
         .value_name = "TIME",
         .fallback = "1m",
         .help = "How long serve waits between two passes of the renewer.",
         .group = serve_group,
         .check = is_duration},
        {.name = "run-dir",
         .value_name = "DIR",
         .fallback = default_run_folder(),
         .help = "The folder for sockets and the web server's configuration. Where the default one "
                 "cannot be made, acmeproxy in XDG_RUNTIME_DIR is used.",
         .group = serve_group,
         .check = is_absolute_path},
        {.name = "programs-dir",
         .value_name = "DIR",
         .fallback = program_folder(),
         .help = "The folder of the FastCGI programs.",
         .group = serve_group,
         .check = is_absolute_path},
        {.name = "lighttpd",
         .value_name = "PROGRAM",
         .fallback = "lighttpd",
         .help = "The web server, by a path or by a name that is looked for in PATH and in "
                 "/usr/sbin.",
         .group = serve_group,
         .check = is_not_empty},
    };
}

std::vector<std::string> settings_of_serve()
{
    std::vector<std::string> names;
    for (const Option &setting : settings()) {
        // What is of one verb, or an affair of the web server that serve brings along.
        if (setting.name != "warn-days" && setting.name != "trust-forwarded-https")
            names.push_back(setting.name);
    }
    return names;
}

ServerName server_name(const Invocation &invocation)
{
    const std::string said = invocation.text("server-name");
    if (!said.empty())
        return {Identifier::parse(said), true};
    const std::string name = host_name();
    try {
        const Identifier identifier = Identifier::parse(name);
        return {identifier, looks_public(identifier.value())};
    } catch (const Error &) {
        return {Identifier::parse("localhost"), false};
    }
}

std::string base_url_of_serve(const Invocation &invocation, const Identifier &name)
{
    const std::string said = public_base_url(invocation);
    if (!said.empty())
        return said;
    const int port = parse_listen_address(invocation.text("https-addr")).port;
    const bool is_ipv6 = name.value().find(':') != std::string::npos;
    const std::string host = is_ipv6 ? "[" + name.value() + "]" : name.value();
    constexpr int https = 443;
    return "https://" + host + (port == https ? "" : ":" + std::to_string(port));
}

std::string find_lighttpd(const Invocation &invocation)
{
    const std::string program = invocation.text("lighttpd");
    std::vector<std::string> candidates;
    if (program.find('/') != std::string::npos) {
        candidates.push_back(absolute_path(program));
    } else {
        const char *const path = std::getenv("PATH");
        for (const std::string &folder : split(path ? path : "", ':')) {
            if (folder.starts_with('/'))
                candidates.push_back(folder + "/" + program);
        }
        for (const char *folder : {"/usr/local/sbin/", "/usr/sbin/", "/sbin/"})
            candidates.push_back(folder + program);
    }
    for (const std::string &candidate : candidates) {
        if (::access(candidate.c_str(), X_OK) == 0)
            return candidate;
    }
    throw UsageError("there is no web server " + printable(program, 200),
                     "install lighttpd with its module for OpenSSL (Debian: lighttpd and "
                     "lighttpd-mod-openssl), or say where it is: --lighttpd");
}

std::string serve_folder(const Invocation &invocation)
{
    const std::string folder = invocation.text("run-dir");
    const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
    const bool is_default = invocation.origin("run-dir") == Origin::fallback;
    const bool can_be =
        ::access(folder.c_str(), W_OK) == 0 ||
        (::access(folder.c_str(), F_OK) != 0 && ::access(parent.c_str(), W_OK) == 0);
    if (!is_default || can_be || is_root())
        return folder + "/serve";
    const char *const runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime && runtime[0] == '/')
        return std::string(runtime) + "/acmeproxy/serve";
    throw UsageError("the run folder " + folder + " cannot be made",
                     "choose another with --run-dir or ACMEPROXY_RUN_DIR");
}

std::vector<std::string> child_environment(const Invocation &invocation,
                                           const std::string &base_url)
{
    Environment environment = process_environment();
    std::erase_if(environment, [](const auto &entry) { return !is_for_children(entry.first); });
    for (const std::string &name : settings_of_serve()) {
        if (invocation.given(name))
            environment[environment_name(name)] = as_variable(name, invocation.list(name));
    }
    environment["ACMEPROXY_SPOOL"] = spool_folder(invocation);
    environment["ACMEPROXY_BASE_URL"] = base_url;
    if (invocation.origin("config") != Origin::fallback)
        environment["ACMEPROXY_CONFIG"] = absolute_path(invocation.text("config"));
    const HttpOptions http = http_options(invocation); // its paths are absolute
    if (!http.ca_certificates.empty())
        environment["ACMEPROXY_CA_CERTIFICATES"] =
            as_variable("ca-certificates", http.ca_certificates);
    std::vector<std::string> result;
    for (const auto &[name, value] : environment)
        result.push_back(name + "=" + value);
    return result;
}

}
