// SPDX-License-Identifier: MIT
// nonces/MINUTE/NONCE: which anti-replay nonces were spent. One exclusive creation, so a nonce is
// accepted once over any number of processes and nodes.
#pragma once

#include "base/clock.h"
#include "spool/spool.h"

#include <string>

namespace acmeproxy {

constexpr Seconds nonce_lifetime = std::chrono::minutes(10);

/// `made`: when the nonce was made, so that one nonce has one place. `nonce`: its bytes' hash in
/// hexadecimal. False: it was spent before. Not synced: a power cut ends its life, too.
bool spend_nonce(const Spool &spool, Time made, const std::string &nonce);
/// Removes folders of minutes that are two lifetimes old.
int sweep_nonces(const Spool &spool, Time now, Seconds lifetime);

}
