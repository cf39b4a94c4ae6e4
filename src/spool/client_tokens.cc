// SPDX-License-Identifier: MIT
#include "spool/client_tokens.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time_text.h"
#include "crypto/digest.h"
#include "spool/client_store.h"
#include "spool/records.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr Seconds kept_after_end = std::chrono::days(30);

TokenHash hash_of(std::string_view text)
{
    return TokenHash::parse(hex_encode(sha256(text)));
}

}

ClientToken parse_client_token(const ClientId &client, const TokenHash &hash, const Json &json)
{
    ClientToken token{client, hash, time_at(json, "created"), std::nullopt,
                      json.string_or("lineage", "")};
    if (json.find("expires"))
        token.expires = time_at(json, "expires");
    return token;
}

Secret ClientTokens::add(const ClientId &client, const std::string &lineage,
                         std::optional<Time> expires, Time now) const
{
    if (!lineage.empty())
        client_lineage_name(client, LineageName::parse(lineage)); // throws for what can be none
    std::string text = ClientScopedId::make(client).str();
    Json json = Json::object();
    json.set("created", format_rfc3339(now));
    if (expires)
        json.set("expires", format_rfc3339(*expires));
    if (!lineage.empty())
        json.set("lineage", lineage);
    spool_.make_folder(AgentNames::tokens(client)); // clients of an older spool have none
    spool_.write_json(AgentNames::token(client, hash_of(text)), json);
    Secret token(text);
    wipe(text);
    return token;
}

std::optional<ClientToken> ClientTokens::find(std::string_view text, Time now) const
{
    try {
        const ClientId client = ClientScopedId::parse(text).client();
        auto token = read(client, hash_of(text));
        if (token && token->expires && *token->expires <= now)
            return std::nullopt;
        return token;
    } catch (const std::system_error &) {
        throw;
    } catch (const Error &) {
        return std::nullopt; // no token at all
    }
}

std::optional<ClientToken> ClientTokens::read(const ClientId &client, const TokenHash &hash) const
{
    const SpoolPath path = AgentNames::token(client, hash);
    try {
        const auto json = spool_.read_json(path);
        if (!json)
            return std::nullopt;
        return parse_client_token(client, hash, *json);
    } catch (const std::exception &e) {
        // Whatever cannot be read denies.
        log_error("a token of " + client.str() + " is of no use: " + describe(e));
        return std::nullopt;
    }
}

std::vector<ClientToken> ClientTokens::list(const ClientId &client) const
{
    std::vector<ClientToken> tokens;
    for (const std::string &name : spool_.dir().list(AgentNames::tokens(client).str())) {
        try {
            if (auto token = read(client, TokenHash::parse(name)))
                tokens.push_back(std::move(*token));
        } catch (const Error &) {
            continue; // not ours; spool check tells
        }
    }
    std::stable_sort(tokens.begin(), tokens.end(),
                     [](const auto &a, const auto &b) { return a.created < b.created; });
    return tokens;
}

bool ClientTokens::revoke(const ClientId &client, std::string_view id) const
{
    bool found = false;
    for (const ClientToken &token : list(client)) {
        if (token.id() == id)
            found = spool_.remove(AgentNames::token(client, token.hash)) || found;
    }
    return found;
}

int ClientTokens::sweep(Time now) const
{
    int removed = 0;
    for (const ClientId &client : ClientStore(spool_).clients()) {
        for (const ClientToken &token : list(client)) {
            if (token.expires && now - *token.expires > kept_after_end)
                removed += spool_.remove(AgentNames::token(client, token.hash));
        }
    }
    return removed;
}

}
