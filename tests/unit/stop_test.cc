// SPDX-License-Identifier: MIT
// A stop cannot be taken back, so each test asks for it in a process of its own.
#include "base/stop.h"

#include "base/child_process.h"
#include "base/clock.h"
#include "unit/fake_clock.h"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace acmeproxy;
using namespace std::chrono_literals;

namespace {

bool holds_in_child(const std::function<bool()> &claim)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::alarm(30);
        ::_exit(claim() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool took_less_than(std::chrono::steady_clock::duration limit, const std::function<void()> &action)
{
    const auto begin = std::chrono::steady_clock::now();
    action();
    return std::chrono::steady_clock::now() - begin < limit;
}

}

BOOST_AUTO_TEST_SUITE(stop_test)

BOOST_AUTO_TEST_CASE(nothing_stops_unasked)
{
    BOOST_TEST(!stop_requested());
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(sleep_unless_stopped(50ms));
    BOOST_TEST((std::chrono::steady_clock::now() - begin >= 50ms));
    BOOST_TEST(sleep_unless_stopped(0ms));
    BOOST_TEST(sleep_unless_stopped(-5ms));
}

BOOST_AUTO_TEST_CASE(each_signal_asks_for_a_stop)
{
    for (const int signal : {SIGTERM, SIGINT})
        BOOST_TEST(holds_in_child([signal] {
            catch_stop_signals();
            const bool before = stop_requested();
            ::raise(signal);
            return !before && stop_requested() && !sleep_unless_stopped(20s);
        }));
}

BOOST_AUTO_TEST_CASE(sigpipe_is_ignored_and_sighup_is_not)
{
    BOOST_TEST(holds_in_child([] {
        // Whoever started the tests may ignore them (nohup does).
        std::signal(SIGPIPE, SIG_DFL);
        std::signal(SIGHUP, SIG_DFL);
        catch_stop_signals();
        ::raise(SIGPIPE);
        struct sigaction hangup = {};
        ::sigaction(SIGHUP, nullptr, &hangup);
        return !stop_requested() && hangup.sa_handler == SIG_DFL;
    }));
}

BOOST_AUTO_TEST_CASE(sleep_ends_at_once_when_a_signal_comes)
{
    BOOST_TEST(holds_in_child([] {
        catch_stop_signals();
        std::thread killer([] {
            std::this_thread::sleep_for(100ms);
            ::kill(::getpid(), SIGTERM);
        });
        bool slept = true;
        const bool quick = took_less_than(10s, [&] { slept = sleep_unless_stopped(20s); });
        killer.join();
        return quick && !slept;
    }));
}

BOOST_AUTO_TEST_CASE(all_sleeping_threads_wake)
{
    BOOST_TEST(holds_in_child([] {
        catch_stop_signals();
        return took_less_than(10s, [] {
            std::vector<std::thread> sleepers;
            for (int i = 0; i < 8; ++i)
                sleepers.emplace_back([] { sleep_unless_stopped(20s); });
            std::this_thread::sleep_for(50ms);
            request_stop();
            for (std::thread &sleeper : sleepers)
                sleeper.join();
        });
    }));
}

BOOST_AUTO_TEST_CASE(stop_may_be_asked_for_often_and_keeps_errno)
{
    BOOST_TEST(holds_in_child([] {
        catch_stop_signals();
        errno = ENOSPC;
        for (int i = 0; i < 100000; ++i) // more than a pipe holds
            request_stop();
        return errno == ENOSPC && stop_requested();
    }));
}

BOOST_AUTO_TEST_CASE(stop_works_without_catching_signals)
{
    BOOST_TEST(holds_in_child([] {
        request_stop();
        return stop_requested() && !sleep_unless_stopped(20s);
    }));
}

BOOST_AUTO_TEST_CASE(system_clock_is_of_today_and_sleeps)
{
    const Clock &clock = system_clock();
    BOOST_TEST((clock.now() > Time(Seconds(1700000000)))); // November 2023
    const auto begin = clock.steady();
    BOOST_TEST(clock.sleep(20ms));
    BOOST_TEST((clock.steady() - begin >= 20ms));
}

BOOST_AUTO_TEST_CASE(sleep_of_the_system_clock_ends_by_a_stop)
{
    BOOST_TEST(holds_in_child([] {
        request_stop();
        return !system_clock().sleep(20s);
    }));
}

BOOST_AUTO_TEST_CASE(fake_clock_moves_by_sleeping_only)
{
    FakeClock clock(Time(Seconds(1000)));
    BOOST_TEST((clock.now() == Time(Seconds(1000))));
    clock.sleep(2500ms);
    BOOST_TEST((clock.now() == Time(Seconds(1002))));
    clock.advance(Seconds(10));
    BOOST_TEST((clock.now() == Time(Seconds(1012))));
    clock.set(Time(Seconds(5)));
    BOOST_TEST((clock.now() == Time(Seconds(5))));
}

BOOST_AUTO_TEST_CASE(a_child_may_end_by_itself_when_asked_once_and_is_ended_when_asked_twice)
{
    for (const int requests : {1, 2})
        BOOST_TEST(holds_in_child([requests] {
            for (int i = 0; i < requests; ++i)
                request_stop();
            bool good = stop_insisted() == (requests == 2);
            return good &&
                   took_less_than(
                       10s,
                       [&] {
                           const ChildResult result =
                               run_child({"/bin/sleep", requests == 1 ? "0.3" : "30"}, {}, 60s);
                           good = to_text(result) == (requests == 1 ? "exit status 0" : "stopped");
                       }) &&
                   good;
        }));
}

BOOST_AUTO_TEST_SUITE_END()
