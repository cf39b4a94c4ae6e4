// SPDX-License-Identifier: MIT
// What the spool knows of CAs (doc/spool.md, cas/): configuration, pause, accounts.
#pragma once

#include "base/clock.h"
#include "crypto/age.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "spool/spool.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct CaConfig {
    std::string directory;                    ///< URL
    std::vector<std::string> ca_certificates; ///< PEM files trusted besides the system's
    std::vector<std::string> contact;         ///< "mailto:..." URLs
    std::string profile;                      ///< for lineages that name none
    std::string eab_kid;                      ///< external account binding, or empty
    Secret eab_key;                           ///< decoded
    std::string eab_alg = "HS256";
};

/// The directory URL of a CA that is known without a file, or empty.
std::string built_in_directory(const CaName &ca);
std::vector<CaName> built_in_cas();

/// cas/CA/ca.json, else what is built in; nullopt for a name that is neither.
std::optional<CaConfig> load_ca(const Spool &spool, const CaName &ca);
void save_ca(const Spool &spool, const CaName &ca, const CaConfig &config);

/// An agent's server is kept as a CA is, by its directory: "https://HOST/agent/directory".
std::string agent_directory(const std::string &server);
/// The entry of this server; nullopt where there is none. Unreadable ones are passed over.
std::optional<CaName> find_server(const Spool &spool, const std::string &server);
/// A name for the entry, after host and port, that no other has.
CaName name_for_server(const Spool &spool, const std::string &server);

/// cas/CA/identity.txt: what opens all that comes from this server. The first one is sealed for;
/// others may follow. Empty where there is no such file.
std::vector<AgeIdentity> load_identities(const Spool &spool, const CaName &ca);
/// The same, made where it is missing. Takes the CA's lock.
std::vector<AgeIdentity> ensure_identities(const Spool &spool, const CaName &ca, Time now);

/// cas/CA/pause: the CA asked for silence.
struct Pause {
    Time until;
    std::string why;
};
/// nullopt once it is over; a damaged file, or an end over 48 h ahead, is none.
std::optional<Pause> load_pause(const Spool &spool, const CaName &ca, Time now);
/// Never shortens a pause.
void save_pause(const Spool &spool, const CaName &ca, const Pause &pause, Time now);

struct AccountRecord {
    std::string url;
    std::string directory; ///< of the CA that has it: another URL means another CA
    std::vector<std::string> contact;
};

/// Of account.json. Throws JsonError.
AccountRecord parse_account_record(const Json &json);

/// One account's files: cas/CA/accounts/OWNER. Changes are made under the lock.
class AccountFiles {
public:
    AccountFiles(const Spool &spool, CaName ca, ClientId owner);

    /// Waits up to a minute; throws Error where another still has it.
    Lock lock() const;
    /// Makes the folders.
    void prepare() const;
    std::optional<PrivateKey> key() const;
    void write_key(const PrivateKey &key) const;
    std::optional<PrivateKey> next_key() const;
    void write_next_key(const PrivateKey &key) const;
    void promote_next_key() const; ///< one rename: next.pem becomes key.pem
    void drop_next_key() const;
    /// nullopt where there is none, or it is damaged.
    std::optional<AccountRecord> record() const;
    void write_record(const AccountRecord &record) const;
    void drop_record() const;
    void remove() const;
    std::string path() const { return spool_.path_of(SpoolNames::account(ca_, owner_)); }
    const CaName &ca() const { return ca_; }

private:
    SpoolPath path_to(AccountFile file) const { return SpoolNames::account(ca_, owner_, file); }
    std::optional<PrivateKey> read_key(AccountFile file) const;

    const Spool &spool_;
    CaName ca_;
    ClientId owner_;
};

}
