// SPDX-License-Identifier: MIT
#include "spool/client_store.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/time_text.h"

#include <algorithm>
#include <fcntl.h>

namespace acmeproxy {

namespace {

std::optional<Time> optional_time(const Json &json, std::string_view name)
{
    const std::string text = json.string_or(name, "");
    if (text.empty())
        return std::nullopt;
    const auto time = parse_rfc3339(text);
    if (!time)
        throw JsonError("member \"" + std::string(name) + "\" is not a point in time");
    return time;
}

EabKey parse_eab(const ClientScopedId &kid, const Json &json)
{
    EabKey key{kid, {}, {}, {}, false, false};
    auto bytes = base64url_decode(json.string_at("key"));
    if (!bytes || bytes->size() < 16)
        throw JsonError("member \"key\" is not base64url of at least 16 bytes");
    key.mac_key = Secret(*bytes);
    wipe(*bytes);
    key.created = optional_time(json, "created").value_or(Time{});
    key.expires = optional_time(json, "expires");
    key.once = json.bool_at("once");
    key.revoked = json.bool_at("revoked");
    return key;
}

Json to_json(const EabKey &key)
{
    Json json = Json::object();
    json.set("key", base64url_encode(key.mac_key.view()))
        .set("created", format_rfc3339(key.created));
    if (key.expires)
        json.set("expires", format_rfc3339(*key.expires));
    json.set("once", key.once).set("revoked", key.revoked);
    return json;
}

bool is_day(const std::string &name)
try {
    Day::parse(name);
    return true;
} catch (const Error &) {
    return false;
}

}

std::vector<ClientId> ClientStore::clients() const
{
    std::vector<ClientId> ids;
    for (const std::string &name :
         spool_.dir().list(ClientNames::folder(ClientFolder::clients).str())) {
        try {
            ids.push_back(ClientId::parse(name));
        } catch (const Error &) {
            continue; // not ours; spool check tells
        }
    }
    return ids;
}

ClientPolicy ClientStore::load_policy(const ClientId &client) const
{
    const SpoolPath path = ClientNames::client(client, ClientFile::client);
    const auto json = spool_.read_json(path);
    if (!json && spool_.exists(ClientNames::client(client)))
        throw Error("read " + spool_.path_of(path) +
                    ": it is missing (acmeproxy client add makes it anew)");
    if (!json)
        throw Error("there is no client named \"" + client.str() +
                    "\" (acmeproxy client list shows them)");
    try {
        return parse_client_policy(*json);
    } catch (...) {
        rethrow_while("read " + spool_.path_of(path));
    }
}

std::optional<ClientPolicy> ClientStore::policy(const ClientId &client) const
{
    if (!spool_.exists(ClientNames::client(client)))
        return std::nullopt;
    try {
        return load_policy(client);
    } catch (const std::exception &e) {
        log_error("client " + client.str() + " is denied everything: " + describe(e));
        return std::nullopt;
    }
}

bool ClientStore::create(const ClientId &client, const ClientPolicy &policy) const
{
    // The folders may be there from one that was interrupted; client.json makes the client.
    spool_.make_folder(ClientNames::client(client));
    for (const ClientFile folder : {ClientFile::eab, ClientFile::accounts, ClientFile::quota})
        spool_.make_folder(ClientNames::client(client, folder));
    const Json json = acmeproxy::to_json(policy);
    Json::Object members = {{"format", 1}};
    members.insert(members.end(), json.as_object()->begin(), json.as_object()->end());
    TempFile file(spool_.dir(), "tmp", 0640);
    file.write(Json(std::move(members)).to_pretty_text());
    return file.link_to(ClientNames::client(client, ClientFile::client).str());
}

void ClientStore::save_policy(const ClientId &client, const ClientPolicy &policy) const
{
    spool_.write_json(ClientNames::client(client, ClientFile::client), acmeproxy::to_json(policy));
}

void ClientStore::remove(const ClientId &client) const
{
    // The policy goes first: from then on nothing of the client is let in.
    spool_.remove(ClientNames::client(client, ClientFile::client));
    const Lock lock = lock_keys();
    for (const ClientAccount &account : accounts(client))
        spool_.remove(ClientNames::key(Thumbprint::parse(account.thumbprint)));
    spool_.remove_tree(ClientNames::client(client));
}

EabKey ClientStore::add_eab(const ClientId &client, bool once, std::optional<Time> expires,
                            Time now) const
{
    const ClientPolicy policy = load_policy(client);
    int usable = 0;
    for (const EabKey &key : eabs(client))
        usable += !key.revoked && (!key.expires || *key.expires > now);
    if (usable >= policy.max_eab_keys)
        throw Error("client " + client.str() + " has " + std::to_string(usable) +
                    " EAB keys already (revoke one, or raise max_eab_keys in its client.json)");
    std::string bytes = random_bytes(32);
    // As base64url it must not look like an option of a client ("--eab-hmac-key -x...").
    while (base64url_encode(bytes).starts_with('-'))
        bytes = random_bytes(32);
    EabKey key{ClientScopedId::make(client), Secret(bytes), now, expires, once, false};
    wipe(bytes);
    spool_.write_json(ClientNames::eab(key.kid), to_json(key));
    return key;
}

std::optional<EabKey> ClientStore::eab(const ClientScopedId &kid) const
{
    const SpoolPath path = ClientNames::eab(kid);
    try {
        const auto json = spool_.read_json(path);
        return json ? std::optional(parse_eab(kid, *json)) : std::nullopt;
    } catch (const std::exception &e) {
        log_error("an EAB key of " + kid.client().str() + " is of no use: " + describe(e));
        return std::nullopt;
    }
}

std::vector<EabKey> ClientStore::eabs(const ClientId &client) const
{
    std::vector<EabKey> keys;
    for (const std::string &name :
         spool_.dir().list(ClientNames::client(client, ClientFile::eab).str())) {
        const auto kid = ClientNames::id_of_file(client, name);
        auto key = kid ? eab(*kid) : std::nullopt;
        if (key)
            keys.push_back(std::move(*key));
    }
    return keys;
}

void ClientStore::revoke_eab(const ClientScopedId &kid, bool keep_accounts) const
{
    auto key = eab(kid);
    if (!key)
        throw Error("client " + kid.client().str() + " has no EAB key " + kid.str());
    const Lock lock = lock_keys();
    for (ClientAccount &account : accounts(kid.client())) {
        if (account.eab_kid != kid.str())
            continue;
        if (keep_accounts)
            account.eab_kid.clear(); // from now on it stands by itself
        else if (account.status == "valid")
            account.status = "revoked";
        write_account(account);
    }
    key->revoked = true;
    spool_.write_json(ClientNames::eab(kid), to_json(*key));
}

bool ClientStore::use_once(const ClientScopedId &kid, const std::string &thumbprint) const
{
    TempFile claim(spool_.dir(), "tmp", 0600);
    claim.write(thumbprint + "\n");
    if (claim.link_to(ClientNames::eab_used(kid).str()))
        return true;
    if (spool_.read(ClientNames::eab_used(kid)) != thumbprint + "\n")
        return false;
    // The account may have another key by now (keyChange).
    const std::vector<ClientAccount> all = accounts(kid.client());
    return std::none_of(all.begin(), all.end(), [&](const ClientAccount &account) {
        return account.eab_kid == kid.str() && account.thumbprint != thumbprint;
    });
}

bool ClientStore::is_used(const ClientScopedId &kid) const
{
    return spool_.exists(ClientNames::eab_used(kid));
}

Problem orders_used_up(int limit, Time now)
{
    Problem problem("rateLimited", "this client has placed the " + std::to_string(limit) +
                                       " orders that it may place a day (UTC)");
    const Time midnight = std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1);
    problem.retry_after = midnight - now;
    return problem;
}

bool ClientStore::count_order(const ClientId &client, int limit, Time now) const
{
    const auto lock =
        spool_.lock(ClientNames::client(client, ClientFile::lock), std::chrono::seconds(5));
    if (!lock)
        throw Error("lock " + spool_.path_of(ClientNames::client(client, ClientFile::lock)));
    if (orders_today(client, now) >= limit)
        return false;
    // The file's size is the count: one byte an order, appended, so that a crash cannot lose it
    // all.
    const SpoolPath path = ClientNames::quota(client, day_of(now));
    const Fd file = spool_.dir().open_file(path.str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (!file || ::write(file.get(), "+", 1) != 1)
        throw_errno("count an order in " + spool_.path_of(path));
    return true;
}

int ClientStore::orders_today(const ClientId &client, Time now) const
{
    const auto st = spool_.dir().status(ClientNames::quota(client, day_of(now)).str());
    return st ? static_cast<int>(st->st_size) : 0;
}

int ClientStore::sweep_counters(Time now) const
{
    int removed = 0;
    const std::string oldest = day_of(now - std::chrono::days(31)).str();
    for (const ClientId &client : clients()) {
        const std::string folder = ClientNames::client(client, ClientFile::quota).str();
        for (const std::string &name : spool_.dir().list(folder)) {
            if (is_day(name) && name < oldest && spool_.dir().remove_file(folder + "/" + name))
                ++removed;
        }
    }
    return removed;
}

}
