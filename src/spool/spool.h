// SPDX-License-Identifier: MIT
// A spool held open (doc/spool.md): reads and writes by SpoolPath, with the write protocol and the
// modes of the layout. What the files mean is in lineage.h, ca_store.h and challenges.h.
//
// Many processes and hosts may use one spool at once; a reader never sees half a file.
// Threads: const members may be called at once.
#pragma once

#include "base/dir.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/temp_file.h"
#include "crypto/secret.h"
#include "spool/names.h"
#include "json/json.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

/// A file of a newer acmeproxy: it is refused, and nothing is made anew over it.
class NewerFormat : public Error {
public:
    using Error::Error;
};

class Spool {
public:
    /// Throws Error, naming `acmeproxy spool init`, where there is none.
    explicit Spool(const std::string &base);

    const Dir &dir() const { return dir_; }
    /// The absolute name, for messages and hooks.
    std::string path_of(const SpoolPath &path) const { return dir_.path_of(path.str()); }

    std::optional<std::string> read(const SpoolPath &path) const;
    std::optional<Secret> read_secret(const SpoolPath &path) const;
    /// A JSON file with "format": 1; nullopt where there is none. Throws Error naming the file,
    /// with a NewerFormat as its cause where that number is larger.
    std::optional<Json> read_json(const SpoolPath &path) const;

    /// Replaces the file, with the mode of the layout.
    void write(const SpoolPath &path, std::string_view content,
               Durability durability = Durability::synced) const;
    /// As indented text, with "format": 1 in front.
    void write_json(const SpoolPath &path, const Json &json) const;
    /// Replaces several files of a generation, in this order; all are durable in the end.
    void write_together(const std::vector<std::pair<SpoolPath, std::string_view>> &files) const;
    /// Writes a file of a generation that is being built in a folder of tmp/; put_folder() syncs
    /// it.
    void write_in(const SpoolPath &folder, GenerationFile file, std::string_view content) const;
    /// Replaces the symbolic link at `path`, durably.
    void link(const std::string &target, const SpoolPath &path) const;
    /// Renames a folder of tmp/ to `to`, durably, with all that is in it. False: there is something
    /// already.
    bool put_folder(const SpoolPath &from, const SpoolPath &to) const;
    /// Makes an empty file where there is none.
    void touch(const SpoolPath &path) const;
    /// Makes a folder with the mode of the layout, durably. False: it was there.
    bool make_folder(const SpoolPath &path) const;
    bool remove(const SpoolPath &path) const { return dir_.remove_file(path.str()); }
    /// Makes a whole tree vanish at once, by a rename to tmp/, and then removes it.
    void remove_tree(const SpoolPath &path) const;
    bool exists(const SpoolPath &path) const { return dir_.exists(path.str()); }
    /// nullopt: another holds it, still after `wait`.
    std::optional<Lock> lock(const SpoolPath &path, std::chrono::milliseconds wait = {}) const;
    /// One that everybody gives back soon. Throws Error where it is not to be had within `wait`.
    Lock hold(const SpoolPath &path, std::chrono::seconds wait = std::chrono::seconds(10)) const;

    /// The names of all lineages, sorted. Folders whose names are no LineageName are left out.
    std::vector<LineageName> lineages() const;
    std::vector<CaName> cas() const;

private:
    Dir dir_;
};

/// What Spool::read_json() makes of a file's text.
Json parse_spool_json(const std::string &text);

/// Throws std::system_error that names the first of the spool's folders that this process may not
/// write to.
void check_writable(const Spool &spool);

/// Makes what is missing of a spool's folders, with their modes. As root: a new spool is given to
/// `owner`, a user's name, and refused where there is no such user; in a folder that is there its
/// owner gets them. Returns what was made, for people.
std::vector<std::string> init_spool(const std::string &base, const std::string &owner);

}
