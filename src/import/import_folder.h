// SPDX-License-Identifier: MIT
// The folder of another ACME client, read and never written. Unlike in the spool, symbolic links
// are followed (certbot's live/ is made of them), but only to what lies in the folder, too: it may
// belong to a user whom root, who imports it, must not read other files for.
#pragma once

#include "crypto/certificate.h"
#include "crypto/key.h"
#include "json/json.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

class ImportFolder {
public:
    /// Throws Error where there is no such folder.
    explicit ImportFolder(const std::string &path);

    const std::string &path() const { return root_; }
    std::string path_of(const std::string &relative) const { return root_ + "/" + relative; }

    bool exists(const std::string &relative) const;
    bool is_folder(const std::string &relative) const;
    /// Names in a folder, sorted; none where there is no such folder.
    std::vector<std::string> list(const std::string &relative) const;
    /// Folders below `relative`, itself included, that have a file `name`; relative to the root.
    std::vector<std::string> find(const std::string &relative, const std::string &name) const;

    // nullopt where there is no such file. Errors name the file.
    std::optional<std::string> read(const std::string &relative) const;
    std::optional<Json> read_json(const std::string &relative) const;
    // Throws Error where there is none.
    PrivateKey read_key(const std::string &relative) const;
    std::vector<Certificate> read_chain(const std::string &relative) const;

private:
    /// Where `relative` is once links are followed; nullopt where there is nothing. Throws Error
    /// where that is not in the folder.
    std::optional<std::string> resolve(const std::string &relative) const;
    void find_in(const std::string &relative, const std::string &name, int depth,
                 std::vector<std::string> &found) const;

    std::string root_; ///< absolute, without links
};

}
