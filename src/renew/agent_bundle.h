// SPDX-License-Identifier: MIT
// What comes from an agent, opened and looked at before it is trusted with anything: pure
// functions. An age file does not say who sealed it, so all that it holds is checked.
#pragma once

#include "crypto/age.h"
#include "crypto/certificate.h"
#include "spool/lineage_spec.h"
#include "spool/records.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

struct AgentBundle {
    std::optional<PrivateKey> key; ///< none where the key stays elsewhere
    std::vector<Certificate> chain;
};

/// Throws AgeError where no identity opens `file`, Error where what is in it is no bundle.
AgentBundle open_agent_bundle(const std::vector<AgeIdentity> &identities, std::string_view file);

/// Throws Error with the first reason why this is not what `spec` asks for: no key or one too many,
/// another kind of key, another key than the certificate's, other names, a chain that does not
/// verify, an end in the past.
void check_agent_bundle(const AgentBundle &bundle, const LineageSpec &spec, Time now);

/// Whether a certificate is older than the one that is installed: an agent never goes back, so
/// whoever sends it does not have what the agent had, or is somebody else.
bool is_rolled_back(const Certificate &received, const OriginRecord &origin,
                    const Certificate &installed,
                    const std::optional<OriginRecord> &installed_origin);

}
