// SPDX-License-Identifier: MIT
#include "spool/spool.h"

#include "base/error.h"
#include "spool/layout.h"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <pwd.h>
#include <system_error>
#include <unistd.h>

namespace acmeproxy {

namespace {

constexpr const char *tmp_folder = "tmp";

Dir open_base(const std::string &base)
{
    try {
        return Dir(base);
    } catch (const std::system_error &e) {
        if (e.code().value() == ENOENT)
            throw Error("there is no spool at " + base + " (make one: acmeproxy --spool " + base +
                        " spool init)");
        throw;
    }
}

mode_t mode_of(const SpoolPath &path)
{
    const PathRule *rule = find_rule(path.str());
    if (!rule)
        throw Error("no rule for the path " + path.str());
    return rule->mode;
}

std::string folder_of(const SpoolPath &path)
{
    const std::size_t slash = path.str().rfind('/');
    return slash == std::string::npos ? "" : path.str().substr(0, slash);
}

/// Root would own all account keys and run what faces the network; that is for people to choose.
[[noreturn]] void refuse_without_owner(const std::string &base, const std::string &owner)
{
    throw Error("there is no user " + owner + " to give it to (make one: systemd-sysusers, or " +
                "useradd --system --home-dir " + base + " --shell /usr/sbin/nologin " + owner +
                "; to let root have it all the same: mkdir " + base + ")");
}

void give_to(const Dir &dir, const std::string &relative, uid_t user, gid_t group)
{
    if (::geteuid() == 0 &&
        ::fchownat(dir.fd(), relative.c_str(), user, group, AT_SYMLINK_NOFOLLOW) != 0)
        throw_errno("give " + dir.path_of(relative) + " to its owner");
}

}

Json parse_spool_json(const std::string &text)
{
    Json json = Json::parse(text);
    const std::int64_t format = json.int_at("format");
    if (format > 1)
        throw NewerFormat(
            fmt::format("its format is {}, not 1: it was made by a newer acmeproxy", format));
    if (format != 1)
        throw Error(fmt::format("its format is {}, not 1", format));
    return json;
}

Spool::Spool(const std::string &base) : dir_(open_base(base)) {}

std::optional<std::string> Spool::read(const SpoolPath &path) const
{
    return dir_.read_file(path.str());
}

std::optional<Secret> Spool::read_secret(const SpoolPath &path) const
{
    return read_secret_file(dir_, path.str());
}

std::optional<Json> Spool::read_json(const SpoolPath &path) const
{
    const auto text = read(path);
    if (!text)
        return std::nullopt;
    try {
        return parse_spool_json(*text);
    } catch (...) {
        rethrow_while("read " + path_of(path));
    }
}

void Spool::write(const SpoolPath &path, std::string_view content, Durability durability) const
{
    replace_file(dir_, tmp_folder, path.str(), content, mode_of(path), durability);
}

void Spool::write_json(const SpoolPath &path, const Json &json) const
{
    Json::Object members = {{"format", 1}};
    for (const auto &member : *json.as_object()) {
        if (member.first != "format")
            members.push_back(member);
    }
    write(path, Json(std::move(members)).to_pretty_text());
}

void Spool::write_together(const std::vector<std::pair<SpoolPath, std::string_view>> &files) const
{
    std::vector<NewContent> contents;
    for (const auto &[path, content] : files)
        contents.push_back({path.str(), content, mode_of(path)});
    replace_files(dir_, tmp_folder, contents);
}

void Spool::write_in(const SpoolPath &folder, GenerationFile file, std::string_view content) const
{
    static const LineageName any = LineageName::parse("any");
    write_new_file(dir_, SpoolNames::temporary(folder, file).str(), content,
                   mode_of(SpoolNames::generation(any, 1, file)));
}

void Spool::link(const std::string &target, const SpoolPath &path) const
{
    const SpoolPath temporary = SpoolNames::temporary();
    dir_.make_link(target, temporary.str());
    dir_.rename(temporary.str(), path.str());
    dir_.sync(folder_of(path));
}

bool Spool::put_folder(const SpoolPath &from, const SpoolPath &to) const
{
    dir_.sync_tree(from.str());
    if (!dir_.rename_new(from.str(), to.str()))
        return false;
    dir_.sync(folder_of(to));
    return true;
}

void Spool::touch(const SpoolPath &path) const
{
    if (!dir_.open_file(path.str(), O_WRONLY | O_CREAT, mode_of(path)))
        throw_errno("create " + path_of(path), ENOENT);
}

bool Spool::make_folder(const SpoolPath &path) const
{
    if (!dir_.make_dir(path.str(), mode_of(path)))
        return false;
    dir_.sync(folder_of(path));
    return true;
}

void Spool::remove_tree(const SpoolPath &path) const
{
    const SpoolPath away = SpoolNames::temporary();
    try {
        dir_.rename(path.str(), away.str());
    } catch (const std::system_error &e) {
        if (e.code().value() == ENOENT)
            return;
        throw;
    }
    dir_.remove_tree(away.str());
}

std::optional<Lock> Spool::lock(const SpoolPath &path, std::chrono::milliseconds wait) const
{
    return Lock::take(dir_, path.str(), wait);
}

Lock Spool::hold(const SpoolPath &path, std::chrono::seconds wait) const
{
    auto held = lock(path, wait);
    if (!held)
        throw Error(fmt::format("lock {}: another process has held it for {} s", path_of(path),
                                wait.count()));
    return std::move(*held);
}

std::vector<LineageName> Spool::lineages() const
{
    std::vector<LineageName> names;
    for (const std::string &name : dir_.list(SpoolNames::folder(SpoolFolder::certs).str())) {
        try {
            names.push_back(LineageName::parse(name));
        } catch (const Error &) {
            continue; // `spool check` reports it
        }
    }
    return names;
}

std::vector<CaName> Spool::cas() const
{
    std::vector<CaName> names;
    for (const std::string &name : dir_.list(SpoolNames::folder(SpoolFolder::cas).str())) {
        if (find_rule("cas/" + name))
            names.push_back(CaName::parse(name));
    }
    return names;
}

void check_writable(const Spool &spool)
{
    for (const PathRule &rule : layout()) {
        const std::string folder(rule.pattern);
        if (rule.is_fixed() && folder != "." &&
            ::faccessat(spool.dir().fd(), folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
            throw_errno("write to " + spool.dir().path_of(folder));
    }
}

std::vector<std::string> init_spool(const std::string &where, const std::string &owner)
{
    std::string base = where;
    while (base.size() > 1 && base.ends_with('/'))
        base.pop_back(); // or it would be its own parent
    std::vector<std::string> made;
    try {
        if (!std::filesystem::exists(base)) {
            const passwd *user = owner.empty() ? nullptr : ::getpwnam(owner.c_str());
            if (::geteuid() == 0 && !owner.empty() && !user)
                refuse_without_owner(base, owner);
            const std::filesystem::path parent = std::filesystem::path(base).parent_path();
            if (!parent.empty())
                std::filesystem::create_directories(parent);
            if (::mkdir(base.c_str(), 0751) != 0 && errno != EEXIST)
                throw_errno("make folder " + base);
            const Dir dir(base);
            if (::fchmod(dir.fd(), 0751) != 0)
                throw_errno("set mode of " + base);
            if (user)
                give_to(dir, ".", user->pw_uid, user->pw_gid);
            made.push_back(base);
        }
        const Dir dir(base);
        const struct stat st = *dir.status("");
        for (const PathRule &rule : layout()) {
            const bool wanted = rule.is_fixed() && rule.pattern != ".";
            if (!wanted || !dir.make_dir(std::string(rule.pattern), rule.mode))
                continue;
            give_to(dir, std::string(rule.pattern), st.st_uid, st.st_gid);
            made.push_back(dir.path_of(rule.pattern));
        }
        return made;
    } catch (...) {
        rethrow_while("make the spool " + base);
    }
}

}
