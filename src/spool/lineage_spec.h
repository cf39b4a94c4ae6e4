// SPDX-License-Identifier: MIT
// What a lineage is for: the content of cert.json and wanted.json (doc/spool.md).
#pragma once

#include "base/identifier.h"
#include "crypto/age.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "spool/names.h"
#include "json/json.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct LineageSpec {
    std::vector<Identifier> identifiers; ///< the first one names the lineage by default
    std::string source = "acme";         ///< or "agent": a remote acmeproxy's sealed store
    std::string deliver = "files";       ///< or "sealed": the key for a client, as ciphertext only
    std::string ca;                      ///< a CA's name; empty: the configured default
    KeyType key_type = KeyType::ec256;
    bool reuse_key = false;
    std::string profile;
    std::string preferred_chain;
    std::string csr;  ///< PEM of a request whose key stays elsewhere, or empty
    std::string hook; ///< a file name in the hooks folder, or an absolute path, or empty

    // With source "agent".
    std::string server; ///< an https URL that ends in "/": https://HOST/agent/

    // With deliver "sealed".
    std::optional<ClientId> owner;        ///< whose it is; its policy must allow the names
    std::vector<AgeRecipient> recipients; ///< who can open it; at least one where we make the key
    std::optional<AgeRecipient> escrow;   ///< a key of the operator that can open it, too

    /// Whether acmeproxy makes the key.
    bool makes_key() const { return csr.empty(); }
    bool is_sealed() const { return deliver == "sealed"; }
    /// The recipients with the escrow key, sorted, each once.
    std::vector<AgeRecipient> all_recipients() const;
};

Json to_json(const LineageSpec &spec);
/// Throws JsonError / Error that name the member. Unknown members are an error: a misspelt one must
/// not be ignored.
LineageSpec parse_lineage_spec(const Json &json);
/// Why source, delivery and what goes with them do not fit together, or an empty text.
std::string contradiction_in(const LineageSpec &spec);

/// Whether a generation begun for `then` is still what `now` asks for: names (as a set), key, CA,
/// profile, request, source, server, delivery, owner, recipients (as a set) and escrow key. Hook
/// and preferred chain do not count.
bool asks_for_the_same(const LineageSpec &now, const LineageSpec &then);

/// All that a certificate tells, with defaults for the rest.
LineageSpec spec_from_certificate(const Certificate &certificate);

}
