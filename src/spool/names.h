// SPDX-License-Identifier: MIT
// The names on disk (doc/spool.md): the only code that composes or parses a path of the spool.
// Every part of a path is a type that can only be had by parsing, and a path is a SpoolPath, which
// only the functions here make: a raw string never names a file.
#pragma once

#include "base/identifier.h"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// Common to the checked names below; Tag only keeps them apart.
template <class Tag> class CheckedName {
public:
    /// Throws Error that quotes the text and says what a name of this kind may be.
    static CheckedName parse(std::string_view text);
    const std::string &str() const { return text_; }
    auto operator<=>(const CheckedName &) const = default;

private:
    explicit CheckedName(std::string_view text) : text_(text) {}
    std::string text_;
};

/// Throws Error: `kind` "`text`": `rule`.
[[noreturn]] void refuse_name(const char *kind, std::string_view text, const char *rule);

/// A lineage: "a.example", "_.a.example", "CLIENT@a.example"; at most 200 bytes.
using LineageName = CheckedName<struct LineageTag>;
/// A CA: lower-case letters, digits and inner hyphens, at most 63.
using CaName = CheckedName<struct CaTag>;
/// A client, or "default" as an account's owner; the same alphabet as CaName.
using ClientId = CheckedName<struct ClientTag>;
/// A challenge's token: base64url, 1 to 128 characters (RFC 8555, section 8.3).
using Token = CheckedName<struct TokenTag>;

// How the text of each is checked stands in names.cc.
template <> LineageName LineageName::parse(std::string_view text);
template <> CaName CaName::parse(std::string_view text);
template <> ClientId ClientId::parse(std::string_view text);
template <> Token Token::parse(std::string_view text);

/// The name that a lineage of this first identifier has by default. Throws Error, naming --name,
/// where that is over 200 bytes.
LineageName default_lineage_name(const Identifier &first);
/// The name that a client's lineage has on disk: "CLIENT@NAME". Throws Error where that is over 200
/// bytes or `name` belongs to a client already.
LineageName client_lineage_name(const ClientId &client, const LineageName &name);

/// A generation's number, from 1.
using Generation = int;
std::string generation_text(Generation number); ///< "0001"
std::optional<Generation> parse_generation(std::string_view text);

/// A path relative to the base.
class SpoolPath {
public:
    const std::string &str() const { return text_; }
    auto operator<=>(const SpoolPath &) const = default;

private:
    friend class SpoolNames;
    friend class ClientNames;
    friend class AgentNames;
    explicit SpoolPath(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// What a generation's folder holds.
enum class GenerationFile {
    request,
    wanted,
    privkey,
    privkey_age,  ///< sealed, instead of privkey
    bundle_begun, ///< what bundle_age is made from, without the key (crypto/age_bundle.h)
    bundle_age,
    cert,
    chain,
    fullchain,
    origin, ///< of one that came from an agent: what the agent calls it
    deployed,
};
std::string file_name(GenerationFile file);
/// What a lineage's folder holds besides its generations.
enum class LineageFile { cert, lock, due, renew, retry, ari, order, live, generations };
enum class CaFile { ca, pause, lock, identity, accounts };
enum class AccountFile { key, next, account };
/// The folders of the base.
enum class SpoolFolder { challenges, cas, certs, tmp };

/// Composes paths; all members are static.
class SpoolNames {
public:
    static SpoolPath folder(SpoolFolder folder);
    static SpoolPath challenge(const Token &token);
    static SpoolPath ca(const CaName &ca);
    static SpoolPath ca(const CaName &ca, CaFile file);
    static SpoolPath account(const CaName &ca, const ClientId &owner);
    static SpoolPath account(const CaName &ca, const ClientId &owner, AccountFile file);
    static SpoolPath lineage(const LineageName &lineage);
    static SpoolPath lineage(const LineageName &lineage, LineageFile file);
    static SpoolPath generation(const LineageName &lineage, Generation number);
    static SpoolPath generation(const LineageName &lineage, Generation number, GenerationFile file);
    /// A new name in tmp/, different each time, on every host.
    static SpoolPath temporary();
    /// A file below a folder that temporary() named.
    static SpoolPath temporary(const SpoolPath &folder, GenerationFile file);
    /// A generation of a whole lineage that is being built there.
    static SpoolPath temporary(const SpoolPath &folder, Generation number);
    /// What `live` says when it points to this generation: "gen/0001".
    static std::string live_target(Generation number);
    static std::optional<Generation> parse_live_target(std::string_view target);
};

}
