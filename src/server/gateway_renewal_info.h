// SPDX-License-Identifier: MIT
// Renewal information (RFC 9773) is asked for by anybody who knows a certificate's id, without an
// account: answers are kept for a while, and what must be asked for is limited.
//
// Threads: all members may be called at once.
#pragma once

#include "base/clock.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// base64url "." base64url, as section 4.1 has it, of lengths that certificates have.
bool is_renewal_info_id(std::string_view text);

/// Lets through a burst, then some a second: per process.
class TokenBucket {
public:
    explicit TokenBucket(const Clock &clock) : clock_(clock), last_(clock.steady()) {}
    bool take();

private:
    static constexpr double burst = 50;
    static constexpr double per_second = 10;

    const Clock &clock_;
    std::mutex mutex_;
    double tokens_ = burst;
    std::chrono::steady_clock::time_point last_;
};

/// The last answers, at most 256, each for as long as the CA says and an hour at most.
class RenewalInfoCache {
public:
    struct Entry {
        std::string body; ///< JSON
        Time ask_again;   ///< as the CA said
    };

    explicit RenewalInfoCache(const Clock &clock) : clock_(clock) {}
    std::optional<Entry> find(const std::string &key);
    void put(const std::string &key, const Entry &entry);

private:
    struct Kept {
        Entry entry;
        Time until;
    };

    const Clock &clock_;
    std::mutex mutex_;
    std::map<std::string, Kept> entries_;
};

}
