// SPDX-License-Identifier: MIT
#include "server/wait_slots.h"

#include <boost/test/unit_test.hpp>
#include <thread>

using namespace acmeproxy;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(wait_slots_test)

BOOST_AUTO_TEST_CASE(no_more_wait_than_there_are_slots)
{
    WaitSlots slots(2, 2);
    const auto a = slots.take("a");
    auto b = slots.take("b");
    BOOST_TEST(a.has_value());
    BOOST_TEST(b.has_value());
    BOOST_TEST(!slots.take("c").has_value());
    b.reset();
    BOOST_TEST(slots.take("c").has_value());
}

BOOST_AUTO_TEST_CASE(one_client_cannot_take_them_all)
{
    WaitSlots slots(8, 2);
    auto first = slots.take("a");
    const auto second = slots.take("a");
    BOOST_TEST(!slots.take("a").has_value());
    BOOST_TEST(slots.take("b").has_value());
    first.reset();
    BOOST_TEST(slots.take("a").has_value());
}

BOOST_AUTO_TEST_CASE(a_refused_wait_takes_nothing)
{
    WaitSlots slots(2, 1);
    auto first = slots.take("a");
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(!slots.take("a").has_value());
    BOOST_TEST(slots.take("b").has_value());
}

BOOST_AUTO_TEST_CASE(a_slot_that_was_moved_is_given_back_once)
{
    WaitSlots slots(1, 1);
    {
        auto slot = slots.take("a");
        const WaitSlots::Slot moved(std::move(*slot));
        BOOST_TEST(!slots.take("b").has_value());
    }
    const auto b = slots.take("b");
    BOOST_TEST(b.has_value());
    BOOST_TEST(!slots.take("c").has_value());
}

BOOST_AUTO_TEST_CASE(sleep_lasts_unless_it_is_stopped)
{
    WaitSlots slots(2, 1);
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(slots.sleep(20ms));
    BOOST_TEST((std::chrono::steady_clock::now() - begin >= 20ms));
}

BOOST_AUTO_TEST_CASE(a_stop_ends_sleeps_and_grants_no_more)
{
    WaitSlots slots(2, 1);
    const PatientClock clock(system_clock(), slots);
    std::thread stopper([&] {
        std::this_thread::sleep_for(20ms);
        slots.stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(!clock.sleep(10s));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
    stopper.join();
    BOOST_TEST(!slots.take("a").has_value());
    BOOST_TEST(!slots.sleep(10s));
}

BOOST_AUTO_TEST_SUITE_END()
