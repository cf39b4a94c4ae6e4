// SPDX-License-Identifier: MIT
// fsck for a spool: compares what is on the disk with doc/spool.md, says what is wrong and what to
// do, and repairs what can be repaired without losing anything.
#pragma once

#include "base/clock.h"
#include "spool/spool.h"

#include <string>
#include <vector>

namespace acmeproxy {

struct Finding {
    std::string path;      ///< absolute
    std::string what;      ///< what is wrong
    std::string advice;    ///< what to do, or what was done
    bool mendable = false; ///< Repair::yes mends it, or has tried
    bool repaired = false;
};

enum class Repair { no, yes };

/// Wrong kinds, modes, owners and groups, things that do not belong, damaged files, claims on
/// nothing, lineages that cannot go on, and what a crash left behind long ago. Repair sets modes
/// and groups, makes missing folders, restores cert.json, live, due and the copies of a
/// certificate, and removes damaged caches, claims on nothing and what lies in tmp/ for over a day.
/// Nothing else is removed. It holds the lock of each lineage that it
/// mends.
std::vector<Finding> check_spool(const Spool &spool, Repair repair, Time now);

}
