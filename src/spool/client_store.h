// SPDX-License-Identifier: MIT
// Clients of the gateway and the agent: their rights, external account binding keys, ACME accounts
// and counters (doc/spool.md, clients/ and keys/). Read afresh at each request: a change counts
// from the next one on. Whatever is missing, empty or unreadable denies.
//
// Threads and processes: all members may be called at once; claims are made by link(2).
#pragma once

#include "base/clock.h"
#include "base/problem.h"
#include "crypto/age.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "spool/client_names.h"
#include "spool/name_pattern.h"
#include "spool/spool.h"
#include "json/json.h"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace acmeproxy {

/// client.json.
struct ClientPolicy {
    bool enabled = true;
    std::set<std::string> modes; ///< "gateway", "agent"
    std::vector<NamePattern> names;
    std::vector<CaName> cas;           ///< besides the default CA; empty: the default CA alone
    std::vector<std::string> profiles; ///< that it may ask for; empty: all that the CA has
    std::optional<int> orders_per_day;
    bool own_account = false;              ///< an account of its own at each CA
    std::optional<AgeRecipient> recipient; ///< who opens what is sealed for it, unless it says so
    int max_eab_keys = 10;
    int max_accounts = 50;  ///< valid ones; of those that ended ten times as many are kept
    int max_lineages = 100; ///< that it may have at the agent
};
Json to_json(const ClientPolicy &policy);
ClientPolicy parse_client_policy(const Json &json);

/// eab/KID.json.
struct EabKey {
    ClientScopedId kid;
    Secret mac_key; ///< 32 bytes
    Time created{};
    std::optional<Time> expires;
    bool once = false;
    bool revoked = false;
};

/// accounts/ACCT.json.
struct ClientAccount {
    ClientScopedId id;
    Json jwk; ///< public, as to_jwk() makes it
    std::string thumbprint;
    std::string status = "valid"; ///< or deactivated, revoked
    std::vector<std::string> contact;
    std::string eab_kid;
    Time created{};
};

/// What a client is told whose orders of the day (UTC) are used up.
Problem orders_used_up(int limit, Time now);

class ClientStore {
public:
    explicit ClientStore(const Spool &spool) : spool_(spool) {}

    std::vector<ClientId> clients() const;
    /// nullopt: no such client, or its policy cannot be read (logged): deny.
    std::optional<ClientPolicy> policy(const ClientId &client) const;
    /// For the operator: throws where it cannot be read, and suggests what to do.
    ClientPolicy load_policy(const ClientId &client) const;
    /// False: the id is taken.
    bool create(const ClientId &client, const ClientPolicy &policy) const;
    void save_policy(const ClientId &client, const ClientPolicy &policy) const;
    /// With its keys' claims, EAB keys and accounts.
    void remove(const ClientId &client) const;

    /// Throws Error over max_eab_keys.
    EabKey add_eab(const ClientId &client, bool once, std::optional<Time> expires, Time now) const;
    std::optional<EabKey> eab(const ClientScopedId &kid) const;
    /// Why an account is of no use any more, in words that its client may see: it is not valid, or
    /// the key that it was made with is revoked. Empty: it may be used.
    std::string why_ended(const ClientAccount &account) const;
    std::vector<EabKey> eabs(const ClientId &client) const;
    /// Its accounts end with it unless `keep_accounts`.
    void revoke_eab(const ClientScopedId &kid, bool keep_accounts) const;
    /// A key for one account: claims it for the account key. False: it was used, by another account
    /// key or for an account that is there. Atomic over processes; asked again after a crash
    /// between claim and account it says yes again.
    bool use_once(const ClientScopedId &kid, const std::string &thumbprint) const;

    /// Whether a key for one account has made it.
    bool is_used(const ClientScopedId &kid) const;

    std::optional<ClientAccount> account(const ClientScopedId &id) const;
    std::vector<ClientAccount> accounts(const ClientId &client) const;
    /// Which account has the key, if any. A dangling claim is repaired.
    std::optional<ClientAccount> account_by_key(const std::string &thumbprint) const;
    /// Whether keys/THUMBPRINT is there and leads to no account of that key.
    bool is_dangling(const Thumbprint &thumbprint) const;
    struct AccountCount {
        int valid = 0;
        int ended = 0; ///< and what cannot be read
    };
    AccountCount count_accounts(const ClientId &client) const;
    /// Claims keys/THUMBPRINT and stores the account. False: the key is taken. Where it is not,
    /// `check` is called before, under the lock that all accounts are made under, and may throw.
    bool create_account(const ClientAccount &account,
                        const std::function<void()> &check = {}) const;
    /// Reads it again under the lock, so that no change of another is lost, and stores what
    /// `change` makes of it. nullopt: it is gone.
    std::optional<ClientAccount>
    update_account(const ClientScopedId &id,
                   const std::function<void(ClientAccount &)> &change) const;
    enum class KeyChange { done, taken, outdated };
    /// keyChange, crash-safe: claim of the new key, then ACCT.json (the truth), then the old claim
    /// goes; what a crash left is taken up by a repetition. `taken`: an account has the new key.
    /// `outdated`: the account is not any more as `account` says.
    KeyChange change_key(const ClientAccount &account, const PublicKey &new_key) const;
    /// Marks the account as used (mtime), at most once an hour.
    void touch_account(const ClientScopedId &id, Time now) const;
    /// Removes accounts not used for a year, and those that ended 90 days ago: until then their
    /// keys are refused. Returns how many.
    int sweep_accounts(Time now) const;

    /// Counts one order of today (UTC). False: the quota is used up. Under the client's lock.
    bool count_order(const ClientId &client, int limit, Time now) const;
    int orders_today(const ClientId &client, Time now) const;
    /// Removes the counters of days that are over for a month; returns how many.
    int sweep_counters(Time now) const;

private:
    Lock lock_keys() const;
    void note_use(const ClientScopedId &id, Time now) const;
    void take_notes_of_use() const;
    bool claim_key(const ClientAccount &account) const;
    void write_account(const ClientAccount &account) const;
    std::optional<ClientAccount> claimed_account(const Thumbprint &thumbprint) const;
    void drop_dangling_claim(const Thumbprint &thumbprint) const;

    const Spool &spool_;
};

}
