// SPDX-License-Identifier: MIT
// names/IDENTIFIER: an exact name belongs to one client at a time. The lineages' own cert.json are
// the truth; a claim is an index to them, and one whose client has no lineage of that name any more
// counts for nothing: it is taken over by the next who wants the name.
//
// Processes: whoever claims holds the lock until the lineage says the same, or a claim that was
// just made would look like a dangling one.
#pragma once

#include "spool/agent_names.h"
#include "spool/spool.h"

#include <optional>
#include <vector>

namespace acmeproxy {

class NameClaims {
public:
    explicit NameClaims(const Spool &spool) : spool_(spool) {}

    /// For claim() and release(). Waits up to ten seconds; throws Error where another has it.
    Lock lock() const;
    /// Those that belong to another client than `client`. Needs no lock.
    std::vector<Identifier> taken_from(const ClientId &client,
                                       const std::vector<Identifier> &names) const;
    /// Claims all of them, or, where any is taken, none: those are returned.
    std::vector<Identifier> claim(const ClientId &client,
                                  const std::vector<Identifier> &names) const;
    /// Lets go those of `names` that no lineage of the client has any more.
    void release(const ClientId &client, const std::vector<Identifier> &names) const;

    /// Those that count for nothing: damaged, or of a client without a lineage of that name. Under
    /// the lock they can be removed.
    std::vector<ClaimName> dangling() const;
    void remove(const ClaimName &name) const { spool_.remove(AgentNames::claim(name)); }

private:
    std::optional<ClientId> claimant(const ClaimName &name) const;
    std::optional<ClientId> claimant(const Identifier &name) const;
    bool has_lineage_of(const ClientId &client, const Identifier &name) const;

    const Spool &spool_;
};

/// The lineages of one client, by their names on disk, sorted.
std::vector<LineageName> lineages_of(const Spool &spool, const ClientId &client);

}
