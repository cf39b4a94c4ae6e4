// SPDX-License-Identifier: MIT
// One thread waits for everything: descriptors that become readable, and instants. Callbacks may
// add and remove whatever they like, themselves included.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace acmeproxy {

class EventLoop {
public:
    using Callback = std::function<void()>;
    using Timer = std::uint64_t; ///< never 0

    /// Calls back each time that `fd` is readable or at its end, until forget().
    void watch(int fd, Callback callback);
    void forget(int fd);

    /// Calls back once.
    Timer after(std::chrono::milliseconds delay, Callback callback);
    /// Nothing happens for a timer that has gone off, nor for 0.
    void cancel(Timer timer);

    /// Until `done` is true after some callback.
    void run_until(const std::function<bool()> &done);

private:
    using Clock = std::chrono::steady_clock;
    struct Entry {
        Clock::time_point when;
        Callback callback;
    };
    int milliseconds_to_next() const;
    void call_readable();
    void call_timers();

    std::map<int, std::shared_ptr<Callback>> watched_;
    std::map<Timer, Entry> timers_;
    Timer last_ = 0;
};

}
