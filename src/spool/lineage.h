// SPDX-License-Identifier: MIT
// One lineage on disk: a certificate that is kept fresh (doc/spool.md). Each arrow of the state
// table is one call here that ends in one rename. Callers that change something hold the lock.
// An object is for one thread.
#pragma once

#include "crypto/certificate.h"
#include "crypto/csr.h"
#include "crypto/key.h"
#include "spool/lineage_spec.h"
#include "spool/parsed_files.h"
#include "spool/records.h"
#include "spool/spool.h"
#include "spool/state.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

/// What a generation holds in the place of a private key, where that is only for a client.
struct SealedKey {
    std::string privkey; ///< an age file
    std::string bundle;  ///< begin_bundle() with the key (crypto/age_bundle.h)
};

/// What an agent has made for us, opened and verified.
struct ReceivedGeneration {
    const PrivateKey *key; ///< nullptr where the key stays elsewhere
    const Csr *csr;        ///< nullptr where the agent made the key
    const std::vector<Certificate> &chain;
    OriginRecord origin;
};

class Lineage {
public:
    Lineage(const Spool &spool, LineageName name) : spool_(spool), name_(std::move(name)) {}

    /// Makes the folder with cert.json and a `due` of now. False: the name is taken.
    static bool create(const Spool &spool, const LineageName &name, const LineageSpec &spec);
    /// The same with a first generation that is live at once: a sound certificate, obtained by
    /// another program and counted as stored when it became valid. One rename.
    static bool create_live(const Spool &spool, const LineageName &name, const LineageSpec &spec,
                            const PrivateKey &key, const std::vector<Certificate> &chain);

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

    // Generations. Readers give nullopt or nullptr for what is missing or damaged. The costly ones
    // parse a file once, as long as it stays the same file.
    std::vector<Generation> generations() const;
    std::optional<Generation> live() const;
    std::shared_ptr<const std::vector<Certificate>> chain(Generation number) const;
    std::shared_ptr<const Csr> request(Generation number) const;
    std::shared_ptr<const PrivateKey> private_key(Generation number) const;
    std::optional<SealedKey> sealed_key(Generation number) const;
    /// Whether the sealed files that `then` asks for are there, as far as can be seen without an
    /// identity; those of a certificate, too, if there is one.
    bool has_sealed_files(Generation number, const LineageSpec &then) const;
    std::optional<LineageSpec> wanted(Generation number) const;
    /// When the certificate was stored (mtime of fullchain.pem).
    std::optional<Time> stored_at(Generation number) const;
    /// How many certificates were stored in the 24 hours before `now`. One that is far ahead was
    /// stored by a clock that was wrong, and does not count.
    int stored_last_day(Time now) const;
    bool is_deployed(Generation number) const;
    std::string path(Generation number, GenerationFile file) const;

    // The arrows.
    /// `key` is nullptr where the key stays elsewhere.
    void begin(Generation number, const LineageSpec &spec, const PrivateKey *key,
               const Csr &csr) const;
    void begin(Generation number, const LineageSpec &spec, const SealedKey &key,
               const Csr &csr) const;
    /// A generation that is whole already: from wanted to issued in one rename.
    void receive(Generation number, const LineageSpec &spec,
                 const ReceivedGeneration &received) const;
    /// cert.pem and chain.pem, bundle.pem.age where it is sealed, and fullchain.pem last. What was
    /// deployed before is not any more.
    void commit(Generation number, const std::vector<Certificate> &chain) const;
    void switch_live(Generation number) const;
    void abandon(Generation number) const;
    void mark_deployed(Generation number) const;
    /// Writes cert.pem and chain.pem again where they are not what fullchain.pem says, and
    /// bundle.pem.age where it is missing or damaged and can be made anew.
    void complete(Generation number) const;
    /// bundle.begun is needed no more: no generation after this one will reuse its key.
    void drop_begun_bundle(Generation number) const;
    bool is_complete(Generation number) const;
    /// Whether bundle.pem.age is missing or damaged, and can be made anew.
    bool lacks_bundle(Generation number) const;
    /// Removes generations that are neither live nor the issued one before it nor younger than
    /// `age`.
    void prune(Time now, Seconds age) const;

    // order.json; a damaged one reads as nullopt.
    std::optional<OrderRecord> order() const;
    void write_order(const OrderRecord &record) const;
    void drop_order() const;
    /// origin.json; a missing or damaged one reads as nullopt.
    std::optional<OriginRecord> origin(Generation number) const;
    void write_origin(Generation number, const OriginRecord &record) const;
    // The caches; a missing or damaged one reads as empty.
    RetryRecord retry() const;
    void write_retry(const RetryRecord &record) const; ///< removes the file when it is clean
    std::optional<AriRecord> ari() const;
    void write_ari(const AriRecord &record) const;

    std::optional<Time> due() const;
    void set_due(Time when) const;

private:
    SpoolPath path_to(LineageFile file) const { return SpoolNames::lineage(name_, file); }
    struct NewFile {
        GenerationFile which;
        std::string_view content;
    };
    static void fill_generation(const Spool &spool, const SpoolPath &folder,
                                const LineageSpec &spec, const std::vector<NewFile> &files);
    void put_generation(Generation number, const LineageSpec &spec,
                        const std::vector<NewFile> &files) const;
    void write_bundle(Generation number, const LineageSpec &then,
                      const std::vector<Certificate> &chain) const;
    GenerationFacts facts_of(Generation number, const LineageSpec &spec,
                             std::vector<std::string> *damage) const;

    const Spool &spool_;
    LineageName name_;
    mutable ParsedFiles<std::vector<Certificate>> chains_;
    mutable ParsedFiles<Csr> requests_;
    mutable ParsedFiles<PrivateKey> keys_;
};

}
