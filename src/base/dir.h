// SPDX-License-Identifier: MIT
// A folder held open: everything in it is reached through the descriptor, so that a rename or a
// symbolic link put in the way by someone else cannot lead us elsewhere. No call follows a
// symbolic link in the last component. Paths given to members are relative ("gen/0001/cert.pem").
//
// Threads: const members may be called at once. Errors: std::system_error naming the whole path.
#pragma once

#include "base/fd.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace acmeproxy {

class Dir {
public:
    /// Opens an existing folder. `path` is kept for messages; symbolic links in it are followed,
    /// since the administrator chose it.
    explicit Dir(const std::string &path);
    Dir(Dir &&) noexcept = default;
    Dir &operator=(Dir &&) noexcept = default;

    const std::string &path() const { return path_; }
    /// path() + "/" + relative, for messages and for programs that are given a file name.
    std::string path_of(std::string_view relative) const;
    int fd() const { return fd_.get(); }

    /// A folder below; nullopt where there is none.
    std::optional<Dir> open_dir(const std::string &relative) const;
    /// Opens a file with `flags` | O_NOFOLLOW | O_CLOEXEC; an empty Fd where there is none.
    Fd open_file(const std::string &relative, int flags, mode_t mode = 0) const;

    /// The whole of a regular file; nullopt where there is none. Larger than `max_size` is an
    /// Error: no file of the spool is.
    std::optional<std::string> read_file(const std::string &relative,
                                         std::size_t max_size = 1 << 20) const;
    /// What is at `relative` itself (lstat); nullopt where there is nothing.
    std::optional<struct stat> status(const std::string &relative) const;
    bool exists(const std::string &relative) const { return status(relative).has_value(); }
    /// Where a symbolic link points; nullopt where there is nothing or something else.
    std::optional<std::string> read_link(const std::string &relative) const;

    /// The names in a folder below ("" is this one), sorted, without "." and ".."; empty where
    /// there is no such folder.
    std::vector<std::string> list(const std::string &relative = "") const;
    /// Calls `visit` for each name, unsorted, holding none of them: for folders of any size.
    void scan(const std::string &relative, const std::function<void(const char *)> &visit) const;

    /// Makes a folder with exactly `mode` (the umask does not count). False: it was there.
    bool make_dir(const std::string &relative, mode_t mode) const;
    /// Makes a symbolic link at `relative` that says `target`; it must not exist.
    void make_link(const std::string &target, const std::string &relative) const;
    /// rename(2) inside this folder.
    void rename(const std::string &from, const std::string &to) const;
    /// The same where nothing is at `to`. False: there is something.
    bool rename_new(const std::string &from, const std::string &to) const;
    /// Removes a file or link. False: it was not there.
    bool remove_file(const std::string &relative) const;
    /// Removes a file or a folder with all that is in it; links are removed, not followed.
    void remove_tree(const std::string &relative) const;
    /// fsync of a folder below ("" is this one).
    void sync(const std::string &relative = "") const;
    /// fsync of all files and folders in a folder below, and of itself at last.
    void sync_tree(const std::string &relative) const;
    /// Sets access and modification time, to the second.
    void set_mtime(const std::string &relative, time_t when) const;

private:
    Dir(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    Fd fd_;
    std::string path_;
};

}
