// SPDX-License-Identifier: MIT
// The challenge files of the gateway: offered when an authorization is pending, withdrawn when it
// is seen not to be any more, swept when nobody has looked again.
//
// A file is also the sign, for all processes and nodes, that the CA was told to look: it is told
// again only when the file has become old, so that clients that poll cost no validations.
//
// Threads and processes: all members may be called at once.
#pragma once

#include "base/clock.h"
#include "spool/spool.h"

#include <mutex>
#include <string>

namespace acmeproxy {

class ChallengeDesk {
public:
    ChallengeDesk(const Spool &spool, const Clock &clock) : spool_(spool), clock_(clock) {}

    /// Makes the file. True: the CA is to be told now.
    bool offer(const Token &token, const std::string &text) const;
    /// Never throws: what cannot be removed is logged and left to the sweep.
    void withdraw(const Token &token) const;
    /// Whether there is any file at all, ours or the renewer's.
    bool has_any() const;
    /// Removes files older than a day, at most once a minute. Never throws.
    void sweep_now_and_then();

private:
    void sweep() const;

    const Spool &spool_;
    const Clock &clock_;
    std::mutex mutex_;
    Time last_sweep_{};
};

}
