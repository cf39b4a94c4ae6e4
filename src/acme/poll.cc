// SPDX-License-Identifier: MIT
#include "acme/poll.h"

#include <algorithm>

namespace acmeproxy {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{10};
constexpr milliseconds longest{5000};

}

Poll::Poll(const Clock &clock, milliseconds limit, std::atomic<std::int64_t> &expected_ms)
    : clock_(clock), start_(clock.steady()), deadline_(start_ + limit), expected_ms_(expected_ms),
      next_(std::clamp(milliseconds(expected_ms.load()), shortest, longest))
{
}

bool Poll::wait(std::optional<Seconds> retry_after)
{
    const auto now = clock_.steady();
    const auto left = std::chrono::floor<milliseconds>(deadline_ - now);
    if (left <= milliseconds(0))
        return false;
    milliseconds pause;
    if (retry_after && *retry_after > Seconds(0)) {
        // To look sooner than the CA asked for would be of no use.
        if (*retry_after > left)
            return false;
        pause = *retry_after;
        told_ = true;
    } else {
        pause = next_;
        // What was expected counts from the start, as succeeded() measures it.
        if (waits_ == 0)
            pause -= std::chrono::floor<milliseconds>(now - start_);
        pause = std::min(std::max(pause, shortest), left);
        next_ = std::min(next_ * 2, longest);
    }
    ++waits_;
    return clock_.sleep(pause);
}

void Poll::succeeded()
{
    if (waits_ == 0 || told_)
        return;
    const auto took = std::chrono::floor<milliseconds>(clock_.steady() - start_).count();
    const std::int64_t expected = expected_ms_.load();
    // After one look it may have been ready for long: expect it a little sooner. After several, it
    // became so between the last two. Racing workers may lose an update; it is a guess anyway.
    const std::int64_t guess =
        waits_ == 1 ? expected - (expected + 15) / 16 : (expected + took) / 2;
    expected_ms_.store(std::clamp<std::int64_t>(guess, shortest.count(), longest.count()));
}

}
