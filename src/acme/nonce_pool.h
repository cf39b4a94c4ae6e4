// SPDX-License-Identifier: MIT
// Anti-replay nonces of one CA (RFC 8555, section 6.5), shared by all workers: each answer brings
// one, each request takes one. The newest is given first, since CAs forget old ones; at most 64
// are kept.
//
// Threads: all members may be called at once.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// Section 6.5.1; of a size that is worth keeping.
bool is_nonce(std::string_view text);

class NoncePool {
public:
    void put(std::string nonce);
    std::optional<std::string> take();
    /// After badNonce: what else is old is likely bad, too.
    void clear();

private:
    std::mutex mutex_;
    std::deque<std::string> nonces_;
};

}
