// SPDX-License-Identifier: MIT
// Time as an argument: what decides by time takes a Clock, tests give it one of their own.
#pragma once

#include <chrono>

namespace acmeproxy {

using Seconds = std::chrono::seconds;
/// UTC, to the second: what files and protocols carry.
using Time = std::chrono::sys_seconds;

/// Threads: all members may be called at once.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    /// Monotonic: for time-outs and polling, never stored.
    virtual std::chrono::steady_clock::time_point steady() const = 0;
    /// Waits; returns early, with false, once stop_requested() (base/stop.h).
    virtual bool sleep(std::chrono::milliseconds duration) const = 0;
};

/// The real one.
const Clock &system_clock();

}
