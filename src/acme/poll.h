// SPDX-License-Identifier: MIT
// How long to wait before the next look at an order: as the CA says (Retry-After), else from what
// it lately took, doubling up to 5 s; never beyond a deadline.
#pragma once

#include "base/clock.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace acmeproxy {

class Poll {
public:
    /// `expected_ms` is read for the first wait and, by succeeded(), moved towards what it took.
    Poll(const Clock &clock, std::chrono::milliseconds limit,
         std::atomic<std::int64_t> &expected_ms);

    /// Waits. False: the deadline would pass, or a stop was requested.
    bool wait(std::optional<Seconds> retry_after);
    /// The last look saw the end of it.
    void succeeded();

private:
    const Clock &clock_;
    const std::chrono::steady_clock::time_point start_;
    const std::chrono::steady_clock::time_point deadline_;
    std::atomic<std::int64_t> &expected_ms_;
    std::chrono::milliseconds next_;
    int waits_ = 0;
    bool told_ = false; ///< by the CA, how long to wait: then it is no measurement
};

}
