// SPDX-License-Identifier: MIT
#include "serve/run_folder.h"

#include "base/error.h"
#include "base/log.h"
#include "base/temp_file.h"
#include "serve/listen_address.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

constexpr mode_t private_folder = 0700;
constexpr mode_t private_file = 0600;

/// A shared folder like /run/acmeproxy, whose folders are others' affair.
void make_parents(const std::filesystem::path &path)
{
    if (path.empty() || std::filesystem::exists(path))
        return;
    make_parents(path.parent_path());
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        throw_errno("make the folder " + path.string());
    ::chmod(path.c_str(), 0755); // whatever the umask
}

}

void make_run_folder(const std::string &path, const std::optional<SpoolOwner> &owner)
{
    make_parents(std::filesystem::path(path).parent_path());
    if (::mkdir(path.c_str(), private_folder) != 0 && errno != EEXIST)
        throw_errno("make the run folder " + path);
    const Dir dir(path);
    const bool is_given = is_root() && owner;
    if (is_given && ::fchown(dir.fd(), owner->uid, owner->gid) != 0)
        throw_errno("give the run folder " + path + " to " + owner->name);
    const struct stat st = *dir.status("");
    if (st.st_uid != (is_given ? owner->uid : ::geteuid()))
        throw Error("use the run folder " + path + ": it belongs to another user");
    if (::fchmod(dir.fd(), private_folder) != 0)
        throw_errno("set the mode of " + path);
}

RunFolder::RunFolder(const std::string &path) : dir_(path)
{
    // Ends with this process; children inherit no descriptor.
    if (::flock(dir_.fd(), LOCK_EX | LOCK_NB) != 0)
        throw Error("use the run folder " + path + ": another \"acmeproxy serve\" has it");
    clear();
}

RunFolder::~RunFolder()
{
    try {
        clear();
    } catch (...) {
        log_error("clear the run folder: " + describe_current());
    }
}

void RunFolder::clear() const
{
    for (const std::string &name : dir_.list())
        dir_.remove_tree(name);
}

Fd RunFolder::listen(const std::string &name) const
{
    const std::string path = path_of(name);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw Error("listen on " + path + ": a socket's name has at most " +
                    std::to_string(sizeof address.sun_path - 1) +
                    " bytes (choose a shorter run "
                    "folder)");
    std::memcpy(address.sun_path, path.data(), path.size());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
        ::listen(fd.get(), listen_backlog) != 0)
        throw_errno("listen on " + path);
    return fd;
}

void RunFolder::write(const std::string &name, std::string_view content) const
{
    replace_file(dir_, ".", name, content, private_file, Durability::transient);
}

}
