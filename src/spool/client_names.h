// SPDX-License-Identifier: MIT
// The names on disk of what concerns clients: clients/, keys/, nonces/, secrets/ (doc/spool.md).
// The second half of names.h, with the same promise.
#pragma once

#include "base/clock.h"
#include "spool/names.h"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// An id that belongs to a client: "CLIENT.RANDOM" (22 characters of base64url). EAB keys and
/// accounts are named so: whose they are can be read off the id.
class ClientScopedId {
public:
    static ClientScopedId make(const ClientId &client); ///< a new random one
    static ClientScopedId parse(std::string_view text); ///< throws Error
    const ClientId &client() const { return client_; }
    const std::string &str() const { return text_; }
    auto operator<=>(const ClientScopedId &) const = default;

private:
    ClientScopedId(ClientId client, std::string text)
        : client_(std::move(client)), text_(std::move(text))
    {
    }
    ClientId client_;
    std::string text_;
};

/// A JWK thumbprint: 43 characters of base64url (RFC 7638 with SHA-256).
using Thumbprint = CheckedName<struct ThumbprintTag>;
/// The hash of a nonce: 32 to 64 lower-case hexadecimal digits.
using NonceHash = CheckedName<struct NonceHashTag>;
/// The file of a secret key: "20261124T135000Z-RANDOM".
using SecretName = CheckedName<struct SecretNameTag>;
/// "2026-11-24".
using Day = CheckedName<struct DayTag>;
/// "2026-11-24T13:50Z".
using Minute = CheckedName<struct MinuteTag>;
template <> Thumbprint Thumbprint::parse(std::string_view text);
template <> NonceHash NonceHash::parse(std::string_view text);
template <> SecretName SecretName::parse(std::string_view text);
template <> Day Day::parse(std::string_view text);
template <> Minute Minute::parse(std::string_view text);

Day day_of(Time time);
Minute minute_of(Time time);
/// When the minute begins.
Time time_of(const Minute &minute);
/// When the key was made.
Time time_of(const SecretName &name);
SecretName new_secret_name(Time now);

enum class ClientFile { client, lock, eab, accounts, quota };
enum class ClientFolder { clients, keys, nonces, secrets };

/// Composes paths; all members are static.
class ClientNames {
public:
    static SpoolPath folder(ClientFolder folder);
    static SpoolPath client(const ClientId &client);
    static SpoolPath client(const ClientId &client, ClientFile file);
    /// Whose file "KID.json" or "ACCT.json" in the client's folder is; nullopt: nobody's.
    static std::optional<ClientScopedId> id_of_file(const ClientId &client, std::string_view file);
    static SpoolPath eab(const ClientScopedId &kid);
    static SpoolPath eab_used(const ClientScopedId &kid);
    static SpoolPath account(const ClientScopedId &account);
    static SpoolPath quota(const ClientId &client, const Day &day);
    static SpoolPath key(const Thumbprint &thumbprint);
    static SpoolPath key_lock();
    static SpoolPath nonces(const Minute &minute);
    static SpoolPath nonce(const Minute &minute, const NonceHash &nonce);
    static SpoolPath secret(const SecretName &name);
};

}
