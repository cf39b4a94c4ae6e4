// SPDX-License-Identifier: MIT
// The names on disk of what concerns clients of the agent: requests/, names/, clients/ID/tokens/
// (doc/spool.md). The third part of names.h, with the same promise.
//
// A client's lineage is stored as CLIENT@NAME; the client itself says NAME.
#pragma once

#include "spool/client_names.h"

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// The SHA-256 of a token: 64 lower-case hexadecimal digits.
using TokenHash = CheckedName<struct TokenHashTag>;
/// An identifier as a file name: "a.example", "_.a.example", "ip_192.0.2.1", "ip_2001-db8--1". No
/// two identifiers share one.
using ClaimName = CheckedName<struct ClaimTag>;
template <> TokenHash TokenHash::parse(std::string_view text);
template <> ClaimName ClaimName::parse(std::string_view text);

ClaimName claim_name(const Identifier &identifier);

/// Whose lineage it is by its name; nullopt for those of the operator.
std::optional<ClientId> owner_of_lineage(const LineageName &lineage);
/// The name as its client says it: without "CLIENT@".
std::string local_name(const LineageName &lineage);

/// Composes paths; all members are static.
class AgentNames {
public:
    static SpoolPath requests();
    /// Where the web program makes its files: it has no business in the spool's own tmp/.
    static SpoolPath requests_tmp();
    static SpoolPath requests_lock();
    static SpoolPath request(const LineageName &lineage);
    static SpoolPath refusal(const LineageName &lineage);
    /// The lineage of a file "CLIENT@NAME.json" or "CLIENT@NAME.refused" in requests/.
    static std::optional<LineageName> lineage_of_request(std::string_view file);
    static std::optional<LineageName> lineage_of_refusal(std::string_view file);

    /// A note that an account was used, and the account of a file "ACCT.used" in requests/.
    static SpoolPath account_used(const ClientScopedId &account);
    static std::optional<ClientScopedId> account_of_use(std::string_view file);

    static SpoolPath names();
    static SpoolPath names_lock();
    static SpoolPath claim(const ClaimName &name);

    static SpoolPath tokens(const ClientId &client);
    static SpoolPath token(const ClientId &client, const TokenHash &hash);
};

}
