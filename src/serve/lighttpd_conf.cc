// SPDX-License-Identifier: MIT
#include "serve/lighttpd_conf.h"

#include "base/error.h"
#include "base/text.h"
#include "serve/web_programs.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

/// The same ciphers for ECDSA and RSA keys: forward secrecy and AEAD. TLS 1.3 has no others.
const char *const ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// A client's largest request is one to finalize an order for a hundred names.
constexpr int max_request_kib = 64;

/// Longer than any request lasts. Without it lighttpd cuts off after 8 s what it has in hand when
/// it is told to finish.
constexpr int finish_seconds = 30;

std::string general(const LighttpdConf &conf)
{
    const std::string &first = conf.http_tokens.front();
    const std::size_t colon = first.rfind(':');
    return fmt::format(R"(# Written by acmeproxy serve, which overwrites it: changes are lost.
server.modules = ( "mod_openssl", "mod_fastcgi", "mod_setenv" )
server.systemd-socket-activation = "enable"
server.bind = {}
server.port = {}
server.pid-file = {}
server.document-root = {}
server.upload-dirs = ( {} )
server.tag = ""
server.max-request-size = {}
server.max-request-field-size = 8192
server.max-read-idle = 15
server.max-write-idle = 30
server.max-keep-alive-idle = 5
server.max-keep-alive-requests = 1000
server.max-connections = 1024
server.max-fds = 4096
server.feature-flags = (
    "server.graceful-shutdown-timeout" => {},
    "server.h2proto" => "disable"
)
)",
                       lighttpd_quoted(first.substr(0, colon)), first.substr(colon + 1),
                       lighttpd_quoted(conf.pid_file),
                       lighttpd_quoted(conf.run_folder + "/nothing"),
                       lighttpd_quoted(conf.run_folder), max_request_kib, finish_seconds);
}

/// By a condition and not by the prefix as a key, which would split the path in two.
std::string route(const LighttpdConf &conf, const WebProgram &program)
{
    return fmt::format("$HTTP[\"url\"] =^ {} {{\n"
                       "    fastcgi.server = ( \"\" => (( \"socket\" => {}, \"check-local\" => "
                       "\"disable\", \"disable-time\" => 0 )) )\n}}\n",
                       lighttpd_quoted(program.url_prefix),
                       lighttpd_quoted(conf.run_folder + "/" + program.socket()));
}

std::string routes(const LighttpdConf &conf, Door door)
{
    std::string text;
    for (const WebProgram &program : web_programs()) {
        if (program.door == door)
            text += route(conf, program);
    }
    return text;
}

/// Session tickets are off: their key would outlive the sessions' forward secrecy. Those of TLS 1.3
/// would only be names of sessions, which nobody keeps.
std::string tls_socket(const LighttpdConf &conf, const std::string &token)
{
    return fmt::format(R"($SERVER["socket"] == {} {{
    ssl.engine = "enable"
    ssl.pemfile = {}
    ssl.privkey = {}
    ssl.openssl.ssl-conf-cmd = (
        "MinProtocol" => "TLSv1.2",
        "CipherString" => "{}",
        "Curves" => "X25519:P-256:P-384",
        "Options" => "-SessionTicket,ServerPreference",
        "NumTickets" => "0"
    )
    setenv.set-response-header = ( "Strict-Transport-Security" => "max-age=31536000" )
}}
)",
                       lighttpd_quoted(token), lighttpd_quoted(conf.certificate),
                       lighttpd_quoted(conf.private_key), ciphers);
}

/// "(server.c.1057) " at the front.
std::string without_place(std::string text)
{
    const std::size_t end = text.find(") ");
    const std::size_t dot = text.find(".c.");
    if (text.starts_with('(') && end != std::string::npos && dot < end)
        text.erase(0, end + 2);
    return text;
}

}

std::string lighttpd_quoted(const std::string &text)
{
    if (text.find_first_of("\"\\\n\r$") != std::string::npos || printable(text) != text)
        throw Error("lighttpd's configuration cannot hold the name \"" + printable(text) + "\"");
    return "\"" + text + "\"";
}

std::string to_text(const LighttpdConf &conf)
{
    std::string text = general(conf);
    for (const std::string &token : conf.https_tokens)
        text += tls_socket(conf, token);
    text += routes(conf, Door::any);
    text += "$HTTP[\"scheme\"] == \"https\" {\n" + routes(conf, Door::tls_only) + "}\n";
    // It would name what it could not pass on, and these paths hold serial numbers.
    return text + "$HTTP[\"url\"] =~ \"^/gateway/([^/]+/)?renewal-info/\" {\n"
                  "    server.errorlog = \"/dev/null\"\n}\n";
}

std::string lighttpd_message(const std::string &line)
{
    // "2026-11-24 16:59:20: (server.c.1704) server started (lighttpd/1.4.69)"
    constexpr std::size_t time_size = 21;
    const bool has_time = line.size() > time_size && line.substr(19, 2) == ": " && line[4] == '-' &&
                          line[7] == '-' && line[13] == ':';
    return without_place(has_time ? line.substr(time_size) : line);
}

}
