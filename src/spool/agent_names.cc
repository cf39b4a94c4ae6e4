// SPDX-License-Identifier: MIT
#include "spool/agent_names.h"

#include "base/error.h"
#include "base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

constexpr std::string_view wish_ending = ".json";
constexpr std::string_view refusal_ending = ".refused";
constexpr std::string_view use_ending = ".used";

std::optional<LineageName> lineage_before(std::string_view file, std::string_view ending)
{
    if (!file.ends_with(ending))
        return std::nullopt;
    try {
        LineageName name = LineageName::parse(file.substr(0, file.size() - ending.size()));
        return owner_of_lineage(name) ? std::optional(std::move(name)) : std::nullopt;
    } catch (const Error &) {
        return std::nullopt; // not ours; spool check tells
    }
}

}

template <> TokenHash TokenHash::parse(std::string_view text)
{
    if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != text.npos)
        refuse_name("token hash", text, "must be 64 hexadecimal digits");
    return TokenHash(text);
}

template <> ClaimName ClaimName::parse(std::string_view text)
{
    const bool sound =
        !text.empty() && text.size() <= 255 && text.front() != '.' && text.front() != '-' &&
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == text.npos;
    if (!sound)
        refuse_name("name", text, "must be 1 to 255 lower-case letters, digits, '.', '-' and '_'");
    return ClaimName(text);
}

ClaimName claim_name(const Identifier &identifier)
{
    // No DNS name has an underscore, so the three kinds cannot meet.
    std::string name =
        (identifier.type() == Identifier::Type::ip ? "ip_" : "") + identifier.value();
    std::replace(name.begin(), name.end(), '*', '_');
    std::replace(name.begin(), name.end(), ':', '-');
    return ClaimName::parse(name);
}

std::optional<ClientId> owner_of_lineage(const LineageName &lineage)
{
    const std::size_t at = lineage.str().find('@');
    if (at == std::string::npos)
        return std::nullopt;
    return ClientId::parse(lineage.str().substr(0, at));
}

std::string local_name(const LineageName &lineage)
{
    const std::size_t at = lineage.str().find('@');
    return at == std::string::npos ? lineage.str() : lineage.str().substr(at + 1);
}

SpoolPath AgentNames::requests()
{
    return SpoolPath("requests");
}

SpoolPath AgentNames::requests_tmp()
{
    return SpoolPath("requests/tmp");
}

SpoolPath AgentNames::requests_lock()
{
    return SpoolPath("requests/.lock");
}

SpoolPath AgentNames::request(const LineageName &lineage)
{
    return SpoolPath("requests/" + lineage.str() + std::string(wish_ending));
}

SpoolPath AgentNames::refusal(const LineageName &lineage)
{
    return SpoolPath("requests/" + lineage.str() + std::string(refusal_ending));
}

std::optional<LineageName> AgentNames::lineage_of_request(std::string_view file)
{
    return lineage_before(file, wish_ending);
}

std::optional<LineageName> AgentNames::lineage_of_refusal(std::string_view file)
{
    return lineage_before(file, refusal_ending);
}

SpoolPath AgentNames::account_used(const ClientScopedId &account)
{
    return SpoolPath("requests/" + account.str() + std::string(use_ending));
}

std::optional<ClientScopedId> AgentNames::account_of_use(std::string_view file)
{
    if (!file.ends_with(use_ending))
        return std::nullopt;
    try {
        return ClientScopedId::parse(file.substr(0, file.size() - use_ending.size()));
    } catch (const Error &) {
        return std::nullopt;
    }
}

SpoolPath AgentNames::names()
{
    return SpoolPath("names");
}

SpoolPath AgentNames::names_lock()
{
    // "lock" alone could be a host's name.
    return SpoolPath("names/.lock");
}

SpoolPath AgentNames::claim(const ClaimName &name)
{
    return SpoolPath("names/" + name.str());
}

SpoolPath AgentNames::tokens(const ClientId &client)
{
    return SpoolPath("clients/" + client.str() + "/tokens");
}

SpoolPath AgentNames::token(const ClientId &client, const TokenHash &hash)
{
    return SpoolPath(tokens(client).str() + "/" + hash.str());
}

}
