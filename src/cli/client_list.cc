// SPDX-License-Identifier: MIT
// acmeproxy client list | show: clients, their rights, keys and accounts.
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "cli/client_commands.h"
#include "cli/client_text.h"
#include "cli/context.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace acmeproxy {

namespace {

struct ClientReport {
    ClientId id;
    std::optional<ClientPolicy> policy;
    std::string error;
    std::vector<std::pair<EabKey, std::string>> keys; ///< with their states
    std::vector<ClientAccount> accounts;
    int orders_today = 0;
};

ClientReport report_on(const ClientStore &clients, const ClientId &id, Time now)
{
    ClientReport report{id, {}, {}, {}, clients.accounts(id), clients.orders_today(id, now)};
    for (EabKey &key : clients.eabs(id)) {
        std::string state = eab_state(clients, key, now);
        report.keys.emplace_back(std::move(key), std::move(state));
    }
    try {
        report.policy = clients.load_policy(id);
    } catch (const std::exception &e) {
        report.error = describe(e);
    }
    return report;
}

Json to_json(const ClientReport &report)
{
    Json json = Json::object().set("id", report.id.str());
    if (report.policy) {
        const Json policy = acmeproxy::to_json(*report.policy);
        for (const auto &[name, value] : *policy.as_object())
            json.set(name, value);
    }
    Json keys = Json::array();
    for (const auto &[key, state] : report.keys) {
        Json one = Json::object().set("kid", key.kid.str()).set("state", state);
        if (key.expires)
            one.set("expires", format_rfc3339(*key.expires));
        keys.push(std::move(one));
    }
    Json accounts = Json::array();
    for (const ClientAccount &account : report.accounts)
        accounts.push(Json::object()
                          .set("id", account.id.str())
                          .set("status", account.status)
                          .set("contact", Json::strings(account.contact))
                          .set("eab_kid", account.eab_kid)
                          .set("created", format_rfc3339(account.created)));
    json.set("eab_keys", std::move(keys))
        .set("accounts", std::move(accounts))
        .set("orders_today", report.orders_today);
    if (!report.error.empty())
        json.set("error", report.error);
    return json;
}

std::string modes_of(const ClientPolicy &policy)
{
    return join({policy.modes.begin(), policy.modes.end()}, ",");
}

std::string enabled_text(const ClientReport &report)
{
    if (!report.policy)
        return "unreadable";
    return report.policy->enabled ? "yes" : "no";
}

int list_clients(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    const Time now = system_clock().now();
    Json list = Json::array();
    TextTable table({"ID", "ENABLED", "MODES", "ACCOUNTS", "TODAY", "NAMES"});
    bool sound = true;
    for (const ClientId &id : clients.clients()) {
        const ClientReport report = report_on(clients, id, now);
        list.push(to_json(report));
        table.add({id.str(), enabled_text(report), report.policy ? modes_of(*report.policy) : "",
                   std::to_string(report.accounts.size()), std::to_string(report.orders_today),
                   report.policy ? join(pattern_texts(report.policy->names), " ") : ""});
        if (!report.policy)
            log_error(report.error);
        sound = sound && report.policy;
    }
    out << (invocation.flag("json") ? list.to_pretty_text() : table.to_text());
    return sound ? 0 : 1;
}

std::string keys_text(const ClientReport &report)
{
    std::vector<std::string> lines;
    for (const auto &[key, state] : report.keys)
        lines.push_back(key.kid.str() + " " + state +
                        (key.expires ? ", until " + format_rfc3339(*key.expires) : ""));
    return join(lines, "\n");
}

std::string accounts_text(const ClientReport &report)
{
    std::vector<std::string> lines;
    for (const ClientAccount &account : report.accounts)
        lines.push_back(account.id.str() + " " + account.status);
    return join(lines, "\n");
}

int show_client(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const ClientStore clients(spool);
    const Time now = system_clock().now();
    const ClientReport report =
        report_on(clients, find_client(clients, invocation.arguments[0]), now);
    if (!report.policy)
        throw Error(report.error);
    const ClientPolicy &policy = *report.policy;
    std::vector<std::string> cas;
    for (const CaName &ca : policy.cas)
        cas.push_back(ca.str());
    FieldList fields;
    fields.add("id", report.id.str());
    fields.add("enabled", enabled_text(report));
    fields.add("modes", modes_of(policy));
    fields.add("names", policy.names.empty() ? "none" : join(pattern_texts(policy.names), "\n"));
    fields.add("CAs", "the default one" + std::string(cas.empty() ? "" : ", ") + join(cas, ", "));
    fields.add("profiles", policy.profiles.empty() ? "all" : join(policy.profiles, ", "));
    fields.add("orders today",
               std::to_string(report.orders_today) +
                   (policy.orders_per_day ? " of " + std::to_string(*policy.orders_per_day) : ""));
    fields.add("own account", policy.own_account ? "yes" : "no");
    fields.add("EAB keys", keys_text(report));
    fields.add("accounts", accounts_text(report));
    out << (invocation.flag("json") ? to_json(report).to_pretty_text() : fields.to_text());
    return 0;
}

}

std::vector<Verb> client_list_verbs()
{
    return {{.name = "client list",
             .summary = "list the clients",
             .description = "Lists the clients with what they may do. Exits with 1 where the "
                            "policy of one cannot be read: it is denied everything.",
             .actions = {json_action()},
             .examples = {{"All clients, for a program", "acmeproxy client list --json"}},
             .man_page = "acmeproxy-client(1)",
             .run = list_clients},
            {.name = "client show",
             .synopsis = "ID",
             .least = 1,
             .most = 1,
             .summary = "show a client with its EAB keys and accounts",
             .description = "Shows all that is known of a client, but no secret.",
             .actions = {json_action()},
             .examples = {{"What it may do", "acmeproxy client show web1"}},
             .man_page = "acmeproxy-client(1)",
             .run = show_client}};
}

}
