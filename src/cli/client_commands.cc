// SPDX-License-Identifier: MIT
#include "cli/client_commands.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

constexpr const char *commands = R"(
# acmeproxy (the key in a file of its own)
acmeproxy ca add proxy {directory} --eab-kid {kid} --eab-key-file FILE
acmeproxy cert add NAME --ca proxy

# certbot
certbot certonly --server {directory} --eab-kid {kid} --eab-hmac-key {key} --agree-tos --register-unsafely-without-email --non-interactive --manual --preferred-challenges http --manual-auth-hook /bin/true -d NAME

# lego
lego --server {directory} --eab --kid {kid} --hmac {key} --accept-tos --email root@localhost --http --http.webroot /tmp --domains NAME run

# acme.sh
acme.sh --register-account --server {directory} --eab-kid {kid} --eab-hmac-key {key}
acme.sh --issue --server {directory} --webroot /tmp -d NAME

# uacme
uacme -y -a {directory} -e {kid}:{key} new
uacme -a {directory} -h /bin/true issue NAME

# dehydrated (config, then commands)
CA="{directory}"
EAB_KID="{kid}"
EAB_HMAC_KEY="{key}"
WELLKNOWN="/tmp"
dehydrated --register --accept-terms
dehydrated --cron --domain NAME

# Caddy (Caddyfile)
{{
    acme_ca {directory}
    acme_eab {{
        key_id {kid}
        mac_key {key}
    }}
}}

# Apache mod_md (httpd.conf)
MDCertificateAuthority {directory}
MDCertificateAgreement accepted
MDExternalAccountBinding {kid} {key}
MDContactEmail root@localhost
MDChallengeDns01 /bin/true
MDomain NAME
)";

}

std::string client_commands(const std::string &directory, const std::string &kid,
                            const std::string &mac_key)
{
    return fmt::format(commands, fmt::arg("directory", directory), fmt::arg("kid", kid),
                       fmt::arg("key", mac_key));
}

std::string agent_command(const std::string &server, const std::string &kid)
{
    return fmt::format("\n# acmeproxy, as a client of the agent (the key in a file of its own)\n"
                       "acmeproxy cert add NAME --source agent --server {} --eab-kid {} "
                       "--eab-key-file FILE\n",
                       server, kid);
}

std::string eab_state(const ClientStore &clients, const EabKey &key, Time now)
{
    if (key.revoked)
        return "revoked";
    if (key.expires && *key.expires <= now)
        return "expired";
    if (!key.once)
        return "valid";
    return clients.is_used(key.kid) ? "used" : "for one account";
}

}
