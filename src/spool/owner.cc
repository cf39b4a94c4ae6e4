// SPDX-License-Identifier: MIT
#include "spool/owner.h"

#include "base/error.h"

#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

void take_groups_of(const SpoolOwner &owner)
{
    const int failed = owner.name.empty() ? ::setgroups(1, &owner.gid)
                                          : ::initgroups(owner.name.c_str(), owner.gid);
    if (failed)
        throw_errno("take the groups of the spool's owner " + owner.name);
}

}

std::optional<SpoolOwner> owner_of(const std::string &base)
{
    struct stat st = {};
    if (::stat(base.c_str(), &st) != 0) {
        if (errno == ENOENT)
            return std::nullopt;
        throw_errno("stat " + base);
    }
    const passwd *user = ::getpwuid(st.st_uid);
    return SpoolOwner{st.st_uid, user ? user->pw_gid : st.st_gid, user ? user->pw_name : ""};
}

bool is_root()
{
    return ::getuid() == 0;
}

void become(const SpoolOwner &owner)
{
    if (::geteuid() != 0 || owner.uid == 0)
        return;
    take_groups_of(owner);
    if (::setresgid(owner.gid, owner.gid, owner.gid) != 0 ||
        ::setresuid(owner.uid, owner.uid, owner.uid) != 0)
        throw_errno("become the spool's owner " + owner.name);
}

void act_as(const SpoolOwner &owner)
{
    if (::geteuid() != 0 || owner.uid == 0)
        return;
    take_groups_of(owner);
    if (::setegid(owner.gid) != 0 || ::seteuid(owner.uid) != 0)
        throw_errno("act as the spool's owner " + owner.name);
}

BeforeExec regain_root()
{
    if (::getuid() != 0)
        return {};
    return [] {
        return ::seteuid(0) == 0 && ::setgroups(0, nullptr) == 0 && ::setresgid(0, 0, 0) == 0 &&
               ::setresuid(0, 0, 0) == 0;
    };
}

}
