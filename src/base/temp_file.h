// SPDX-License-Identifier: MIT
// The write protocol: write in a folder for temporary things, fsync, rename into place, fsync the
// folder. A reader sees the old file or the new one, never a part, and a crash leaves at most a
// file in tmp/ that a sweep removes.
#pragma once

#include "base/dir.h"

#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

/// What must be on the disk before the call returns.
enum class Durability {
    synced,    ///< content and name survive a power cut
    content,   ///< the content does; the name as soon as its folder is synced with another's
    transient, ///< they need not: challenges, nonces
};

/// A new file under `tmp_folder` of `root` that removes itself unless it was put into place.
class TempFile {
public:
    /// `mode` is exact: the umask does not count. The folder must exist.
    TempFile(const Dir &root, const std::string &tmp_folder, mode_t mode);
    ~TempFile();
    TempFile(const TempFile &) = delete;
    TempFile &operator=(const TempFile &) = delete;

    void write(std::string_view content);
    /// The content goes on its way to the disk; whoever syncs later waits less.
    void begin_sync() const;
    /// Replaces `target` (relative to root).
    void rename_to(const std::string &target, Durability durability = Durability::synced);
    /// Claims `target` with link(2). False: another was first.
    bool link_to(const std::string &target, Durability durability = Durability::synced);

private:
    void sync_content(Durability durability);
    void sync_folder_of(const std::string &target, Durability durability);

    const Dir &root_;
    std::string name_;
    Fd fd_;
};

/// Writes a whole file by this protocol.
void replace_file(const Dir &root, const std::string &tmp_folder, const std::string &target,
                  std::string_view content, mode_t mode,
                  Durability durability = Durability::synced);

/// Makes a file with exactly `mode` in a folder that nobody else knows yet. It is not synced:
/// Dir::sync_tree() does that for the whole folder.
void write_new_file(const Dir &root, const std::string &target, std::string_view content,
                    mode_t mode);

/// Several files, each as by replace_file() and in this order, and then their one folder: all are
/// written before the first is synced, which costs a journal one commit instead of several.
struct NewContent {
    std::string target;
    std::string_view content;
    mode_t mode;
};
void replace_files(const Dir &root, const std::string &tmp_folder,
                   const std::vector<NewContent> &files);

/// A name for something new in tmp/: random, so that no two hosts or processes meet.
std::string unique_name();

}
