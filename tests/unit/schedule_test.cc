// SPDX-License-Identifier: MIT
#include "renew/schedule.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <random>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr Time t0 = TestCa::epoch;

CertificateTimes of_days(int lifetime)
{
    return {t0, t0 + days(lifetime), t0};
}

double hours_after(Time time, Time from = t0)
{
    return double((time - from).count()) / 3600;
}

UnitRandom always(double value)
{
    return [value] { return value; };
}

RenewalReason reason(const RenewalQuestion &question, Time now)
{
    return renewal_reason(question, now);
}

/// A question and a record at random, from sound to absurd.
class Dice {
public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    std::int64_t in(std::int64_t least, std::int64_t most)
    {
        return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
    }
    bool coin() { return in(0, 1) == 1; }
    Time around(Time middle) { return middle + Seconds(in(-200 * 86400, 200 * 86400)); }
    std::optional<Time> perhaps(Time middle)
    {
        return coin() ? std::optional(around(middle)) : std::nullopt;
    }

private:
    std::mt19937 engine_;
};

DueQuestion any_question(Dice &dice, Time now)
{
    DueQuestion question;
    const Time start = dice.around(now);
    question.times = CertificateTimes{start, start + Seconds(dice.in(1, 100 * 86400)),
                                      dice.coin() ? start : dice.around(now)};
    if (dice.coin()) {
        AriRecord ari;
        ari.picked = dice.perhaps(now);
        ari.next_poll = dice.around(now);
        question.ari = ari;
    }
    question.retry.attempts = dice.coin() ? 1 : 0;
    question.retry.next = dice.perhaps(now);
    question.retry.hook_next = dice.perhaps(now);
    question.deployed = dice.coin();
    return question;
}

}

BOOST_AUTO_TEST_SUITE(schedule_test)

BOOST_AUTO_TEST_CASE(the_fallback_follows_the_lifetime)
{
    const struct {
        int lifetime;
        double hours; ///< after the beginning
    } table[] = {{90, 60 * 24}, {45, 30 * 24}, {10, 10 * 24 * 2 / 3.0}, {9, 4.5 * 24}, {6, 3 * 24}};
    for (const auto &row : table)
        BOOST_TEST(hours_after(fallback_instant(of_days(row.lifetime))) == row.hours,
                   boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(a_certificate_is_renewed_at_its_fallback_and_not_before)
{
    for (const int lifetime : {90, 45, 6}) {
        const RenewalQuestion question{.times = of_days(lifetime), .picked = {}};
        const Time due = fallback_instant(question.times);
        BOOST_TEST((reason(question, due - Seconds(1)) == RenewalReason::none));
        BOOST_TEST((reason(question, due) == RenewalReason::lifetime));
        BOOST_TEST((reason(question, due + days(200)) == RenewalReason::lifetime));
    }
}

BOOST_AUTO_TEST_CASE(the_floor_holds_back_all_but_three_reasons)
{
    RenewalQuestion question{.times = of_days(90), .picked = {}};
    question.damaged = true;
    const Time inside = t0 + days(9) - Seconds(1);
    BOOST_TEST((reason(question, inside) == RenewalReason::none));
    BOOST_TEST((reason(question, t0 + days(9)) == RenewalReason::damaged));
    question.changed = true;
    BOOST_TEST((reason(question, inside) == RenewalReason::changed));
    question.changed = false;
    question.picked = inside;
    BOOST_TEST((reason(question, inside) == RenewalReason::window));
    BOOST_TEST((reason(question, inside - Seconds(1)) == RenewalReason::none));
    question.forced = true;
    BOOST_TEST((reason(question, t0) == RenewalReason::forced));
}

BOOST_AUTO_TEST_CASE(the_floor_counts_from_when_the_certificate_was_stored)
{
    // A CA that hands out an old certificate must not see an order a pass.
    RenewalQuestion question{.times = of_days(90), .picked = {}};
    question.times.stored = t0 + days(80);
    BOOST_TEST((reason(question, t0 + days(81)) == RenewalReason::none));
    BOOST_TEST((reason(question, t0 + days(89)) == RenewalReason::lifetime));
}

BOOST_AUTO_TEST_CASE(by_itself_not_more_than_twice_a_day)
{
    RenewalQuestion question{.times = of_days(90), .picked = {}};
    question.changed = true;
    question.damaged = true;
    question.picked = t0;
    const Time late = t0 + days(89);
    question.stored_last_day = 1;
    BOOST_TEST((reason(question, late) == RenewalReason::changed));
    question.stored_last_day = 2;
    BOOST_TEST((reason(question, late) == RenewalReason::none));
    question.forced = true;
    BOOST_TEST((reason(question, late) == RenewalReason::forced));
}

BOOST_AUTO_TEST_CASE(a_window_replaces_the_fallback_but_not_the_backstop)
{
    RenewalQuestion question{.times = of_days(90), .picked = {}};
    question.picked = t0 + days(88);
    BOOST_TEST((reason(question, t0 + days(70)) == RenewalReason::none));
    BOOST_TEST((reason(question, t0 + days(81)) == RenewalReason::lifetime));
    question.picked = t0 + days(100);
    BOOST_TEST((reason(question, t0 + days(81)) == RenewalReason::lifetime));
    question.picked = t0 - days(5); // mass revocation: the CA says "now"
    BOOST_TEST((reason(question, t0 + Seconds(1)) == RenewalReason::window));
}

BOOST_AUTO_TEST_CASE(windows_that_cannot_be_obeyed)
{
    const CertificateTimes times = of_days(90);
    BOOST_TEST(is_sound_window(t0 + days(50), t0 + days(52), times));
    BOOST_TEST(is_sound_window(t0 - days(9), t0 - days(8), times)); // the past means now
    BOOST_TEST(is_sound_window(t0 + days(89), t0 + days(95), times));
    BOOST_TEST(!is_sound_window(t0 + days(50), t0 + days(50), times));
    BOOST_TEST(!is_sound_window(t0 + days(52), t0 + days(50), times));
    BOOST_TEST(!is_sound_window(t0 + days(90), t0 + days(92), times));
}

BOOST_AUTO_TEST_CASE(an_instant_in_the_window_is_picked_once)
{
    const Time start = t0 + days(60), end = t0 + days(62);
    const AriRecord first = pick_in_window(std::nullopt, "a.1", start, end, always(0.25));
    BOOST_TEST((first.picked == start + hours(12)));
    BOOST_TEST((first.start == start && first.end == end));
    BOOST_TEST((pick_in_window(first, "a.1", start, end, always(0.75)).picked == first.picked));
    // Another window, another certificate, or a record without an instant: picked anew.
    const auto again = [&](const std::optional<AriRecord> &before, const char *id, Time from,
                           Time to) { return pick_in_window(before, id, from, to, always(0.75)); };
    BOOST_TEST((again(first, "a.1", start, end + hours(8)).picked == start + hours(42)));
    BOOST_TEST((again(first, "a.1", start - hours(8), end).picked == start + hours(34)));
    BOOST_TEST((again(first, "a.2", start, end).picked == start + hours(36)));
    BOOST_TEST(again(first, "a.2", start, end).certificate_id == "a.2");
    AriRecord empty = first;
    empty.picked.reset();
    BOOST_TEST((again(empty, "a.1", start, end).picked == start + hours(36)));
    for (const double random : {0.0, 0.5, 0.999999}) {
        const auto picked = pick_in_window({}, "a.1", start, end, always(random)).picked;
        BOOST_TEST((start <= picked && picked < end));
    }
}

BOOST_AUTO_TEST_CASE(failures_are_retried_later_and_later)
{
    const struct {
        int attempts;
        Seconds wait;
    } table[] = {{0, minutes(1)},    {1, minutes(1)},    {2, minutes(10)},        {3, minutes(100)},
                 {4, minutes(1440)}, {5, minutes(1440)}, {1000000, minutes(1440)}};
    for (const auto &row : table) {
        BOOST_TEST((retry_instant(row.attempts, t0, {}, {}, always(0)) == t0 + row.wait));
        const Time latest = retry_instant(row.attempts, t0, {}, {}, always(0.999999));
        BOOST_TEST((latest <= t0 + row.wait * 11 / 10 && latest > t0 + row.wait));
        BOOST_TEST((retry_instant(row.attempts, t0, Seconds(0), {}, always(0)) == t0 + row.wait));
        BOOST_TEST((retry_instant(row.attempts, t0, days(3), {}, always(0)) == t0 + days(3)));
        BOOST_TEST((retry_instant(row.attempts, t0, days(3), {}, always(0.999)) >= t0 + days(3)));
    }
    BOOST_TEST((retry_instant(4, t0, Seconds(5), {}, always(0)) == t0 + days(1)));
    BOOST_TEST((retry_instant(1, t0, days(7), {}, always(0)) == t0 + days(7)));
    BOOST_TEST((retry_instant(1, t0, days(8), {}, always(0)) == t0 + days(7)));
    BOOST_TEST((retry_instant(1, t0, Seconds::max(), {}, always(0.5)) < t0 + days(8)));
    BOOST_TEST((retry_instant(1, t0, Seconds(-100), {}, always(0)) == t0 + minutes(1)));
}

BOOST_AUTO_TEST_CASE(no_retry_after_lets_the_live_certificate_expire)
{
    const struct {
        Seconds left;  ///< of the live certificate
        Seconds asked; ///< by the CA
        Seconds wait;
    } table[] = {{days(30), days(3), days(3)},       {days(30), days(377), days(7)},
                 {days(10), days(7), days(5)},       {days(2), days(7), days(1)},
                 {hours(1), days(7), hours(1)},      {-days(3), days(7), hours(1)},
                 {days(3), hours(2), hours(2)},      {days(10), Seconds::max(), days(5)},
                 {hours(12), Seconds(0), minutes(1)}};
    for (const auto &row : table)
        BOOST_TEST((retry_instant(1, t0, row.asked, t0 + row.left, always(0)) == t0 + row.wait),
                   row.left.count() << " s left, asked for " << row.asked.count());
    // Back-off is not shortened.
    BOOST_TEST((retry_instant(4, t0, days(7), t0 + hours(1), always(0)) == t0 + days(1)));
}

BOOST_AUTO_TEST_CASE(the_next_look_is_the_earliest_of_what_is_ahead)
{
    const Time now = t0 + days(50);
    DueQuestion question{.times = of_days(90), .ari = {}, .retry = {}};
    BOOST_TEST((next_look(question, now) == now + hours(24)));
    BOOST_TEST((next_look(question, t0 + days(60) - hours(2)) == t0 + days(60)));
    question.ari = AriRecord{"a.1", {}, {}, now + hours(3), "", now + hours(6)};
    BOOST_TEST((next_look(question, now) == now + hours(3)));
    question.ari->picked = now + hours(9);
    BOOST_TEST((next_look(question, now) == now + hours(6)));
    question.ari->next_poll = now - hours(6);
    BOOST_TEST((next_look(question, now) == now + minutes(1)));
    question.retry.next = now + hours(5);
    BOOST_TEST((next_look(question, now) == now + hours(5)));
    question.retry.next = now + days(5);
    BOOST_TEST((next_look(question, now) == now + hours(24)));
    question.deployed = false;
    question.retry.hook_next = now + minutes(7);
    BOOST_TEST((next_look(question, now) == now + minutes(7)));
    question.retry.hook_next.reset();
    BOOST_TEST((next_look(question, now) == now));
    BOOST_TEST((next_look({}, now) == now));
}

BOOST_AUTO_TEST_CASE(the_backstop_is_not_slept_through)
{
    // Six days, and an instant in the last hours: the look that finds the backstop comes in time.
    DueQuestion question{.times = of_days(6), .ari = {}, .retry = {}};
    question.ari = AriRecord{"a.1", {}, {}, t0 + days(6) - hours(1), "", t0 + days(7)};
    const Time backstop = t0 + days(6) - hours(14) - minutes(24);
    BOOST_TEST((next_look(question, backstop - hours(3)) == backstop));
}

BOOST_AUTO_TEST_CASE(a_look_is_never_due_again_at_once_without_something_to_do)
{
    Dice dice(1);
    for (int i = 0; i < 100000; ++i) {
        const DueQuestion question = any_question(dice, t0);
        const Time due = next_look(question, t0);
        const bool hook_is_due = !question.deployed && question.retry.hook_next.value_or(t0) <= t0;
        BOOST_REQUIRE((due <= t0 + hours(24)));
        BOOST_REQUIRE((hook_is_due || due > t0));
        BOOST_REQUIRE((!hook_is_due || is_due(due, t0)));
    }
}

BOOST_AUTO_TEST_CASE(looks_that_follow_the_schedule_renew_in_time_and_not_too_often)
{
    Dice dice(2);
    for (int i = 0; i < 300; ++i) {
        const Seconds lifetime = hours(dice.in(100, 100 * 24));
        RenewalQuestion question;
        question.times = {t0, t0 + lifetime, t0};
        if (dice.coin())
            question.picked = t0 + Seconds(dice.in(0, lifetime.count() * 5 / 4));
        DueQuestion due{.times = question.times, .ari = {}, .retry = {}};
        if (question.picked)
            due.ari = AriRecord{"a.1", {}, {}, question.picked, "", {}};
        Time now = t0;
        int looks = 0;
        while (reason(question, now) == RenewalReason::none) {
            if (due.ari)
                due.ari->next_poll = now + hours(24); // as a look does
            const Time next = next_look(due, now);
            BOOST_REQUIRE((next > now));
            now = next;
            BOOST_REQUIRE(++looks < 300);
        }
        BOOST_TEST((now < question.times.not_after));
        BOOST_TEST((now <= question.picked.value_or(fallback_instant(question.times)) +
                               (question.picked ? hours(0) : lifetime / 10)));
        BOOST_TEST(looks <= lifetime / hours(24) + 4);
    }
}

BOOST_AUTO_TEST_CASE(clocks_that_jump_do_no_lasting_harm)
{
    BOOST_TEST(is_due(t0, t0));
    BOOST_TEST(is_due(t0 - days(5000), t0));
    BOOST_TEST(!is_due(t0 + Seconds(1), t0));
    BOOST_TEST(!is_due(t0 + hours(48), t0));
    BOOST_TEST(is_due(t0 + hours(48) + Seconds(1), t0));
    // Ahead by years at the last look, and right again now: the lineage is looked at, and the
    // times that were stored then neither hold it back nor make it spin.
    const Time wrong = t0 + days(3000);
    DueQuestion question{.times = of_days(90), .ari = {}, .retry = {}};
    question.times->stored = wrong;
    question.ari = AriRecord{"a.1", {}, {}, {}, "", wrong};
    question.retry.next = wrong;
    BOOST_TEST(is_due(wrong, t0));
    BOOST_TEST((next_look(question, t0) == t0 + hours(24)));
    RenewalQuestion renewal{.times = *question.times, .picked = {}};
    BOOST_TEST((reason(renewal, t0 + days(80)) == RenewalReason::lifetime));
    renewal.times.stored = t0 + days(80) + minutes(1); // another host's clock
    BOOST_TEST((reason(renewal, t0 + days(80)) == RenewalReason::none));
}

BOOST_AUTO_TEST_CASE(times_come_from_the_certificate_and_its_file)
{
    TestCa ca;
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const Certificate certificate = ca.issue({.key = key.public_key(), .names = "DNS:a.example"});
    const CertificateTimes times = times_of(certificate, t0 + days(1));
    BOOST_TEST((times.not_before == t0 - hours(1) && times.not_after == t0 + days(90)));
    BOOST_TEST((times.stored == t0 + days(1)));
    BOOST_TEST((times_of(certificate, {}).stored == times.not_before));
    BOOST_TEST((times.lifetime() == days(90) + hours(1)));
}

BOOST_AUTO_TEST_CASE(reasons_have_words)
{
    BOOST_TEST(to_text(RenewalReason::none) == "not due");
    BOOST_TEST(to_text(RenewalReason::forced) == "forced");
    BOOST_TEST(to_text(RenewalReason::changed) == "what is wanted has changed");
    BOOST_TEST(to_text(RenewalReason::damaged) == "its key is lost");
    BOOST_TEST(to_text(RenewalReason::window) == "the CA's renewal window has come");
    BOOST_TEST(to_text(RenewalReason::lifetime) == "it expires soon");
}

BOOST_AUTO_TEST_CASE(an_agent_is_asked_when_it_said_or_when_it_should_have_renewed)
{
    DueQuestion question{.times = of_days(90), .ari = {}, .retry = {}};
    const Time now = question.times->not_before + days(10);
    question.next_ask = now + hours(6);
    BOOST_TEST((next_look(question, now) == now + hours(6)));
    question.next_ask = now - hours(6); // a clock that was wrong
    BOOST_TEST((next_look(question, now) == now + minutes(1)));
    const Time late = fallback_instant(*question.times) - hours(1);
    question.next_ask = late + hours(6);
    BOOST_TEST((next_look(question, late) == late + hours(1)));
    question.retry.attempts = 2;
    question.retry.next = now + minutes(10);
    question.next_ask = now + minutes(5);
    BOOST_TEST((next_look(question, now) == now + minutes(10)));
}

BOOST_AUTO_TEST_SUITE_END()
