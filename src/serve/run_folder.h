// SPDX-License-Identifier: MIT
// serve's folder below the run folder: sockets of the programs, the configurations of lighttpd, the
// self-signed certificate. One serve at a time holds it; nothing but the empty folder remains when
// that ends, and what a crash has left is cleared away by the next.
#pragma once

#include "base/dir.h"
#include "spool/owner.h"

#include <optional>
#include <string>

namespace acmeproxy {

/// Makes `path` where it is missing, for nobody but its owner; as root it is given to `owner`.
/// Throws where that cannot be, or where it is another's.
void make_run_folder(const std::string &path, const std::optional<SpoolOwner> &owner);

class RunFolder {
public:
    /// Takes the folder and empties it. Throws Error where another process has it.
    explicit RunFolder(const std::string &path);
    ~RunFolder();
    RunFolder(const RunFolder &) = delete;
    RunFolder &operator=(const RunFolder &) = delete;

    const Dir &dir() const { return dir_; }
    std::string path_of(const std::string &name) const { return dir_.path_of(name); }

    /// A unix socket of this name that listens.
    Fd listen(const std::string &name) const;
    /// A new file for its owner alone.
    void write(const std::string &name, std::string_view content) const;
    void remove(const std::string &name) const { dir_.remove_file(name); }

private:
    void clear() const;

    Dir dir_;
};

}
