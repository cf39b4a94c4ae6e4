// SPDX-License-Identifier: MIT
#include "renew/unrecorded.h"

#include "base/error.h"
#include "base/log.h"

namespace acmeproxy {

void put_off_unrecorded(const Lineage &lineage, Time now)
{
    try {
        if (lineage.exists())
            lineage.set_due(now + std::chrono::minutes(10));
    } catch (const std::exception &e) {
        log_debug(describe(e)); // a disk that is read-only: nothing gets so far that it repeats
    }
}

}
