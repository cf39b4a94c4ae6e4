// SPDX-License-Identifier: MIT
#include "base/dir.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>

namespace acmeproxy {

namespace {

struct DirCloser {
    void operator()(DIR *dir) const { ::closedir(dir); }
};
using DirStream = std::unique_ptr<DIR, DirCloser>;

/// A stream over a folder of its own descriptor, so that offsets are not shared.
DirStream open_stream(int dir_fd, const char *relative)
{
    Fd fd(::openat(dir_fd, relative, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd)
        return nullptr;
    DIR *stream = ::fdopendir(fd.get());
    if (stream)
        fd.release();
    return DirStream(stream);
}

bool is_dot(const char *name)
{
    return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

const char *or_dot(const std::string &relative)
{
    return relative.empty() ? "." : relative.c_str();
}

}

Dir::Dir(const std::string &path)
    : fd_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), path_(path)
{
    if (!fd_)
        throw_errno("open folder " + path);
}

std::string Dir::path_of(std::string_view relative) const
{
    if (relative.empty())
        return path_;
    return path_ + (path_.ends_with('/') ? "" : "/") + std::string(relative);
}

std::optional<Dir> Dir::open_dir(const std::string &relative) const
{
    Fd fd(::openat(fd_.get(), relative.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOENT)
            return std::nullopt;
        throw_errno("open folder " + path_of(relative));
    }
    return Dir(std::move(fd), path_of(relative));
}

Fd Dir::open_file(const std::string &relative, int flags, mode_t mode) const
{
    Fd fd(::openat(fd_.get(), relative.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!fd && errno != ENOENT)
        throw_errno("open " + path_of(relative));
    return fd;
}

std::optional<std::string> Dir::read_file(const std::string &relative, std::size_t max_size) const
{
    // O_NONBLOCK: a FIFO put in place of a file must not hold us up.
    const Fd fd = open_file(relative, O_RDONLY | O_NONBLOCK);
    if (!fd)
        return std::nullopt;
    struct stat st = {};
    if (::fstat(fd.get(), &st) != 0)
        throw_errno("stat " + path_of(relative));
    if (!S_ISREG(st.st_mode))
        throw Error("read " + path_of(relative) + ": not a regular file");
    const auto too_large = [&] {
        return Error("read " + path_of(relative) + ": larger than " + std::to_string(max_size) +
                     " bytes");
    };
    // Before memory is asked for: a sparse file may say any size.
    if (static_cast<std::uintmax_t>(st.st_size) > max_size)
        throw too_large();
    std::string content;
    for (;;) {
        constexpr std::size_t step = 16384;
        const std::size_t have = content.size();
        content.resize(have + std::max<std::size_t>(step, static_cast<std::size_t>(st.st_size)));
        const ssize_t got = ::read(fd.get(), content.data() + have, content.size() - have);
        if (got < 0) {
            if (errno == EINTR) {
                content.resize(have);
                continue;
            }
            throw_errno("read " + path_of(relative));
        }
        content.resize(have + static_cast<std::size_t>(got));
        if (content.size() > max_size)
            throw too_large();
        if (got == 0)
            return content;
    }
}

std::optional<struct stat> Dir::status(const std::string &relative) const
{
    struct stat st = {};
    if (::fstatat(fd_.get(), or_dot(relative), &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return std::nullopt;
        throw_errno("stat " + path_of(relative));
    }
    return st;
}

std::optional<std::string> Dir::read_link(const std::string &relative) const
{
    char target[4096];
    const ssize_t size = ::readlinkat(fd_.get(), relative.c_str(), target, sizeof target);
    if (size < 0) {
        if (errno == ENOENT || errno == EINVAL || errno == ENOTDIR)
            return std::nullopt;
        throw_errno("read link " + path_of(relative));
    }
    return std::string(target, static_cast<std::size_t>(size));
}

void Dir::scan(const std::string &relative, const std::function<void(const char *)> &visit) const
{
    const DirStream stream = open_stream(fd_.get(), or_dot(relative));
    if (!stream) {
        if (errno == ENOENT)
            return;
        throw_errno("open folder " + path_of(relative));
    }
    for (;;) {
        errno = 0;
        const dirent *entry = ::readdir(stream.get());
        if (!entry) {
            if (errno != 0)
                throw_errno("list " + path_of(relative));
            return;
        }
        if (!is_dot(entry->d_name))
            visit(entry->d_name);
    }
}

std::vector<std::string> Dir::list(const std::string &relative) const
{
    std::vector<std::string> names;
    scan(relative, [&](const char *name) { names.emplace_back(name); });
    std::sort(names.begin(), names.end());
    return names;
}

bool Dir::make_dir(const std::string &relative, mode_t mode) const
{
    if (::mkdirat(fd_.get(), relative.c_str(), mode) != 0) {
        if (errno == EEXIST)
            return false;
        throw_errno("make folder " + path_of(relative));
    }
    if (::fchmodat(fd_.get(), relative.c_str(), mode, 0) != 0)
        throw_errno("set mode of " + path_of(relative));
    return true;
}

void Dir::make_link(const std::string &target, const std::string &relative) const
{
    if (::symlinkat(target.c_str(), fd_.get(), relative.c_str()) != 0)
        throw_errno("make link " + path_of(relative));
}

void Dir::rename(const std::string &from, const std::string &to) const
{
    if (::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) != 0)
        throw_errno("rename " + path_of(from) + " to " + to);
}

bool Dir::rename_new(const std::string &from, const std::string &to) const
{
    const int fd = fd_.get();
    int failed = ::renameat2(fd, from.c_str(), fd, to.c_str(), RENAME_NOREPLACE);
    if (failed && errno == EINVAL) { // NFS has no such flag
        if (exists(to))
            return false;
        failed = ::renameat(fd, from.c_str(), fd, to.c_str());
    }
    if (!failed)
        return true;
    if (errno == EEXIST || errno == ENOTEMPTY)
        return false;
    throw_errno("rename " + path_of(from) + " to " + to);
}

bool Dir::remove_file(const std::string &relative) const
{
    if (::unlinkat(fd_.get(), relative.c_str(), 0) == 0)
        return true;
    if (errno == ENOENT)
        return false;
    throw_errno("remove " + path_of(relative));
}

void Dir::remove_tree(const std::string &relative) const
{
    const auto st = status(relative);
    if (!st)
        return;
    if (!S_ISDIR(st->st_mode)) {
        remove_file(relative);
        return;
    }
    for (const std::string &name : list(relative))
        remove_tree(relative + "/" + name);
    if (::unlinkat(fd_.get(), relative.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
        throw_errno("remove folder " + path_of(relative));
}

void Dir::sync(const std::string &relative) const
{
    const Fd fd(
        ::openat(fd_.get(), or_dot(relative), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0)
        throw_errno("sync folder " + path_of(relative));
}

void Dir::sync_tree(const std::string &relative) const
{
    // All content is on its way before the first is waited for: a journal then has one commit for
    // it.
    std::vector<Fd> files;
    for (const std::string &name : list(relative)) {
        const std::string path = relative + "/" + name;
        const auto st = status(path);
        if (st && S_ISDIR(st->st_mode))
            sync_tree(path);
        if (!st || !S_ISREG(st->st_mode))
            continue;
        files.push_back(open_file(path, O_RDONLY));
        ::sync_file_range(files.back().get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    for (const Fd &file : files) {
        if (::fsync(file.get()) != 0)
            throw_errno("sync a file of " + path_of(relative));
    }
    sync(relative);
}

void Dir::set_mtime(const std::string &relative, time_t when) const
{
    const timespec times[2] = {{when, 0}, {when, 0}};
    if (::utimensat(fd_.get(), relative.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
        throw_errno("set time of " + path_of(relative));
}

}
