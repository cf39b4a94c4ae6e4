// SPDX-License-Identifier: MIT
// secrets/: the keys that nonces and URLs are sealed with, newest first. The newest seals, all
// open. A new one is made every 30 days, and none is dropped before it has been out of use for 30
// days: what is in flight outlives a rotation. All nodes of one spool share them.
#pragma once

#include "base/clock.h"
#include "crypto/secret.h"
#include "spool/spool.h"

#include <memory>
#include <string>
#include <vector>

namespace acmeproxy {

struct SecretKey {
    std::string id; ///< its file's name
    Secret key;     ///< box_key_size bytes
};
using SecretKeys = std::vector<SecretKey>;

/// Loads them; makes the first one where there is none. Never empty.
SecretKeys load_secret_keys(const Spool &spool, Time now);
/// The renewer's part: a new key when the newest is 30 days old, removal of what is out of use for
/// 30 days.
void rotate_secret_keys(const Spool &spool, Time now);

/// For long-lived programs: keys are read again when the folder has changed, and at most a minute
/// late. Threads: may be shared.
class SecretKeyring {
public:
    SecretKeyring(const Spool &spool, const Clock &clock);
    ~SecretKeyring();
    std::shared_ptr<const SecretKeys> keys();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}
