// SPDX-License-Identifier: MIT
#include "server/gateway_challenges.h"

#include "base/log.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::hours;

namespace {

using Names = std::vector<std::string>;

struct Fixture : SpoolFixture {
    Fixture() : desk(spool, clock) {}

    void put(const std::string &name, Time when) const
    {
        overwrite("challenges/" + name, "x");
        touch(name, when);
    }
    void touch(const std::string &name, Time when) const
    {
        spool.dir().set_mtime("challenges/" + name, when.time_since_epoch().count());
    }
    Names left() const { return spool.dir().list("challenges"); }
    void check_left(const Names &expected) const
    {
        BOOST_TEST(left() == expected, boost::test_tools::per_element());
    }

    ChallengeDesk desk;
    Time now = clock.now();
    Token token = Token::parse("token");
};

}

BOOST_FIXTURE_TEST_SUITE(gateway_challenges_test, Fixture)

BOOST_AUTO_TEST_CASE(what_nobody_has_looked_at_for_a_day_is_swept)
{
    put("ahead", now + hours(24));
    put("day", now - hours(24));
    put("old", now - hours(24) - Seconds(1));
    put("very-old", now - hours(24 * 30));
    put("young", now);
    desk.sweep_now_and_then();
    check_left({"ahead", "day", "young"});
}

BOOST_AUTO_TEST_CASE(it_sweeps_once_a_minute)
{
    desk.sweep_now_and_then();
    put("old", now - hours(48));
    clock.advance(Seconds(59));
    desk.sweep_now_and_then();
    check_left({"old"});
    clock.advance(Seconds(1));
    desk.sweep_now_and_then();
    check_left({});
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_does_not_end_the_sweeps)
{
    desk.sweep_now_and_then();
    clock.set(now - hours(24 * 365));
    put("old", clock.now() - hours(48));
    desk.sweep_now_and_then();
    check_left({});
}

BOOST_AUTO_TEST_CASE(what_is_no_challenge_stays_and_stops_nothing)
{
    put("no.token", now - hours(48));
    put("old", now - hours(48));
    desk.sweep_now_and_then();
    check_left({"no.token"});
}

BOOST_AUTO_TEST_CASE(a_sweep_that_fails_is_no_error_of_the_request)
{
    remove("challenges");
    desk.sweep_now_and_then();
    BOOST_TEST(!spool.dir().status("challenges").has_value());
}

BOOST_AUTO_TEST_CASE(the_ca_is_told_again_when_the_file_has_become_old)
{
    BOOST_TEST(desk.offer(token, "text"));
    BOOST_TEST(content("challenges/token") == "text");
    const std::pair<Seconds, bool> table[] = {
        {Seconds(0), false},    {Seconds(9), false},  {Seconds(10), true},
        {Seconds(86400), true}, {Seconds(-1), false}, {Seconds(-3599), false},
        {Seconds(-3600), true}, // no clock of a node is that wrong
    };
    for (const auto &[age, told] : table) {
        BOOST_TEST_CONTEXT(age.count())
        {
            touch("token", now - age);
            BOOST_TEST(desk.offer(token, "text") == told);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_offered_is_there_until_it_is_withdrawn)
{
    BOOST_TEST(!desk.has_any());
    desk.offer(token, "text");
    BOOST_TEST(desk.has_any());
    desk.withdraw(token);
    desk.withdraw(token); // by another process already
    BOOST_TEST(!desk.has_any());
}

BOOST_AUTO_TEST_SUITE_END()
