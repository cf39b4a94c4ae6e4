// SPDX-License-Identifier: MIT
#include "server/gateway_challenges.h"

#include "base/log.h"
#include "spool/challenges.h"

#include <vector>

namespace acmeproxy {

namespace {

/// A CA that was told looks within seconds; after that long the telling was lost, or the one who
/// was to tell was killed.
constexpr Seconds tell_again_after{10};
constexpr Seconds sweep_every{60};
constexpr std::chrono::hours oldest{24};

Time mtime_of(const struct stat &st)
{
    return Time(Seconds(st.st_mtime));
}

}

bool ChallengeDesk::offer(const Token &token, const std::string &text) const
{
    const auto st = spool_.dir().status(SpoolNames::challenge(token).str());
    const Time now = clock_.now();
    // One from the future is of a node whose clock is ahead.
    if (st && now < mtime_of(*st) + tell_again_after && mtime_of(*st) < now + std::chrono::hours(1))
        return false;
    publish_challenge(spool_, token, text);
    return true;
}

void ChallengeDesk::withdraw(const Token &token) const
{
    try {
        withdraw_challenge(spool_, token);
    } catch (const std::exception &e) {
        log_warning("gateway: leave a challenge to the sweep: " + describe(e));
    }
}

bool ChallengeDesk::has_any() const
{
    bool found = false;
    spool_.dir().scan(SpoolNames::folder(SpoolFolder::challenges).str(),
                      [&](const char *) { found = true; });
    return found;
}

void ChallengeDesk::sweep_now_and_then()
{
    const Time now = clock_.now();
    {
        const std::lock_guard guard(mutex_);
        if (now < last_sweep_ + sweep_every && last_sweep_ <= now)
            return;
        last_sweep_ = now;
    }
    try {
        sweep();
    } catch (const std::exception &e) {
        log_warning("gateway: sweep old challenges: " + describe(e));
    }
}

void ChallengeDesk::sweep() const
{
    const std::string folder = SpoolNames::folder(SpoolFolder::challenges).str();
    std::vector<std::string> old;
    spool_.dir().scan(folder, [&](const char *name) {
        const auto st = spool_.dir().status(folder + "/" + name);
        if (st && mtime_of(*st) + oldest < clock_.now())
            old.emplace_back(name);
    });
    for (const std::string &name : old) {
        try {
            withdraw(Token::parse(name));
        } catch (const Error &) {
            // no challenge: `spool check` tells of it
        }
    }
}

}
