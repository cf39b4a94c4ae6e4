// SPDX-License-Identifier: MIT
#include "cli/settings.h"

#include "cli/build_paths.h"
#include "cli/serve_settings.h"
#include "cli/server_settings.h"

namespace acmeproxy {

namespace {

using enum OptionKind;

const char *const general = "General";
const char *const authority = "Certificate authority";
const char *const network = "Network";
const char *const certificates = "Certificates";
const char *const renewal = "Renewal";
const char *const delivery = "Delivery";

void append(std::vector<Option> &table, std::vector<Option> part)
{
    for (Option &option : part)
        table.push_back(std::move(option));
}

std::vector<Option> general_settings()
{
    return {
        {.name = "config",
         .value_name = "FILE",
         .fallback = default_config_file(),
         .help = "The configuration file, see acmeproxy.conf(5). The default one may be missing.",
         .group = general,
         .check = is_not_empty,
         .in_file = false},
        {.name = "spool",
         .value_name = "DIR",
         .fallback = default_spool(),
         .help = "The folder that holds all certificates and state, see acmeproxy-spool(5).",
         .group = general,
         .check = is_not_empty},
        {.name = "log-level",
         .value_name = "LEVEL",
         .fallback = "info",
         .help = "The least important messages to show: error, warning, info or debug.",
         .group = general,
         .check = is_one_of({"error", "warning", "info", "debug"})},
        {.name = "log-format",
         .value_name = "FORMAT",
         .fallback = "text",
         .help = "How messages look on standard error: text, or json with an object on each line.",
         .group = general,
         .check = is_one_of({"text", "json"})},
        {.name = "syslog",
         .kind = flag,
         .fallback = "no",
         .help = "Send messages to syslog(3) instead of standard error.",
         .group = general},
    };
}

std::vector<Option> authority_settings()
{
    return {
        {.name = "ca",
         .value_name = "NAME",
         .fallback = "letsencrypt",
         .help = "The certificate authority to use: letsencrypt, letsencrypt-staging or one that "
                 "was added by \"acmeproxy ca add\".",
         .group = authority,
         .check = is_ca_name},
        {.name = "acme-directory-url",
         .value_name = "URL",
         .help = "The ACME directory of the default CA, instead of the one known for its name.",
         .group = authority,
         .check = is_https_url},
        {.name = "contact",
         .kind = list,
         .value_name = "ADDRESS",
         .help = "A mail address that the CA may write to about the account.",
         .group = authority,
         .check = is_mail_address},
        {.name = "account-key-type",
         .value_name = "TYPE",
         .fallback = "ec256",
         .help = "The kind of a new account key: ec256, ec384, rsa2048, rsa3072 or rsa4096.",
         .group = authority,
         .check = is_one_of({"ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"})},
    };
}

std::vector<Option> network_options()
{
    return {
        {.name = "ca-certificates",
         .kind = list,
         .value_name = "FILE",
         .help = "A PEM file whose certificates are trusted for talking to CAs, besides the "
                 "system's. LEGO_CA_CERTIFICATES, separated by colons, is honoured as well.",
         .group = network,
         .check = is_not_empty},
        {.name = "proxy",
         .value_name = "URL",
         .help = "The HTTP proxy on the way to CAs, http://HOST:PORT. Without it the variable "
                 "https_proxy (lower case only) is looked at.",
         .group = network,
         .check = is_proxy},
        {.name = "no-proxy",
         .value_name = "HOSTS",
         .help = "Host names and suffixes, separated by commas, that are reached without the "
                 "proxy. Without it the variable no_proxy (lower case only) is looked at.",
         .group = network},
        {.name = "resolve",
         .kind = list,
         .value_name = "HOST:PORT:ADDRESS",
         .help = "The address to use for a host and port instead of asking the DNS, for split "
                 "DNS and tests.",
         .group = network,
         .check = is_resolve_rule},
    };
}

std::vector<Option> certificate_settings()
{
    return {
        {.name = "key-type",
         .value_name = "TYPE",
         .fallback = "ec256",
         .help = "The kind of a certificate's key: ec256, ec384, rsa2048, rsa3072 or rsa4096.",
         .group = certificates,
         .check = is_one_of({"ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"})},
        {.name = "reuse-key",
         .kind = flag,
         .fallback = "no",
         .help = "Keep the key at renewal instead of making a new one.",
         .group = certificates},
        {.name = "preferred-chain",
         .value_name = "NAME",
         .help = "Where the CA offers several chains, take the one whose last certificate was "
                 "issued by this common name.",
         .group = certificates},
        {.name = "profile",
         .value_name = "NAME",
         .help = "The certificate profile to ask the CA for, as it names them; by default the CA "
                 "decides.",
         .group = certificates},
    };
}

std::vector<Option> renewal_settings()
{
    return {
        {.name = "workers",
         .value_name = "N",
         .fallback = "8",
         .help = "How many certificates are worked on at a time, 1 to 64.",
         .group = renewal,
         .check = is_number(1, 64)},
        {.name = "order-timeout",
         .value_name = "TIME",
         .fallback = "5m",
         .help = "How long one pass waits for the CA to validate and to issue, as 90, 90s or 5m; "
                 "the order is taken up again by the next pass.",
         .group = renewal,
         .check = is_duration},
        {.name = "self-check",
         .kind = flag,
         .fallback = "no",
         .help = "Before the CA is asked to validate a name, fetch a probe through it, so that "
                 "a wrong DNS entry or web server costs no failed authorization.",
         .group = renewal},
        {.name = "self-check-port",
         .value_name = "PORT",
         .fallback = "80",
         .help = "The port that the self-check fetches from. CAs always use 80.",
         .group = renewal,
         .check = is_number(1, 65535)},
        {.name = "warn-days",
         .value_name = "N",
         .fallback = "14",
         .help = "\"status --check\" complains about certificates that expire within N days.",
         .group = renewal,
         .check = is_number(0, 3650)},
    };
}

std::vector<Option> delivery_settings()
{
    return {
        {.name = "certificate-obtained-hook",
         .value_name = "PROGRAM",
         .help =
             "The program to run for every new certificate, after the lineage's own hook: a file "
             "name in the hooks folder, or a path from the root. See acmeproxy-hook(7).",
         .group = delivery,
         .check = is_hook},
        {.name = "hook-timeout",
         .value_name = "TIME",
         .fallback = "5m",
         .help = "How long a hook may take before it and all that it started is ended.",
         .group = delivery,
         .check = is_duration},
        {.name = "hooks-dir",
         .value_name = "DIR",
         .fallback = default_config_folder() + "/hooks",
         .help = "The folder of the hooks that may run as root.",
         .group = delivery,
         .check = is_absolute_path},
    };
}

std::vector<Option> make_settings()
{
    std::vector<Option> table;
    append(table, general_settings());
    append(table, authority_settings());
    append(table, network_options());
    append(table, certificate_settings());
    append(table, renewal_settings());
    append(table, delivery_settings());
    append(table, server_settings());
    append(table, serve_settings());
    for (Option &option : table) {
        if (option.kind == flag)
            option.check = is_bool;
    }
    return table;
}

}

const std::vector<Option> &settings()
{
    static const std::vector<Option> table = make_settings();
    return table;
}

const Option *find_setting(const std::string &name)
{
    for (const Option &option : settings()) {
        if (option.name == name)
            return &option;
    }
    return nullptr;
}

std::string environment_name(const std::string &setting)
{
    std::string name = "ACMEPROXY_";
    for (const char c : setting)
        name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

const std::vector<std::string> &common_settings()
{
    static const std::vector<std::string> names{"config", "spool", "log-level", "log-format",
                                                "syslog"};
    return names;
}

const std::vector<std::string> &network_settings()
{
    static const std::vector<std::string> names{"ca-certificates", "proxy", "no-proxy", "resolve"};
    return names;
}

}
