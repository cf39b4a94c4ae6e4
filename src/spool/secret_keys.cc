// SPDX-License-Identifier: MIT
#include "spool/secret_keys.h"

#include "base/error.h"
#include "base/random.h"
#include "crypto/sealed_box.h"
#include "spool/client_names.h"

#include <algorithm>
#include <mutex>

namespace acmeproxy {

namespace {

constexpr Seconds newest_age = std::chrono::days(30);
constexpr Seconds kept_after_use = std::chrono::days(30);

/// The names of all keys, newest first.
std::vector<SecretName> key_names(const Spool &spool)
{
    std::vector<SecretName> names;
    for (const std::string &name :
         spool.dir().list(ClientNames::folder(ClientFolder::secrets).str())) {
        try {
            names.push_back(SecretName::parse(name));
        } catch (const Error &) {
            continue; // not ours; spool check tells
        }
    }
    std::reverse(names.begin(), names.end());
    return names;
}

void make_key(const Spool &spool, Time now)
{
    std::string bytes = random_bytes(box_key_size);
    spool.write(ClientNames::secret(new_secret_name(now)), bytes);
    wipe(bytes);
}

}

SecretKeys load_secret_keys(const Spool &spool, Time now)
{
    std::vector<SecretName> names = key_names(spool);
    if (names.empty()) {
        make_key(spool, now);
        names = key_names(spool); // another process may have made one, too
    }
    SecretKeys keys;
    for (const SecretName &name : names) {
        auto key = spool.read_secret(ClientNames::secret(name));
        if (!key)
            continue; // dropped meanwhile
        if (key->size() != box_key_size)
            throw Error("read " + spool.path_of(ClientNames::secret(name)) +
                        ": it does not hold 32 bytes (remove it: clients then begin their orders "
                        "anew)");
        keys.push_back({name.str(), std::move(*key)});
    }
    if (keys.empty())
        throw Error("there is no key in " +
                    spool.path_of(ClientNames::folder(ClientFolder::secrets)));
    return keys;
}

void rotate_secret_keys(const Spool &spool, Time now)
{
    const std::vector<SecretName> names = key_names(spool);
    if (names.empty())
        return; // no web program has needed one yet
    if (now - time_of(names.front()) >= newest_age)
        make_key(spool, now);
    // A key is out of use since the next newer one was made, which may be long after it was due.
    for (std::size_t i = 1; i < names.size(); ++i) {
        if (now - time_of(names[i - 1]) >= kept_after_use)
            spool.remove(ClientNames::secret(names[i]));
    }
}

struct SecretKeyring::State {
    State(const Spool &of_spool, const Clock &by_clock) : spool(of_spool), clock(by_clock) {}

    const Spool &spool;
    const Clock &clock;
    std::mutex mutex;
    std::shared_ptr<const SecretKeys> keys;
    timespec changed{};
    std::chrono::steady_clock::time_point looked{};
};

SecretKeyring::SecretKeyring(const Spool &spool, const Clock &clock)
    : state_(std::make_unique<State>(spool, clock))
{
}

SecretKeyring::~SecretKeyring() = default;

std::shared_ptr<const SecretKeys> SecretKeyring::keys()
{
    State &state = *state_;
    const std::lock_guard guard(state.mutex);
    const auto st = state.spool.dir().status(ClientNames::folder(ClientFolder::secrets).str());
    const timespec changed = st ? st->st_mtim : timespec{};
    const auto now = state.clock.steady();
    const bool same = state.keys && changed.tv_sec == state.changed.tv_sec &&
                      changed.tv_nsec == state.changed.tv_nsec;
    // Over NFS a folder's time may be seen late.
    if (!same || now - state.looked > std::chrono::minutes(1)) {
        state.keys = std::make_shared<SecretKeys>(load_secret_keys(state.spool, state.clock.now()));
        state.changed = changed;
        state.looked = now;
    }
    return state.keys;
}

}
