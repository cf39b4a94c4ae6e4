// SPDX-License-Identifier: MIT
#include "import/import_folder.h"

#include "base/dir.h"
#include "base/error.h"
#include "crypto/secret.h"

#include <filesystem>

namespace acmeproxy {

namespace fs = std::filesystem;

namespace {

/// No layout is deeper; a link to a folder above must not lead in circles.
constexpr int most_levels = 8;

std::string canonical_folder(const std::string &path)
try {
    const std::string real = fs::canonical(path).string();
    if (!fs::is_directory(real))
        throw Error(path + " is no folder");
    return real;
} catch (const fs::filesystem_error &e) {
    throw Error("read " + path + ": " + e.code().message());
}

}

ImportFolder::ImportFolder(const std::string &path) : root_(canonical_folder(path)) {}

std::optional<std::string> ImportFolder::resolve(const std::string &relative) const
{
    std::error_code failed;
    const std::string real = fs::canonical(path_of(relative), failed).string();
    if (failed == std::errc::no_such_file_or_directory || failed == std::errc::not_a_directory)
        return std::nullopt;
    if (failed)
        throw Error("read " + path_of(relative) + ": " + failed.message());
    if (real != root_ && !real.starts_with(root_ == "/" ? root_ : root_ + "/"))
        throw Error("read " + path_of(relative) + ": it leads out of " + root_);
    return real;
}

bool ImportFolder::exists(const std::string &relative) const
{
    return resolve(relative).has_value();
}

bool ImportFolder::is_folder(const std::string &relative) const
{
    const auto real = resolve(relative);
    std::error_code ignored;
    return real && fs::is_directory(*real, ignored);
}

std::vector<std::string> ImportFolder::list(const std::string &relative) const
{
    return is_folder(relative) ? Dir(*resolve(relative)).list() : std::vector<std::string>();
}

void ImportFolder::find_in(const std::string &relative, const std::string &name, int depth,
                           std::vector<std::string> &found) const
{
    for (const std::string &entry : list(relative)) {
        if (entry == name)
            found.push_back(relative);
        const std::string below = relative + "/" + entry;
        if (depth < most_levels && is_folder(below))
            find_in(below, name, depth + 1, found);
    }
}

std::vector<std::string> ImportFolder::find(const std::string &relative,
                                            const std::string &name) const
{
    std::vector<std::string> found;
    find_in(relative, name, 0, found);
    return found;
}

std::optional<std::string> ImportFolder::read(const std::string &relative) const
{
    const auto real = resolve(relative);
    if (!real)
        return std::nullopt;
    const fs::path path(*real);
    return Dir(path.parent_path().string()).read_file(path.filename().string());
}

std::optional<Json> ImportFolder::read_json(const std::string &relative) const
{
    auto text = read(relative);
    if (!text)
        return std::nullopt;
    try {
        Json json = Json::parse(*text);
        wipe(*text); // certbot's account keys are JSON
        return json;
    } catch (...) {
        wipe(*text);
        rethrow_while("read " + path_of(relative));
    }
}

PrivateKey ImportFolder::read_key(const std::string &relative) const
try {
    const auto real = resolve(relative);
    const fs::path path(real.value_or(""));
    const auto pem =
        real ? read_secret_file(Dir(path.parent_path().string()), path.filename().string())
             : std::nullopt;
    if (!pem)
        throw Error("there is no such file");
    return PrivateKey::from_pem(pem->view());
} catch (...) {
    rethrow_while("read the key " + path_of(relative));
}

std::vector<Certificate> ImportFolder::read_chain(const std::string &relative) const
try {
    const auto pem = read(relative);
    if (!pem)
        throw Error("there is no such file");
    return parse_chain(*pem);
} catch (...) {
    rethrow_while("read the certificates " + path_of(relative));
}

}
