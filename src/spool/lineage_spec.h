// SPDX-License-Identifier: MIT
// What a lineage is for: the content of cert.json and wanted.json (doc/spool.md).
#pragma once

#include "base/identifier.h"
#include "crypto/certificate.h"
#include "crypto/key.h"
#include "json/json.h"

#include <string>
#include <vector>

namespace acmeproxy {

struct LineageSpec {
    std::vector<Identifier> identifiers; ///< the first one names the lineage by default
    std::string source = "acme";
    std::string deliver = "files";
    std::string ca; ///< a CA's name; empty: the configured default
    KeyType key_type = KeyType::ec256;
    bool reuse_key = false;
    std::string profile;
    std::string preferred_chain;
    std::string csr;  ///< PEM of a request whose key stays elsewhere, or empty
    std::string hook; ///< a file name in the hooks folder, or an absolute path, or empty

    /// Whether acmeproxy makes the key.
    bool makes_key() const { return csr.empty(); }
};

Json to_json(const LineageSpec &spec);
/// Throws JsonError / Error that name the member. Unknown members are an error: a misspelt one must
/// not be ignored.
LineageSpec parse_lineage_spec(const Json &json);

/// Whether a generation begun for `then` is still what `now` asks for: names (as a set), key, CA,
/// profile, request, source and delivery. Hook and preferred chain do not count.
bool asks_for_the_same(const LineageSpec &now, const LineageSpec &then);

/// All that a certificate tells, with defaults for the rest.
LineageSpec spec_from_certificate(const Certificate &certificate);

}
