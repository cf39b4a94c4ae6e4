// SPDX-License-Identifier: MIT
#include "spool/client_names.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time_text.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

constexpr std::size_t random_size = 16; ///< bytes; 22 characters

bool is_base64url(std::string_view text, std::size_t size)
{
    return text.size() == size && is_base64url_text(text, size);
}

/// "20261124T135000Z" as RFC 3339.
std::string spread(std::string_view compact)
{
    if (compact.size() != 16)
        return {};
    const auto part = [&](std::size_t at, std::size_t size) {
        return std::string(compact.substr(at, size));
    };
    return part(0, 4) + "-" + part(4, 2) + "-" + part(6, 5) + ":" + part(11, 2) + ":" + part(13, 3);
}

}

ClientScopedId ClientScopedId::make(const ClientId &client)
{
    return {client, client.str() + "." + base64url_encode(random_bytes(random_size))};
}

ClientScopedId ClientScopedId::parse(std::string_view text)
{
    const std::size_t dot = text.find('.');
    if (dot == text.npos || !is_base64url(text.substr(dot + 1), 22))
        refuse_name("id", text, "must be CLIENT.RANDOM with 22 characters of base64url");
    return {ClientId::parse(text.substr(0, dot)), std::string(text)};
}

template <> Thumbprint Thumbprint::parse(std::string_view text)
{
    if (!is_base64url(text, 43))
        refuse_name("thumbprint", text, "must be 43 characters of base64url");
    return Thumbprint(text);
}

template <> NonceHash NonceHash::parse(std::string_view text)
{
    if (text.size() < 32 || text.size() > 64 ||
        text.find_first_not_of("0123456789abcdef") != text.npos)
        refuse_name("nonce", text, "must be 32 to 64 hexadecimal digits");
    return NonceHash(text);
}

template <> SecretName SecretName::parse(std::string_view text)
{
    const std::size_t hyphen = text.find('-');
    if (hyphen != 16 || !parse_rfc3339(spread(text.substr(0, 16))) ||
        !is_base64url(text.substr(17), 8))
        refuse_name("secret", text, "must be a time and 8 characters of base64url");
    return SecretName(text);
}

template <> Day Day::parse(std::string_view text)
{
    if (text.size() != 10 || !parse_rfc3339(std::string(text) + "T00:00:00Z"))
        refuse_name("day", text, "must be YYYY-MM-DD");
    return Day(text);
}

template <> Minute Minute::parse(std::string_view text)
{
    if (text.size() != 17 || !text.ends_with('Z') ||
        !parse_rfc3339(std::string(text.substr(0, 16)) + ":00Z"))
        refuse_name("minute", text, "must be YYYY-MM-DDTHH:MMZ");
    return Minute(text);
}

Day day_of(Time time)
{
    return Day::parse(format_rfc3339(time).substr(0, 10));
}

Minute minute_of(Time time)
{
    return Minute::parse(format_rfc3339(time).substr(0, 16) + "Z");
}

Time time_of(const Minute &minute)
{
    return *parse_rfc3339(minute.str().substr(0, 16) + ":00Z");
}

Time time_of(const SecretName &name)
{
    return *parse_rfc3339(spread(std::string_view(name.str()).substr(0, 16)));
}

SecretName new_secret_name(Time now)
{
    std::string compact;
    for (const char c : format_rfc3339(now)) {
        if (c != '-' && c != ':')
            compact += c;
    }
    return SecretName::parse(compact + "-" + base64url_encode(random_bytes(6)));
}

SpoolPath ClientNames::folder(ClientFolder folder)
{
    switch (folder) {
    case ClientFolder::clients:
        return SpoolPath("clients");
    case ClientFolder::keys:
        return SpoolPath("keys");
    case ClientFolder::nonces:
        return SpoolPath("nonces");
    case ClientFolder::secrets:
        return SpoolPath("secrets");
    }
    return SpoolPath("");
}

SpoolPath ClientNames::client(const ClientId &client)
{
    return SpoolPath("clients/" + client.str());
}

SpoolPath ClientNames::client(const ClientId &id, ClientFile file)
{
    const std::string folder = client(id).str() + "/";
    switch (file) {
    case ClientFile::client:
        return SpoolPath(folder + "client.json");
    case ClientFile::lock:
        return SpoolPath(folder + "lock");
    case ClientFile::eab:
        return SpoolPath(folder + "eab");
    case ClientFile::accounts:
        return SpoolPath(folder + "accounts");
    case ClientFile::quota:
        return SpoolPath(folder + "quota");
    }
    return SpoolPath("");
}

std::optional<ClientScopedId> ClientNames::id_of_file(const ClientId &client, std::string_view file)
{
    constexpr std::string_view ending = ".json";
    if (!file.ends_with(ending))
        return std::nullopt;
    try {
        const auto id = ClientScopedId::parse(file.substr(0, file.size() - ending.size()));
        return id.client() == client ? std::optional(id) : std::nullopt;
    } catch (const Error &) {
        return std::nullopt; // not ours; spool check tells
    }
}

SpoolPath ClientNames::eab(const ClientScopedId &kid)
{
    return SpoolPath(client(kid.client(), ClientFile::eab).str() + "/" + kid.str() + ".json");
}

SpoolPath ClientNames::eab_used(const ClientScopedId &kid)
{
    return SpoolPath(client(kid.client(), ClientFile::eab).str() + "/" + kid.str() + ".used");
}

SpoolPath ClientNames::account(const ClientScopedId &account)
{
    return SpoolPath(client(account.client(), ClientFile::accounts).str() + "/" + account.str() +
                     ".json");
}

SpoolPath ClientNames::quota(const ClientId &id, const Day &day)
{
    return SpoolPath(client(id, ClientFile::quota).str() + "/" + day.str());
}

SpoolPath ClientNames::key(const Thumbprint &thumbprint)
{
    return SpoolPath("keys/" + thumbprint.str());
}

SpoolPath ClientNames::key_lock()
{
    return SpoolPath("keys/lock");
}

SpoolPath ClientNames::nonces(const Minute &minute)
{
    return SpoolPath("nonces/" + minute.str());
}

SpoolPath ClientNames::nonce(const Minute &minute, const NonceHash &nonce)
{
    return SpoolPath(nonces(minute).str() + "/" + nonce.str());
}

SpoolPath ClientNames::secret(const SecretName &name)
{
    return SpoolPath("secrets/" + name.str());
}

}
