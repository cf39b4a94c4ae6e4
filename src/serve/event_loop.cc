// SPDX-License-Identifier: MIT
#include "serve/event_loop.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <vector>

namespace acmeproxy {

void EventLoop::watch(int fd, Callback callback)
{
    watched_[fd] = std::make_shared<Callback>(std::move(callback));
}

void EventLoop::forget(int fd)
{
    watched_.erase(fd);
}

EventLoop::Timer EventLoop::after(std::chrono::milliseconds delay, Callback callback)
{
    timers_.emplace(++last_, Entry{Clock::now() + delay, std::move(callback)});
    return last_;
}

void EventLoop::cancel(Timer timer)
{
    timers_.erase(timer);
}

void EventLoop::run_until(const std::function<bool()> &done)
{
    while (!done()) {
        call_readable();
        call_timers();
    }
}

int EventLoop::milliseconds_to_next() const
{
    if (timers_.empty())
        return -1;
    const auto next = std::min_element(timers_.begin(), timers_.end(), [](auto &a, auto &b) {
                          return a.second.when < b.second.when;
                      })->second.when;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
}

void EventLoop::call_readable()
{
    std::vector<pollfd> polled;
    std::vector<std::shared_ptr<Callback>> callbacks;
    for (const auto &[fd, callback] : watched_) {
        polled.push_back({fd, POLLIN, 0});
        callbacks.push_back(callback);
    }
    const int count = ::poll(polled.data(), polled.size(), milliseconds_to_next());
    if (count < 0 && errno != EINTR)
        throw_errno("wait for events");
    for (std::size_t i = 0; count > 0 && i < polled.size(); ++i) {
        // An earlier callback may have forgotten it, or its number may be another's by now.
        const auto still = watched_.find(polled[i].fd);
        if (polled[i].revents != 0 && still != watched_.end() && still->second == callbacks[i])
            (*callbacks[i])();
    }
}

void EventLoop::call_timers()
{
    const Clock::time_point now = Clock::now();
    std::vector<Timer> due;
    for (const auto &[timer, entry] : timers_) {
        if (entry.when <= now)
            due.push_back(timer);
    }
    for (const Timer timer : due) {
        auto entry = timers_.extract(timer);
        if (!entry.empty()) // an earlier one may have cancelled it
            entry.mapped().callback();
    }
}

}
