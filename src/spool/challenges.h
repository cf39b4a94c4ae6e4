// SPDX-License-Identifier: MIT
// challenges/: what the CA fetches (RFC 8555, section 8.3), and the sweeps of what was left behind.
#pragma once

#include "base/clock.h"
#include "spool/spool.h"

#include <string>

namespace acmeproxy {

/// Not synced: a power cut ends the CA's visit, too.
void publish_challenge(const Spool &spool, const Token &token, const std::string &authorization);
void withdraw_challenge(const Spool &spool, const Token &token);

/// Removes challenges of over seven days and things in tmp/ of over one day. Returns how many.
int sweep(const Spool &spool, Time now);

}
