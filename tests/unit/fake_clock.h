// SPDX-License-Identifier: MIT
// A clock that stands still until it is set; sleeping moves it on.
#pragma once

#include "base/clock.h"

namespace acmeproxy {

class FakeClock : public Clock {
public:
    explicit FakeClock(Time start = Time(Seconds(1790000000))) : now_(start) {}
    Time now() const override { return now_; }
    std::chrono::steady_clock::time_point steady() const override
    {
        return std::chrono::steady_clock::time_point(steady_);
    }
    bool sleep(std::chrono::milliseconds duration) const override
    {
        steady_ += duration;
        now_ += std::chrono::floor<Seconds>(duration);
        return true;
    }
    void set(Time time) { now_ = time; }
    void advance(Seconds duration) { now_ += duration; }

private:
    mutable Time now_;
    mutable std::chrono::milliseconds steady_{0};
};

}
