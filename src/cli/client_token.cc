// SPDX-License-Identifier: MIT
// acmeproxy client token add | list | revoke: what clients of the agent read with that speak no
// ACME. A token is shown once, on standard output; only its hash is kept.
#include "base/log.h"
#include "base/time_text.h"
#include "cli/client_text.h"
#include "cli/context.h"
#include "cli/server_settings.h"
#include "cli/table.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "spool/client_tokens.h"

namespace acmeproxy {

namespace {

/// The name as the client says it: "CLIENT@NAME" is taken, too, since "cert list" shows that.
std::string lineage_of(const ClientId &client, std::string text)
{
    const std::string prefix = client.str() + "@";
    if (text.starts_with(prefix))
        text.erase(0, prefix.size());
    try {
        return text.empty() ? text
                            : local_name(client_lineage_name(client, LineageName::parse(text)));
    } catch (const Error &e) {
        throw UsageError(std::string("--lineage: ") + e.what(), "");
    }
}

std::string agent_url(const Invocation &invocation)
{
    const std::string base = public_base_url(invocation);
    return (base.empty() ? "https://HOST" : base) + "/agent/certs/";
}

int add_token(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    const ClientId id = find_client(clients, invocation.arguments[0]);
    const Time now = system_clock().now();
    const auto expires = chosen_expiry(invocation, now);
    const std::string lineage = lineage_of(id, invocation.text("lineage"));
    const Secret token = ClientTokens(spool).add(id, lineage, expires, now);
    out << token.view() << "\n";
    if (!clients.load_policy(id).modes.contains("agent"))
        log_warning("the client may not use the agent (add it again with --mode agent, or edit "
                    "\"modes\" in its client.json)");
    log_info("the token is shown only now. In a file for curl -K, with mode 0600: user = \"" +
             id.str() + ":TOKEN\"");
    log_info("then: curl -sfK FILE " + agent_url(invocation) +
             (lineage.empty() ? "NAME" : lineage) + "/latest/bundle.pem.age | age -d -i key.txt");
    return 0;
}

int list_tokens(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    const Time now = system_clock().now();
    Json list = Json::array();
    TextTable table({"ID", "CREATED", "EXPIRES", "LINEAGE", "STATE"});
    for (const ClientId &id : chosen_clients(clients, invocation)) {
        for (const ClientToken &token : ClientTokens(spool).list(id)) {
            const std::string expires = token.expires ? format_rfc3339(*token.expires) : "";
            const std::string state = token.expires && *token.expires <= now ? "expired" : "valid";
            list.push(Json::object()
                          .set("id", token.id())
                          .set("created", format_rfc3339(token.created))
                          .set("expires", expires)
                          .set("lineage", token.lineage)
                          .set("state", state));
            table.add({token.id(), format_rfc3339(token.created), expires,
                       token.lineage.empty() ? "all" : token.lineage, state});
        }
    }
    out << (invocation.flag("json") ? list.to_pretty_text() : table.to_text());
    return 0;
}

int revoke_tokens(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientTokens tokens(spool);
    for (const std::string &text : invocation.arguments) {
        const ClientId client = find_client(ClientStore(spool), text.substr(0, text.find('.')));
        if (!tokens.revoke(client, text))
            // Not said again: it can be the token itself.
            throw Error("client " + client.str() +
                        " has no token of that id (see them: acmeproxy client token list " +
                        client.str() + ")");
        out << "revoked " << text << "\n";
    }
    return 0;
}

}

std::vector<Verb> client_token_verbs()
{
    return {
        {.name = "client token add",
         .synopsis = "ID",
         .least = 1,
         .most = 1,
         .summary = "make a token that reads at the agent",
         .description = "Makes a token for a client of the agent that speaks no ACME, and "
                        "prints it. It reads status and files of the client's lineages, as a "
                        "Bearer token or as the password of Basic authentication, and changes "
                        "nothing. Only its hash is kept.",
         .settings = {"base-url"},
         .actions = {{.name = "expires",
                      .value_name = "TIME",
                      .help = "It is of no use after that time: 30d, or a date as 2026-12-31.",
                      .check = is_expiry},
                     {.name = "lineage",
                      .value_name = "NAME",
                      .help = "It reads this lineage alone."}},
         .examples = {{"For one host, for one certificate",
                       "acmeproxy client token add web1 --lineage www.example.org"}},
         .man_page = "acmeproxy-client(1)",
         .run = add_token},
        {.name = "client token list",
         .synopsis = "[ID...]",
         .least = 0,
         .most = Verb::any_number,
         .summary = "list the tokens that read at the agent",
         .description = "Lists the ids of the tokens, of all clients or of those given. The "
                        "tokens themselves are not kept.",
         .actions = {json_action()},
         .examples = {{"The tokens of one client", "acmeproxy client token list web1"}},
         .man_page = "acmeproxy-client(1)",
         .run = list_tokens},
        {.name = "client token revoke",
         .synopsis = "TOKEN-ID...",
         .least = 1,
         .most = Verb::any_number,
         .summary = "end tokens",
         .description = "Removes tokens, by the ids that \"client token list\" shows: they are "
                        "refused from the next request on.",
         .examples = {{"A token that got lost", "acmeproxy client token revoke web1.1f2e3d4c5b6a"}},
         .man_page = "acmeproxy-client(1)",
         .run = revoke_tokens}};
}

}
