// SPDX-License-Identifier: MIT
// Rights: the spool belongs to one user, and whoever is root becomes that user before touching it.
// Only hooks run as root, and only for `deploy` (design: renew in a child as the owner, then
// deploy).
#pragma once

#include "base/child_process.h"

#include <optional>
#include <string>
#include <sys/types.h>

namespace acmeproxy {

struct SpoolOwner {
    uid_t uid;
    gid_t gid;
    std::string name; ///< empty where the number has no name
};

/// Who owns the folder; nullopt where there is none.
std::optional<SpoolOwner> owner_of(const std::string &base);

bool is_root();
/// As root: becomes the owner for good (groups, all three user ids). Does nothing for others, nor
/// where the owner is root.
void become(const SpoolOwner &owner);
/// As root: the effective user only, so that regain_root() can take it back in a child.
void act_as(const SpoolOwner &owner);
/// For run_child(): full root rights again. Empty where this process never had them.
BeforeExec regain_root();

}
