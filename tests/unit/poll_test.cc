// SPDX-License-Identifier: MIT
#include "acme/poll.h"
#include "unit/fake_clock.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <vector>

using namespace acmeproxy;
using std::chrono::milliseconds;

namespace {

/// Writes down how long it was asked to sleep.
class RecordingClock : public FakeClock {
public:
    bool sleep(milliseconds duration) const override
    {
        slept.push_back(duration.count());
        FakeClock::sleep(duration);
        return !stopped;
    }
    mutable std::vector<std::int64_t> slept;
    bool stopped = false;
};

using Waits = std::vector<std::int64_t>;

}

BOOST_AUTO_TEST_SUITE(poll_test)

BOOST_AUTO_TEST_CASE(waits_double_up_to_5_s_and_end_at_the_deadline)
{
    const RecordingClock clock;
    std::atomic<std::int64_t> expected{1000};
    Poll poll(clock, milliseconds(20000), expected);
    while (poll.wait({})) {
    }
    BOOST_TEST(clock.slept == (Waits{1000, 2000, 4000, 5000, 5000, 3000}),
               boost::test_tools::per_element());
    BOOST_TEST(!poll.wait({}));
}

BOOST_AUTO_TEST_CASE(expectations_are_kept_in_bounds)
{
    for (const auto &[expectation, first] : {std::pair{-5, 10}, {0, 10}, {70, 70}, {60000, 5000}}) {
        const RecordingClock clock;
        std::atomic<std::int64_t> expected{expectation};
        Poll poll(clock, milliseconds(20000), expected);
        BOOST_TEST(poll.wait({}));
        BOOST_TEST(clock.slept.at(0) == first);
    }
}

BOOST_AUTO_TEST_CASE(the_first_wait_counts_from_the_start)
{
    const RecordingClock clock;
    std::atomic<std::int64_t> expected{1000};
    Poll poll(clock, milliseconds(20000), expected);
    clock.FakeClock::sleep(milliseconds(300));
    BOOST_TEST(poll.wait({}));
    Poll late(clock, milliseconds(20000), expected);
    clock.FakeClock::sleep(milliseconds(3000));
    BOOST_TEST(late.wait({}));
    BOOST_TEST(clock.slept == (Waits{700, 10}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(retry_after_is_obeyed)
{
    const RecordingClock clock;
    std::atomic<std::int64_t> expected{100};
    Poll poll(clock, milliseconds(20000), expected);
    BOOST_TEST(poll.wait(Seconds(3)));
    BOOST_TEST(poll.wait(Seconds(0)));
    BOOST_TEST(poll.wait({}));
    BOOST_TEST(clock.slept == (Waits{3000, 100, 200}), boost::test_tools::per_element());
    poll.succeeded();
    BOOST_TEST(expected == 100);
}

BOOST_AUTO_TEST_CASE(retry_after_beyond_the_deadline_ends_it_at_once)
{
    const RecordingClock clock;
    std::atomic<std::int64_t> expected{100};
    Poll poll(clock, milliseconds(20000), expected);
    BOOST_TEST(!poll.wait(Seconds(21)));
    BOOST_TEST(!poll.wait(Seconds(315360000)));
    BOOST_TEST(clock.slept.empty());
    BOOST_TEST(poll.wait(Seconds(20)));
    BOOST_TEST(!poll.wait(Seconds(1)));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_it)
{
    RecordingClock clock;
    clock.stopped = true;
    std::atomic<std::int64_t> expected{100};
    Poll poll(clock, milliseconds(20000), expected);
    BOOST_TEST(!poll.wait({}));
}

BOOST_AUTO_TEST_CASE(it_learns_how_long_the_ca_takes)
{
    const RecordingClock clock;
    std::atomic<std::int64_t> expected{50};
    for (int i = 0; i < 50; ++i) {
        Poll poll(clock, milliseconds(20000), expected);
        const auto ready = clock.steady() + milliseconds(400);
        while (clock.steady() < ready)
            BOOST_TEST_REQUIRE(poll.wait({}));
        poll.succeeded();
    }
    const auto looks = clock.slept.size();
    BOOST_TEST(looks < 65U);
    BOOST_TEST(expected >= 370);
    BOOST_TEST(expected <= 1300);
}

BOOST_AUTO_TEST_CASE(no_wait_teaches_nothing)
{
    const RecordingClock clock;
    std::atomic<std::int64_t> expected{50};
    Poll(clock, milliseconds(20000), expected).succeeded();
    BOOST_TEST(expected == 50);
}

BOOST_AUTO_TEST_SUITE_END()
