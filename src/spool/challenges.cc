// SPDX-License-Identifier: MIT
#include "spool/challenges.h"

#include "base/error.h"

namespace acmeproxy {

namespace {

int sweep_folder(const Spool &spool, SpoolFolder folder, Time now, Seconds age)
{
    int removed = 0;
    const std::string path = SpoolNames::folder(folder).str();
    for (const std::string &name : spool.dir().list(path)) {
        const auto st = spool.dir().status(path + "/" + name);
        if (!st || now - Time(Seconds(st->st_mtime)) <= age)
            continue;
        spool.dir().remove_tree(path + "/" + name);
        ++removed;
    }
    return removed;
}

}

void publish_challenge(const Spool &spool, const Token &token, const std::string &authorization)
{
    spool.write(SpoolNames::challenge(token), authorization, Durability::transient);
}

void withdraw_challenge(const Spool &spool, const Token &token)
{
    spool.remove(SpoolNames::challenge(token));
}

int sweep(const Spool &spool, Time now)
{
    // An authorization lives 7 days at Let's Encrypt; what a crash left may still be asked for.
    return sweep_folder(spool, SpoolFolder::challenges, now, std::chrono::days(7)) +
           sweep_folder(spool, SpoolFolder::tmp, now, std::chrono::days(1));
}

}
