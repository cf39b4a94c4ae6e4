// SPDX-License-Identifier: MIT
#include "base/log.h"

#include "base/fd.h"
#include "base/text.h"
#include "base/time_text.h"
#include "json/json.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <set>
#include <thread>
#include <vector>

using namespace acmeproxy;

namespace {

std::string read_all(int fd)
{
    std::string text;
    char block[4096];
    for (ssize_t got = 0; (got = ::read(fd, block, sizeof block)) > 0;)
        text.append(block, static_cast<std::size_t>(got));
    return text;
}

/// Points standard error at `target` while `action` runs.
void with_standard_error(int target, const std::function<void()> &action)
{
    const Fd saved(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
    ::dup2(target, STDERR_FILENO);
    action();
    ::dup2(saved.get(), STDERR_FILENO);
    set_up_log("acmeproxy");
}

std::string logged(const std::function<void()> &action)
{
    char name[] = "/tmp/acmeproxy-log-XXXXXX";
    const Fd file(::mkostemp(name, O_CLOEXEC));
    ::unlink(name);
    with_standard_error(file.get(), action);
    ::lseek(file.get(), 0, SEEK_SET);
    return read_all(file.get());
}

/// The same on a terminal.
std::string shown(const std::function<void()> &action)
{
    const Fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    ::grantpt(master.get());
    ::unlockpt(master.get());
    const Fd terminal(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    with_standard_error(terminal.get(), action);
    return read_all(master.get());
}

}

BOOST_AUTO_TEST_SUITE(log_test)

BOOST_AUTO_TEST_CASE(each_event_is_a_line_with_the_program_name)
{
    BOOST_TEST(logged([] {
                   log_error("a");
                   log_info("b c");
                   set_up_log("challenge.fcgi");
                   log_warning("");
               }) == "acmeproxy: a\nacmeproxy: b c\nchallenge.fcgi: \n");
}

BOOST_AUTO_TEST_CASE(what_is_less_than_asked_for_is_dropped)
{
    const auto all = [](LogLevel least) {
        return logged([least] {
            set_up_log("p", LogTarget::standard_error, least);
            log_error("e");
            log_warning("w");
            log_info("i");
            log_debug("d");
        });
    };
    BOOST_TEST(all(LogLevel::error) == "p: e\n");
    BOOST_TEST(all(LogLevel::warning) == "p: e\np: w\n");
    BOOST_TEST(all(LogLevel::info) == "p: e\np: w\np: i\n");
    BOOST_TEST(all(LogLevel::debug) == "p: e\np: w\np: i\np: d\n");
}

BOOST_AUTO_TEST_CASE(text_from_the_network_cannot_forge_a_line)
{
    BOOST_TEST(logged([] { log_info("detail: no\nacmeproxy: all is well\r\x1B[2J\xFF"); }) ==
               "acmeproxy: detail: no?acmeproxy: all is well??[2J?\n");
    const std::string line = logged([] { log_info(std::string(100000, 'x')); });
    BOOST_TEST(line.size() < 8100U);
    BOOST_TEST(line.ends_with("x...\n"));
}

BOOST_AUTO_TEST_CASE(percent_signs_are_text)
{
    BOOST_TEST(logged([] { log_info("100 %s %n"); }) == "acmeproxy: 100 %s %n\n");
}

BOOST_AUTO_TEST_CASE(lines_of_threads_do_not_mix)
{
    const std::string text = logged([] {
        std::vector<std::thread> threads;
        for (char c = 'a'; c < 'i'; ++c)
            threads.emplace_back([c] {
                for (int i = 0; i < 50; ++i)
                    log_info(std::string(200, c));
            });
        for (std::thread &thread : threads)
            thread.join();
    });
    std::multiset<std::string> lines;
    for (const std::string &line : split(text, '\n'))
        lines.insert(line);
    BOOST_TEST(lines.size() == 8 * 50 + 1U);
    for (char c = 'a'; c < 'i'; ++c)
        BOOST_TEST(lines.count("acmeproxy: " + std::string(200, c)) == 50U);
}

BOOST_AUTO_TEST_CASE(progress_is_for_terminals_only)
{
    BOOST_TEST(logged([] {
                   show_progress("1 of 3");
                   log_info("a");
                   show_progress("");
               }) == "acmeproxy: a\n");
}

BOOST_AUTO_TEST_CASE(progress_is_cleared_before_a_line_and_shown_again_after_it)
{
    const std::string erase = "\r\x1B[K";
    BOOST_TEST(shown([] {
                   show_progress("1 of 3");
                   log_info("a");
                   show_progress("2 of\n3");
                   show_progress("");
                   show_progress("");
                   log_info("b");
               }) == erase + "1 of 3" + erase + "acmeproxy: a\r\n1 of 3" + erase + "2 of?3" +
                         erase + "acmeproxy: b\r\n");
}

BOOST_AUTO_TEST_CASE(json_is_an_object_a_line_whatever_the_text)
{
    const std::string text = logged([] {
        set_up_log("acmeproxy", LogTarget::standard_error, LogLevel::info, LogFormat::json);
        log_warning("say \"a\\b\"\nand go");
        log_debug("below the level");
        log_for("lighttpd", LogLevel::info, "up");
    });
    const std::vector<std::string> lines = split(text, '\n');
    BOOST_TEST_REQUIRE(lines.size() == 3U);
    const Json first = Json::parse(lines[0]);
    BOOST_TEST(first.string_at("level") == "warning");
    BOOST_TEST(first.string_at("program") == "acmeproxy");
    BOOST_TEST(first.string_at("message") == "say \"a\\b\"?and go");
    BOOST_TEST(parse_rfc3339(first.string_at("time")).has_value());
    BOOST_TEST(Json::parse(lines[1]).string_at("program") == "lighttpd");
}

BOOST_AUTO_TEST_CASE(lines_of_a_child_are_passed_on_and_what_is_none_is_wrapped)
{
    const std::string text = logged([] {
        relay_log("auth.fcgi", "auth.fcgi: made an account");
        relay_log("auth.fcgi", "terminate called");
    });
    BOOST_TEST(text == "auth.fcgi: made an account\nauth.fcgi: terminate called\n");
    const std::string object = R"({"time":"2026-11-24T13:00:00Z","level":"info"})";
    const std::string json = logged([&] {
        set_up_log("acmeproxy", LogTarget::standard_error, LogLevel::info, LogFormat::json);
        relay_log("auth.fcgi", object);
        relay_log("challenge.fcgi", "challenge.fcgi: cannot read");
    });
    const std::vector<std::string> lines = split(json, '\n');
    BOOST_TEST_REQUIRE(lines.size() == 3U);
    BOOST_TEST(lines[0] == object);
    BOOST_TEST(Json::parse(lines[1]).string_at("message") == "cannot read");
}

BOOST_AUTO_TEST_SUITE_END()
