// SPDX-License-Identifier: MIT
// What is done about results that cannot be written down, as on a full disk.
#pragma once

#include "base/clock.h"
#include "spool/lineage.h"

namespace acmeproxy {

/// Has the lineage rest for ten minutes: else each pass, which may be each minute, would place
/// another order, or run the hook again. A time can be set where nothing can be written. Never
/// throws.
void put_off_unrecorded(const Lineage &lineage, Time now);

}
