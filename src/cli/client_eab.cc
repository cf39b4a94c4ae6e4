// SPDX-License-Identifier: MIT
// acmeproxy client eab add | list | revoke: the keys that clients register their accounts with
// (external account binding, RFC 8555, section 7.3.4). A key is shown once, on standard output.
#include "base/encoding.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "cli/client_commands.h"
#include "cli/client_text.h"
#include "cli/context.h"
#include "cli/server_settings.h"
#include "cli/table.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"

namespace acmeproxy {

namespace {

std::string base_for_clients(const Invocation &invocation)
{
    std::string base = public_base_url(invocation);
    if (base.empty()) {
        log_warning("base-url is not set: these lines say https://HOST where clients need this "
                    "host's name (set base-url in acmeproxy.conf)");
        base = "https://HOST";
    }
    return base;
}

int add_key(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    const ClientId id = find_client(clients, invocation.arguments[0]);
    const Time now = system_clock().now();
    const auto expires = chosen_expiry(invocation, now);
    const EabKey key = clients.add_eab(id, invocation.flag("once"), expires, now);
    const std::string base = base_for_clients(invocation);
    const std::string directory = base + "/gateway/directory";
    const std::string agent = base + "/agent/";
    const auto &modes = clients.load_policy(id).modes;
    std::string mac = base64url_encode(key.mac_key.view());
    if (invocation.flag("json")) {
        out << Json::object()
                   .set("kid", key.kid.str())
                   .set("key", mac)
                   .set("directory", directory)
                   .set("agent", agent)
                   .set("expires", expires ? format_rfc3339(*expires) : "")
                   .to_pretty_text();
    } else {
        out << "kid: " << key.kid.str() << "\nkey: " << mac << "\n";
        if (modes.contains("gateway"))
            out << client_commands(directory, key.kid.str(), mac);
        if (modes.contains("agent"))
            out << agent_command(agent, key.kid.str());
    }
    wipe(mac);
    log_info("the key is shown only now; register at once, or keep it like a password");
    return 0;
}

int list_keys(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    const Time now = system_clock().now();
    Json list = Json::array();
    TextTable table({"KID", "CREATED", "EXPIRES", "STATE"});
    for (const ClientId &id : chosen_clients(clients, invocation)) {
        for (const EabKey &key : clients.eabs(id)) {
            const std::string expires = key.expires ? format_rfc3339(*key.expires) : "";
            const std::string state = eab_state(clients, key, now);
            list.push(Json::object()
                          .set("kid", key.kid.str())
                          .set("created", format_rfc3339(key.created))
                          .set("expires", expires)
                          .set("state", state));
            table.add({key.kid.str(), format_rfc3339(key.created), expires, state});
        }
    }
    out << (invocation.flag("json") ? list.to_pretty_text() : table.to_text());
    return 0;
}

int revoke_key(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    for (const std::string &text : invocation.arguments) {
        const ClientScopedId kid =
            from_command_line([&] { return ClientScopedId::parse(text); }, "client eab revoke");
        clients.revoke_eab(kid, invocation.flag("keep-accounts"));
        out << "revoked " << kid.str()
            << (invocation.flag("keep-accounts") ? ", keeping its accounts\n"
                                                 : " and the accounts made with it\n");
    }
    return 0;
}

}

std::vector<Verb> client_eab_verbs()
{
    return {{.name = "client eab add",
             .synopsis = "ID",
             .least = 1,
             .most = 1,
             .summary = "make a key that a client registers with",
             .description = "Makes a key for external account binding, and prints its id, the key "
                            "and ready-made lines for the known ACME clients. The key can be used "
                            "again and again until it is revoked, since clients lose their state.",
             .settings = {"base-url"},
             .actions = {{.name = "once",
                          .kind = OptionKind::flag,
                          .help = "The key makes one account only."},
                         {.name = "expires",
                          .value_name = "TIME",
                          .help = "No account is made with it after that time: 30d, or a date as "
                                  "2026-12-31.",
                          .check = is_expiry},
                         json_action()},
             .examples = {{"For one host, to be used this week",
                           "acmeproxy client eab add web1 --once --expires 7d"}},
             .man_page = "acmeproxy-client(1)",
             .run = add_key},
            {.name = "client eab list",
             .synopsis = "[ID...]",
             .least = 0,
             .most = Verb::any_number,
             .summary = "list the keys that clients register with",
             .description = "Lists the ids of the keys, of all clients or of those given. The "
                            "keys themselves are not shown.",
             .actions = {json_action()},
             .examples = {{"The keys of one client", "acmeproxy client eab list web1"}},
             .man_page = "acmeproxy-client(1)",
             .run = list_keys},
            {.name = "client eab revoke",
             .synopsis = "KID...",
             .least = 1,
             .most = Verb::any_number,
             .summary = "revoke keys, and end the accounts made with them",
             .description = "Revokes keys. The accounts that were made with them are refused from "
                            "their next request on.",
             .actions = {{.name = "keep-accounts",
                          .kind = OptionKind::flag,
                          .help = "Refuse only new accounts."}},
             .examples = {{"A key that got lost", "acmeproxy client eab revoke "
                                                  "web1.AAAAAAAAAAAAAAAAAAAAAA"}},
             .man_page = "acmeproxy-client(1)",
             .run = revoke_key}};
}

}
