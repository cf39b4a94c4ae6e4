// SPDX-License-Identifier: MIT
#include "cli/client_text.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time_text.h"
#include "cli/nearest.h"
#include "cli/usage_error.h"
#include "cli/values.h"

namespace acmeproxy {

ClientId find_client(const ClientStore &clients, const std::string &text)
{
    std::vector<std::string> names;
    for (const ClientId &id : clients.clients()) {
        if (id.str() == text)
            return id;
        names.push_back(id.str());
    }
    throw Error("there is no client \"" + printable(text, 100) + "\"" +
                did_you_mean(to_lower(text), names));
}

std::vector<ClientId> chosen_clients(const ClientStore &clients, const Invocation &invocation)
{
    if (invocation.arguments.empty())
        return clients.clients();
    std::vector<ClientId> ids;
    for (const std::string &text : invocation.arguments)
        ids.push_back(find_client(clients, text));
    return ids;
}

std::vector<std::string> split_commas(const std::vector<std::string> &texts)
{
    std::vector<std::string> parts;
    for (const std::string &text : texts) {
        for (const std::string &part : split(text, ',')) {
            if (!trim(part).empty())
                parts.emplace_back(trim(part));
        }
    }
    return parts;
}

bool change_policy(const Spool &spool, const ClientId &client,
                   const std::function<void(ClientPolicy &)> &change)
{
    const SpoolPath file = ClientNames::client(client, ClientFile::lock);
    const auto lock = spool.lock(file, std::chrono::seconds(10));
    if (!lock)
        throw Error("change the client " + client.str() + ": " + spool.path_of(file) +
                    " is held by another process (try again)");
    const ClientStore clients(spool);
    ClientPolicy policy = clients.load_policy(client);
    const Json before = to_json(policy);
    change(policy);
    if (to_json(policy) == before)
        return false;
    clients.save_policy(client, policy);
    return true;
}

std::vector<std::string> pattern_texts(const std::vector<NamePattern> &patterns)
{
    std::vector<std::string> texts;
    for (const NamePattern &pattern : patterns)
        texts.push_back(pattern.text());
    return texts;
}

Time parse_expiry(const std::string &text, Time now)
{
    if (const auto time = parse_rfc3339(text))
        return *time;
    if (const auto day = parse_rfc3339(text + "T00:00:00Z"))
        return *day + std::chrono::days(1);
    return now + parse_duration(text);
}

std::optional<Time> chosen_expiry(const Invocation &invocation, Time now)
{
    const std::string text = invocation.text("expires");
    if (text.empty())
        return std::nullopt;
    const Time expires = parse_expiry(text, now);
    if (expires <= now)
        throw UsageError("--expires " + text + ": that is over", "");
    return expires;
}

void is_expiry(const std::string &value)
try {
    if (!value.empty())
        parse_expiry(value, Time{});
} catch (const Error &) {
    throw Error("\"" + printable(value, 60) +
                "\" is neither a duration like 30d nor a date like 2026-12-31");
}

}
