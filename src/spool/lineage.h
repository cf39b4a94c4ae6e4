// SPDX-License-Identifier: MIT
// One lineage on disk: a certificate that is kept fresh (doc/spool.md). Each arrow of the state
// table is one call here that ends in one rename. Callers that change something hold the lock.
#pragma once

#include "crypto/certificate.h"
#include "crypto/csr.h"
#include "crypto/key.h"
#include "spool/lineage_spec.h"
#include "spool/records.h"
#include "spool/spool.h"
#include "spool/state.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

class Lineage {
public:
    Lineage(const Spool &spool, LineageName name) : spool_(spool), name_(std::move(name)) {}

    /// Makes the folder with cert.json and a `due` of now. False: the name is taken.
    static bool create(const Spool &spool, const LineageName &name, const LineageSpec &spec);

    const LineageName &name() const { return name_; }
    const Spool &spool() const { return spool_; }
    /// The absolute name of the folder, or of `live`.
    std::string path() const { return spool_.path_of(SpoolNames::lineage(name_)); }
    std::string path(LineageFile file) const { return spool_.path_of(path_to(file)); }
    bool exists() const;
    std::optional<Lock> lock(std::chrono::milliseconds wait = {}) const;
    /// The whole lineage vanishes.
    void remove() const { spool_.remove_tree(SpoolNames::lineage(name_)); }

    /// cert.json. Throws Error where it is missing or damaged.
    LineageSpec spec() const;
    void write_spec(const LineageSpec &spec) const;
    /// A spec from wanted.json of the newest generation that has a sound one, else from a
    /// certificate: for when cert.json is lost. nullopt: there is nothing to rebuild from.
    std::optional<LineageSpec> rebuild_spec() const;

    /// Looks at all files that decide the state. Appends to `damage`, where given, what is not as
    /// it should be, one text each.
    LineageFacts facts(const LineageSpec &spec, std::vector<std::string> *damage = nullptr) const;

    // Generations. Readers give nullopt for what is missing or damaged.
    std::vector<Generation> generations() const;
    std::optional<Generation> live() const;
    std::optional<std::vector<Certificate>> chain(Generation number) const;
    std::optional<Csr> request(Generation number) const;
    std::optional<PrivateKey> private_key(Generation number) const;
    std::optional<LineageSpec> wanted(Generation number) const;
    /// When the certificate was stored (mtime of fullchain.pem).
    std::optional<Time> stored_at(Generation number) const;
    bool is_deployed(Generation number) const;
    std::string path(Generation number, GenerationFile file) const;

    // The arrows.
    /// `key` is nullptr where the key stays elsewhere.
    void begin(Generation number, const LineageSpec &spec, const PrivateKey *key,
               const Csr &csr) const;
    /// cert.pem and chain.pem, and fullchain.pem last. What was deployed before is not any more.
    void commit(Generation number, const std::vector<Certificate> &chain) const;
    void switch_live(Generation number) const;
    void abandon(Generation number) const;
    void mark_deployed(Generation number) const;
    /// Writes cert.pem and chain.pem again where they are not what fullchain.pem says.
    void complete(Generation number) const;
    bool is_complete(Generation number) const;
    /// Removes generations that are neither live nor the issued one before it nor younger than
    /// `age`.
    void prune(Time now, Seconds age) const;

    // order.json; a damaged one reads as nullopt.
    std::optional<OrderRecord> order() const;
    void write_order(const OrderRecord &record) const;
    void drop_order() const;
    // The caches; a missing or damaged one reads as empty.
    RetryRecord retry() const;
    void write_retry(const RetryRecord &record) const; ///< removes the file when it is clean
    std::optional<AriRecord> ari() const;
    void write_ari(const AriRecord &record) const;

    std::optional<Time> due() const;
    void set_due(Time when) const;

private:
    SpoolPath path_to(LineageFile file) const { return SpoolNames::lineage(name_, file); }
    GenerationFacts facts_of(Generation number, const LineageSpec &spec,
                             std::vector<std::string> *damage) const;

    const Spool &spool_;
    LineageName name_;
};

}
