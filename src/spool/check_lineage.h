// SPDX-License-Identifier: MIT
// One lineage's part of check.h: what its files say of each other, and whether the next pass can go
// on from them.
#pragma once

#include "base/clock.h"
#include "spool/findings.h"
#include "spool/lineage.h"

namespace acmeproxy {

/// A repair holds the lineage's lock. What is wrong with one never keeps others from being looked
/// at.
void check_lineage(const Lineage &lineage, Findings &findings, Time now);

}
