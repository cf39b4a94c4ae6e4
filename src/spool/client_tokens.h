// SPDX-License-Identifier: MIT
// clients/ID/tokens/HASH: bearer tokens of agent clients that speak no ACME. A token reads status
// and sealed files, and nothing else. Only its hash is stored: whoever reads the spool cannot use
// it.
//
// Threads and processes: all members may be called at once.
#pragma once

#include "base/clock.h"
#include "crypto/secret.h"
#include "spool/agent_names.h"
#include "spool/spool.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

struct ClientToken {
    ClientId client;
    TokenHash hash;
    Time created{};
    std::optional<Time> expires;
    std::string lineage; ///< as the client names it; empty: all of its lineages

    /// What it is called: "CLIENT.1f2e3d4c5b6a", of the hash, so no secret.
    std::string id() const { return client.str() + "." + hash.str().substr(0, 12); }
};

/// Of tokens/HASH. Throws JsonError.
ClientToken parse_client_token(const ClientId &client, const TokenHash &hash, const Json &json);

class ClientTokens {
public:
    explicit ClientTokens(const Spool &spool) : spool_(spool) {}

    /// A new token's text, "CLIENT.RANDOM": never to be had again.
    Secret add(const ClientId &client, const std::string &lineage, std::optional<Time> expires,
               Time now) const;
    /// nullopt: unknown, damaged or expired. Whether the client is enabled is not looked at.
    std::optional<ClientToken> find(std::string_view text, Time now) const;
    /// Those of one client, oldest first; expired ones, too.
    std::vector<ClientToken> list(const ClientId &client) const;
    /// False: there is none of that id.
    bool revoke(const ClientId &client, std::string_view id) const;
    /// Removes those that expired 30 days ago. Returns how many.
    int sweep(Time now) const;

private:
    std::optional<ClientToken> read(const ClientId &client, const TokenHash &hash) const;

    const Spool &spool_;
};

}
