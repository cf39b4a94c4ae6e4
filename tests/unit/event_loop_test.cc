// SPDX-License-Identifier: MIT
#include "serve/event_loop.h"

#include "base/fd.h"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <string>

using namespace acmeproxy;
using std::chrono::milliseconds;

namespace {

struct Pipe {
    Pipe()
    {
        int ends[2] = {-1, -1};
        BOOST_TEST_REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
        out = Fd(ends[0]);
        in = Fd(ends[1]);
    }
    void fill() const { BOOST_TEST_REQUIRE(::write(in.get(), "x", 1) == 1); }
    Fd out, in;
};

}

BOOST_AUTO_TEST_SUITE(event_loop_test)

BOOST_AUTO_TEST_CASE(timers_go_off_in_their_order_and_once)
{
    EventLoop loop;
    std::string seen;
    loop.after(milliseconds(30), [&] { seen += "c"; });
    loop.after(milliseconds(0), [&] { seen += "a"; });
    loop.after(milliseconds(10), [&] { seen += "b"; });
    loop.run_until([&] { return seen.size() == 3; });
    BOOST_TEST(seen == "abc");
}

BOOST_AUTO_TEST_CASE(a_cancelled_timer_does_not_go_off)
{
    EventLoop loop;
    std::string seen;
    const EventLoop::Timer timer = loop.after(milliseconds(0), [&] { seen += "x"; });
    loop.after(milliseconds(5), [&] { seen += "a"; });
    loop.cancel(timer);
    loop.cancel(timer);
    loop.cancel(0);
    loop.run_until([&] { return !seen.empty(); });
    BOOST_TEST(seen == "a");
}

BOOST_AUTO_TEST_CASE(timers_of_one_instant_may_cancel_each_other)
{
    EventLoop loop;
    std::string seen;
    EventLoop::Timer second = 0;
    loop.after(milliseconds(0), [&] {
        seen += "a";
        loop.cancel(second);
    });
    second = loop.after(milliseconds(0), [&] { seen += "x"; });
    loop.after(milliseconds(5), [&] { seen += "b"; });
    loop.run_until([&] { return seen.size() > 1; });
    BOOST_TEST(seen == "ab");
}

BOOST_AUTO_TEST_CASE(a_callback_may_forget_what_is_readable_at_the_same_time)
{
    EventLoop loop;
    const Pipe one, other;
    int calls = 0;
    const auto call = [&] {
        ++calls;
        loop.forget(one.out.get());
        loop.forget(other.out.get());
    };
    loop.watch(one.out.get(), call);
    loop.watch(other.out.get(), call);
    one.fill();
    other.fill();
    bool late = false;
    loop.after(milliseconds(10), [&] { late = true; });
    loop.run_until([&] { return late; });
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_pipe_is_readable)
{
    EventLoop loop;
    Pipe pipe;
    bool seen = false;
    loop.watch(pipe.out.get(), [&] { seen = true; });
    pipe.in.reset();
    loop.run_until([&] { return seen; });
    BOOST_TEST(seen);
}

BOOST_AUTO_TEST_SUITE_END()
