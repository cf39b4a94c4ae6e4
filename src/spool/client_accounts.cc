// SPDX-License-Identifier: MIT
// ClientStore's accounts. ACCT.json is the truth; keys/THUMBPRINT is a claim that leads to it.
#include "spool/client_store.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "jose/jwk.h"

namespace acmeproxy {

namespace {

Json to_json(const ClientAccount &account)
{
    return Json::object()
        .set("jwk", account.jwk)
        .set("thumbprint", account.thumbprint)
        .set("status", account.status)
        .set("contact", Json::strings(account.contact))
        .set("eab_kid", account.eab_kid)
        .set("created", format_rfc3339(account.created));
}

ClientAccount parse_account(const ClientScopedId &id, const Json &json)
{
    ClientAccount account{id, json.object_at("jwk"), {}, {}, {}, {}, {}};
    // Not the stored thumbprint: whoever could change the file would change both.
    account.thumbprint = jwk_thumbprint(from_jwk(account.jwk));
    account.status = json.string_at("status");
    account.contact = json.strings_or_none("contact");
    account.eab_kid = json.string_or("eab_kid", "");
    account.created = parse_rfc3339(json.string_at("created")).value_or(Time{});
    return account;
}

}

std::optional<ClientAccount> ClientStore::account(const ClientScopedId &id) const
{
    try {
        const auto json = spool_.read_json(ClientNames::account(id));
        return json ? std::optional(parse_account(id, *json)) : std::nullopt;
    } catch (const std::exception &e) {
        log_error("account " + id.str() + " is denied everything: " + describe(e));
        return std::nullopt;
    }
}

std::vector<ClientAccount> ClientStore::accounts(const ClientId &client) const
{
    std::vector<ClientAccount> all;
    for (const std::string &name :
         spool_.dir().list(ClientNames::client(client, ClientFile::accounts).str())) {
        if (!name.ends_with(".json"))
            continue;
        auto one = account(ClientScopedId::parse(name.substr(0, name.size() - 5)));
        if (one)
            all.push_back(std::move(*one));
    }
    return all;
}

std::optional<ClientAccount> ClientStore::account_by_key(const std::string &thumbprint) const
{
    const SpoolPath claim = ClientNames::key(Thumbprint::parse(thumbprint));
    const auto text = spool_.read(claim);
    if (!text)
        return std::nullopt;
    try {
        const ClientScopedId id = ClientScopedId::parse(trim(*text));
        auto found = account(id);
        if (found && found->thumbprint == thumbprint)
            return found;
    } catch (const Error &) {
        log_warning("a claim in " + spool_.path_of(claim) + " is damaged");
    }
    // Left by a crash between claim and account, or by a removed client.
    spool_.remove(claim);
    return std::nullopt;
}

bool ClientStore::create_account(const ClientAccount &account) const
{
    TempFile claim(spool_.dir(), "tmp", 0600);
    claim.write(account.id.str() + "\n");
    if (!claim.link_to(ClientNames::key(Thumbprint::parse(account.thumbprint)).str()))
        return false;
    save_account(account);
    return true;
}

void ClientStore::save_account(const ClientAccount &account) const
{
    spool_.write_json(ClientNames::account(account.id), to_json(account));
}

bool ClientStore::change_key(ClientAccount account, const PublicKey &new_key) const
{
    const std::string old_thumbprint = account.thumbprint;
    account.jwk = to_jwk(new_key);
    account.thumbprint = jwk_thumbprint(new_key);
    TempFile claim(spool_.dir(), "tmp", 0600);
    claim.write(account.id.str() + "\n");
    if (!claim.link_to(ClientNames::key(Thumbprint::parse(account.thumbprint)).str()))
        return false;
    save_account(account);
    spool_.remove(ClientNames::key(Thumbprint::parse(old_thumbprint)));
    return true;
}

void ClientStore::touch_account(const ClientScopedId &id, Time now) const
{
    const SpoolPath path = ClientNames::account(id);
    const auto st = spool_.dir().status(path.str());
    if (st && now - Time(Seconds(st->st_mtime)) > std::chrono::hours(1))
        spool_.dir().set_mtime(path.str(), now.time_since_epoch().count());
}

int ClientStore::sweep_accounts(Time now, Seconds idle) const
{
    int removed = 0;
    for (const ClientId &client : clients()) {
        for (const ClientAccount &one : accounts(client)) {
            const SpoolPath path = ClientNames::account(one.id);
            const auto st = spool_.dir().status(path.str());
            if (!st || now - Time(Seconds(st->st_mtime)) <= idle)
                continue;
            spool_.remove(path);
            spool_.remove(ClientNames::key(Thumbprint::parse(one.thumbprint)));
            ++removed;
        }
    }
    return removed;
}

}
