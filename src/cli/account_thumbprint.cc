// SPDX-License-Identifier: MIT
// acmeproxy account thumbprint: how a web server answers challenges that shares no file with us. A
// key authorization is the token and this thumbprint (RFC 8555, section 8.1).
#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/verbs.h"
#include "jose/jwk.h"
#include "renew/ca_context.h"

namespace acmeproxy {

namespace {

constexpr std::string_view placeholder = "<thumbprint>";

/// What one kind of web server is told, with the placeholder in it.
struct WebServer {
    std::string name;
    std::string lines;
};

const std::vector<WebServer> &web_servers()
{
    static const std::vector<WebServer> servers = {
        {"lighttpd",
         R"(# lighttpd, with the package lighttpd-mod-magnet. Beside these lines it needs
# the file /etc/lighttpd/acme-challenge.lua with the three lines
#   lighty.content = { string.match(lighty.env["uri.path"], "[^/]*$") .. ".<thumbprint>" }
#   lighty.header["Content-Type"] = "application/octet-stream"
#   return 200
server.modules += ( "mod_magnet" )
$HTTP["url"] =~ "^/\.well-known/acme-challenge/[-_a-zA-Z0-9]{1,128}$" {
    magnet.attract-raw-url-to = ( "/etc/lighttpd/acme-challenge.lua" )
    accesslog.filename = ""
}
)"},
        {"apache",
         R"(# Apache, with mod_alias and mod_setenvif, for all virtual hosts or in one of them.
# Keep it out of the log: add env=!acme_challenge to your CustomLog lines.
<LocationMatch "^/\.well-known/acme-challenge/(?<token>[-_a-zA-Z0-9]{1,128})$">
    Redirect 200
    ErrorDocument 200 "%{env:MATCH_TOKEN}.<thumbprint>"
    Require all granted
</LocationMatch>
SetEnvIf Request_URI "^/\.well-known/acme-challenge/" acme_challenge
)"},
        {"nginx", R"(# nginx, in each server block that answers on port 80
location ~ "^/\.well-known/acme-challenge/([-_a-zA-Z0-9]{1,128})$" {
    default_type application/octet-stream;
    return 200 "$1.<thumbprint>";
    access_log off;
}
)"},
        {"caddy",
         R"(# Caddy, in each site block that answers on port 80. Caddy logs the host of each challenge that
# is not its own, unless the global options have: log default { exclude http }
@acme path_regexp acme ^/\.well-known/acme-challenge/([-_a-zA-Z0-9]{1,128})$
handle @acme {
    header Content-Type application/octet-stream
    respond "{re.acme.1}.<thumbprint>"
}
)"},
        {"environment", R"(# challenge.fcgi(8), in its environment or as a FastCGI parameter
ACMEPROXY_THUMBPRINT=<thumbprint>
)"},
    };
    return servers;
}

std::string lines_for(const WebServer &server, const std::string &thumbprint)
{
    std::string lines = server.lines;
    lines.replace(lines.find(placeholder), placeholder.size(), thumbprint);
    return lines;
}

std::vector<std::string> web_server_names()
{
    std::vector<std::string> names;
    for (const WebServer &server : web_servers())
        names.push_back(server.name);
    return names;
}

int show_thumbprint(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_or_make_spool(invocation);
    const RenewOptions options = renew_options(invocation);
    const CaContext ca(spool, CaName::parse(invocation.text("ca")), options, system_clock());
    const std::string thumbprint =
        jwk_thumbprint(account_key(ca.account_files(), options.account_key_type));
    const std::string wanted = invocation.text("web-server");
    if (wanted.empty())
        out << thumbprint << "\n";
    for (const WebServer &server : web_servers()) {
        if (wanted.empty())
            out << "\n";
        if (wanted.empty() || wanted == server.name)
            out << lines_for(server, thumbprint);
    }
    return 0;
}

}

Verb account_thumbprint_verb()
{
    std::vector<std::string> settings = network_settings();
    settings.insert(settings.end(), {"ca", "acme-directory-url", "account-key-type"});
    return {
        .name = "account thumbprint",
        .summary = "print what answers challenges without any file of ours",
        .description =
            "Prints the thumbprint of the account's key, and the lines by which a web server "
            "answers the challenges of this account, whatever name and token they are for, with "
            "no file shared and no program. The key is made where there is none; the CA is not "
            "asked. After \"account rollover\" and \"account deactivate\" the lines are other "
            "ones.",
        .settings = settings,
        .actions = {{.name = "web-server",
                     .value_name = "KIND",
                     .help = "Print the lines for this one alone: " +
                             join(web_server_names(), ", ") + ".",
                     .check = is_one_of(web_server_names())}},
        .examples = {{"For an nginx on another host",
                      "acmeproxy account thumbprint --web-server nginx | "
                      "ssh edge tee acme.conf"}},
        .man_page = "acmeproxy-ca(1)",
        .run = show_thumbprint,
    };
}

}
