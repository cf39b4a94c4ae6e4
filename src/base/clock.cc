// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include "base/stop.h"

namespace acmeproxy {

namespace {

class SystemClock : public Clock {
public:
    Time now() const override
    {
        return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
    }
    std::chrono::steady_clock::time_point steady() const override
    {
        return std::chrono::steady_clock::now();
    }
    bool sleep(std::chrono::milliseconds duration) const override
    {
        return sleep_unless_stopped(duration);
    }
};

}

const Clock &system_clock()
{
    static const SystemClock clock;
    return clock;
}

}
