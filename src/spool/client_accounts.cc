// SPDX-License-Identifier: MIT
// ClientStore's accounts. ACCT.json is the truth; keys/THUMBPRINT is a claim that leads to it.
#include "spool/client_store.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "jose/jwk.h"
#include "spool/agent_names.h"

#include <cerrno>
#include <system_error>

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
    // Missing must not read as "bound to no key, so none can be revoked".
    account.eab_kid = json.string_at("eab_kid");
    if (!account.eab_kid.empty() && ClientScopedId::parse(account.eab_kid).client() != id.client())
        throw Error("its EAB key is another client's");
    account.created = parse_rfc3339(json.string_at("created")).value_or(Time{});
    return account;
}

constexpr Seconds idle_limit = std::chrono::days(365);
constexpr Seconds ended_limit = std::chrono::days(90);

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
        const auto id = ClientNames::id_of_file(client, name);
        auto one = id ? account(*id) : std::nullopt;
        if (one)
            all.push_back(std::move(*one));
    }
    return all;
}

// Claims and accounts are two files: whoever changes them holds this lock, so that nobody takes a
// change half done for what a crash left.
Lock ClientStore::lock_keys() const
{
    return spool_.hold(ClientNames::key_lock());
}

std::optional<ClientAccount> ClientStore::claimed_account(const Thumbprint &thumbprint) const
{
    const auto text = spool_.read(ClientNames::key(thumbprint));
    if (!text)
        return std::nullopt;
    try {
        auto found = account(ClientScopedId::parse(trim(*text)));
        if (found && found->thumbprint == thumbprint.str())
            return found;
    } catch (const Error &) {
        log_warning("a claim in " + spool_.path_of(ClientNames::key(thumbprint)) + " is damaged");
    }
    return std::nullopt;
}

/// Left by a crash between claim and account, or by a removed client. Under the lock.
void ClientStore::drop_dangling_claim(const Thumbprint &thumbprint) const
{
    if (!claimed_account(thumbprint))
        spool_.remove(ClientNames::key(thumbprint));
}

std::optional<ClientAccount> ClientStore::account_by_key(const std::string &thumbprint) const
{
    const Thumbprint checked = Thumbprint::parse(thumbprint);
    auto found = claimed_account(checked);
    if (!found && spool_.exists(ClientNames::key(checked))) {
        const Lock lock = lock_keys();
        found = claimed_account(checked); // it may just have been made
        if (!found)
            spool_.remove(ClientNames::key(checked));
    }
    return found;
}

bool ClientStore::is_dangling(const Thumbprint &thumbprint) const
{
    return !claimed_account(thumbprint) && spool_.exists(ClientNames::key(thumbprint));
}

/// Under the lock. False: an account has the key.
bool ClientStore::claim_key(const ClientAccount &account) const
{
    const Thumbprint thumbprint = Thumbprint::parse(account.thumbprint);
    drop_dangling_claim(thumbprint);
    TempFile claim(spool_.dir(), "tmp", 0600);
    claim.write(account.id.str() + "\n");
    return claim.link_to(ClientNames::key(thumbprint).str());
}

void ClientStore::write_account(const ClientAccount &account) const
{
    spool_.write_json(ClientNames::account(account.id), to_json(account));
}

ClientStore::AccountCount ClientStore::count_accounts(const ClientId &client) const
{
    AccountCount count;
    for (const std::string &name :
         spool_.dir().list(ClientNames::client(client, ClientFile::accounts).str())) {
        const auto id = ClientNames::id_of_file(client, name);
        if (!id)
            continue;
        bool is_valid = false;
        try {
            const auto json = spool_.read_json(ClientNames::account(*id));
            is_valid = json && json->string_at("status") == "valid";
        } catch (const Error &) {
            // damaged: it is denied everything, and its file is there
        }
        ++(is_valid ? count.valid : count.ended);
    }
    return count;
}

bool ClientStore::create_account(const ClientAccount &account,
                                 const std::function<void()> &check) const
{
    const Lock lock = lock_keys();
    if (claimed_account(Thumbprint::parse(account.thumbprint)))
        return false;
    if (check)
        check();
    if (!claim_key(account))
        return false;
    write_account(account);
    return true;
}

std::optional<ClientAccount>
ClientStore::update_account(const ClientScopedId &id,
                            const std::function<void(ClientAccount &)> &change) const
{
    const Lock lock = lock_keys();
    auto found = account(id);
    if (found) {
        change(*found);
        write_account(*found);
    }
    return found;
}

ClientStore::KeyChange ClientStore::change_key(const ClientAccount &before,
                                               const PublicKey &new_key) const
{
    const Lock lock = lock_keys();
    auto changed = account(before.id);
    if (!changed || changed->thumbprint != before.thumbprint || changed->status != before.status)
        return KeyChange::outdated;
    changed->jwk = to_jwk(new_key);
    changed->thumbprint = jwk_thumbprint(new_key);
    if (!claim_key(*changed))
        return KeyChange::taken;
    write_account(*changed);
    spool_.remove(ClientNames::key(Thumbprint::parse(before.thumbprint)));
    return KeyChange::done;
}

void ClientStore::touch_account(const ClientScopedId &id, Time now) const
{
    const SpoolPath path = ClientNames::account(id);
    const auto st = spool_.dir().status(path.str());
    if (st && now - Time(Seconds(st->st_mtime)) > std::chrono::hours(1))
        note_use(id, now);
}

// agent.fcgi may run as a user who cannot change what is the owner's: it leaves a note then.
void ClientStore::note_use(const ClientScopedId &id, Time now) const
try {
    spool_.dir().set_mtime(ClientNames::account(id).str(), now.time_since_epoch().count());
} catch (const std::system_error &e) {
    if (e.code().value() != EPERM && e.code().value() != EACCES)
        throw;
    spool_.touch(AgentNames::account_used(id));
}

void ClientStore::take_notes_of_use() const
{
    const std::string folder = AgentNames::requests().str();
    for (const std::string &name : spool_.dir().list(folder)) {
        const auto id = AgentNames::account_of_use(name);
        const auto st = id ? spool_.dir().status(folder + "/" + name) : std::nullopt;
        if (!st)
            continue;
        if (spool_.exists(ClientNames::account(*id)))
            spool_.dir().set_mtime(ClientNames::account(*id).str(), st->st_mtime);
        spool_.remove(AgentNames::account_used(*id));
    }
}

int ClientStore::sweep_accounts(Time now) const
{
    take_notes_of_use();
    int removed = 0;
    const auto age_of = [&](const SpoolPath &path) {
        const auto st = spool_.dir().status(path.str());
        return st ? now - Time(Seconds(st->st_mtime)) : Seconds(0);
    };
    for (const ClientId &client : clients()) {
        for (const std::string &name :
             spool_.dir().list(ClientNames::client(client, ClientFile::accounts).str())) {
            const auto id = ClientNames::id_of_file(client, name);
            if (!id || age_of(ClientNames::account(*id)) <= ended_limit)
                continue; // most of them: without reading the file
            const Lock lock = lock_keys();
            const auto old = account(*id);
            const Seconds age = age_of(ClientNames::account(*id));
            if (!old || age <= (old->status == "valid" ? idle_limit : ended_limit))
                continue;
            spool_.remove(ClientNames::account(*id));
            drop_dangling_claim(Thumbprint::parse(old->thumbprint));
            ++removed;
        }
    }
    return removed;
}

std::string ClientStore::why_ended(const ClientAccount &account) const
{
    if (account.status != "valid")
        return "this account is " + account.status;
    if (account.eab_kid.empty())
        return {};
    const auto key = eab(ClientScopedId::parse(account.eab_kid));
    return !key || key->revoked ? "the key that this account was made with is revoked" : "";
}

}
