// SPDX-License-Identifier: MIT
#include "spool/name_claims.h"

#include "base/error.h"
#include "base/text.h"
#include "spool/layout.h"
#include "spool/lineage.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace acmeproxy {

namespace {

/// The names that a lineage is for, if that can be read.
std::optional<std::vector<Identifier>> identifiers_of(const Spool &spool, const LineageName &name)
try {
    return Lineage(spool, name).spec().identifiers;
} catch (const std::exception &) {
    return std::nullopt;
}

}

std::vector<LineageName> lineages_of(const Spool &spool, const ClientId &client)
{
    const std::string prefix = client.str() + "@";
    std::vector<LineageName> names;
    const std::string folder = SpoolNames::folder(SpoolFolder::certs).str();
    spool.dir().scan(folder, [&](const char *name) {
        if (std::strncmp(name, prefix.c_str(), prefix.size()) != 0)
            return;
        try {
            names.push_back(LineageName::parse(name));
        } catch (const Error &) {
            return; // spool check tells
        }
    });
    std::sort(names.begin(), names.end());
    return names;
}

Lock NameClaims::lock() const
{
    return spool_.hold(AgentNames::names_lock());
}

std::optional<ClientId> NameClaims::claimant(const ClaimName &name) const
{
    const auto text = spool_.read(AgentNames::claim(name));
    if (!text)
        return std::nullopt;
    try {
        return ClientId::parse(trim(*text));
    } catch (const Error &) {
        return std::nullopt; // damaged: nobody's
    }
}

std::optional<ClientId> NameClaims::claimant(const Identifier &name) const
{
    return claimant(claim_name(name));
}

std::vector<ClaimName> NameClaims::dangling() const
{
    std::set<std::pair<ClientId, ClaimName>> sound;
    std::set<ClientId> unknown; // clients with a lineage whose names nobody can read
    for (const LineageName &lineage : spool_.lineages()) {
        const auto client = owner_of_lineage(lineage);
        const auto names = client ? identifiers_of(spool_, lineage) : std::nullopt;
        if (client && !names)
            unknown.insert(*client);
        for (const Identifier &name : names.value_or(std::vector<Identifier>()))
            sound.emplace(*client, claim_name(name));
    }
    std::vector<ClaimName> found;
    for (const std::string &file : spool_.dir().list(AgentNames::names().str())) {
        if (!find_rule(AgentNames::names().str() + "/" + file) || file == ".lock")
            continue;
        const ClaimName name = ClaimName::parse(file);
        const auto client = claimant(name);
        if (!client || (!unknown.contains(*client) && !sound.contains({*client, name})))
            found.push_back(name);
    }
    return found;
}

bool NameClaims::has_lineage_of(const ClientId &client, const Identifier &name) const
{
    const std::vector<LineageName> all = lineages_of(spool_, client);
    return std::any_of(all.begin(), all.end(), [&](const LineageName &lineage) {
        const auto names = identifiers_of(spool_, lineage);
        // Of one that cannot be read nobody knows: its names stay its client's.
        return !names || std::find(names->begin(), names->end(), name) != names->end();
    });
}

std::vector<Identifier> NameClaims::taken_from(const ClientId &client,
                                               const std::vector<Identifier> &names) const
{
    std::vector<Identifier> taken;
    for (const Identifier &name : names) {
        const auto owner = claimant(name);
        if (owner && *owner != client && has_lineage_of(*owner, name))
            taken.push_back(name);
    }
    return taken;
}

std::vector<Identifier> NameClaims::claim(const ClientId &client,
                                          const std::vector<Identifier> &names) const
{
    std::vector<Identifier> taken = taken_from(client, names);
    if (!taken.empty())
        return taken;
    for (const Identifier &name : names) {
        if (claimant(name) != client)
            spool_.write(AgentNames::claim(claim_name(name)), client.str() + "\n");
    }
    return {};
}

void NameClaims::release(const ClientId &client, const std::vector<Identifier> &names) const
{
    for (const Identifier &name : names) {
        if (claimant(name) == client && !has_lineage_of(client, name))
            spool_.remove(AgentNames::claim(claim_name(name)));
    }
}

}
