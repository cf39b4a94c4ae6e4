// SPDX-License-Identifier: MIT
#include "base/child_process.h"

#include "base/error.h"
#include "unit/temp_dir.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>

using namespace acmeproxy;
using namespace std::chrono_literals;

namespace {

ChildResult run_shell(const std::string &script, std::chrono::milliseconds limit = 20s,
                      const BeforeExec &before_exec = {})
{
    return run_child({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin"}, limit, before_exec);
}

bool is_alive(const std::string &pid)
{
    std::ifstream stat("/proc/" + pid + "/stat");
    std::string number, name, state;
    return stat >> number >> name >> state && state != "Z";
}

/// Whether the process has gone within two seconds.
bool goes_away(const std::string &pid)
{
    for (int i = 0; i < 200; ++i) {
        if (!is_alive(pid))
            return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

}

BOOST_AUTO_TEST_SUITE(child_process_test)

BOOST_AUTO_TEST_CASE(exit_status_and_both_outputs_come_back)
{
    const ChildResult result = run_shell("echo out; echo err >&2; exit 3");
    BOOST_TEST((result.end == ChildResult::End::exited));
    BOOST_TEST(result.code == 3);
    BOOST_TEST(result.output == "out\nerr\n");
    BOOST_TEST(to_text(result) == "exit status 3");
}

BOOST_AUTO_TEST_CASE(arguments_are_no_shell_text)
{
    const ChildResult result =
        run_child({"/usr/bin/printf", "%s|", "a b", "$HOME", ";id", "", "`id`"}, {}, 10s);
    BOOST_TEST(result.output == "a b|$HOME|;id||`id`|");
}

BOOST_AUTO_TEST_CASE(environment_is_only_what_is_given)
{
    ::setenv("ACMEPROXY_TEST_LEAK", "leaked", 1);
    const ChildResult result = run_child({"/usr/bin/env"}, {"A=1", "B=two words"}, 10s);
    ::unsetenv("ACMEPROXY_TEST_LEAK");
    BOOST_TEST(result.output == "A=1\nB=two words\n");
}

BOOST_AUTO_TEST_CASE(input_is_empty_and_the_folder_is_the_root)
{
    const ChildResult result = run_shell("pwd; cat; readlink /proc/self/fd/0");
    BOOST_TEST(result.output == "/\n/dev/null\n");
}

BOOST_AUTO_TEST_CASE(no_descriptor_leaks)
{
    // One without O_CLOEXEC, as a careless parent of ours may leave it.
    const Fd careless(::open("/dev/null", O_RDONLY));
    const Fd high(::fcntl(careless.get(), F_DUPFD, 200));
    const ChildResult result = run_shell("ls /proc/self/fd");
    // 3 is the folder that ls itself reads.
    BOOST_TEST(result.output == "0\n1\n2\n3\n");
}

BOOST_AUTO_TEST_CASE(closed_standard_descriptors_of_ours_do_no_harm)
{
    // Only in a process of its own can the standard descriptors be closed.
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::close(0);
        ::close(1);
        ::close(2);
        bool good = false;
        try {
            good = run_shell("echo out; echo err >&2").output == "out\nerr\n";
        } catch (...) {
        }
        ::_exit(good ? 0 : 1);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(signals_are_as_a_new_program_expects_them)
{
    struct sigaction ignore = {}, before = {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &before);
    sigset_t usr1, mask_before;
    ::sigemptyset(&usr1);
    ::sigaddset(&usr1, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &usr1, &mask_before);
    const ChildResult result = run_shell("grep -E '^Sig(Blk|Ign)' /proc/self/status");
    sigset_t mask_after;
    ::pthread_sigmask(SIG_SETMASK, &mask_before, &mask_after);
    ::sigaction(SIGPIPE, &before, nullptr);
    // Signal 32 is the C library's own: sigaction(2) through it cannot change what was inherited.
    std::string signals = result.output;
    if (const std::size_t own = signals.find("80000000\n"); own != std::string::npos)
        signals[own] = '0';
    BOOST_TEST(signals == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    BOOST_TEST(::sigismember(&mask_after, SIGUSR1) == 1);
    BOOST_TEST(::sigismember(&mask_after, SIGTERM) == 0);
}

BOOST_AUTO_TEST_CASE(child_has_a_process_group_of_its_own)
{
    const ChildResult result = run_shell("echo $$ $(ps -o pgid= -p $$ 2>/dev/null || "
                                         "cut -d' ' -f5 /proc/$$/stat)");
    const std::size_t space = result.output.find(' ');
    BOOST_TEST_REQUIRE(space != std::string::npos);
    const std::string pid = result.output.substr(0, space);
    BOOST_TEST(result.output.substr(space + 1) == pid + "\n");
    BOOST_TEST(pid != std::to_string(::getpgrp()));
}

BOOST_AUTO_TEST_CASE(death_by_a_signal_is_told_from_an_exit)
{
    const ChildResult result = run_shell("kill -9 $$");
    BOOST_TEST((result.end == ChildResult::End::killed_by_signal));
    BOOST_TEST(result.code == SIGKILL);
    BOOST_TEST(to_text(result) == "killed by signal 9 (Killed)");
}

BOOST_AUTO_TEST_CASE(time_out_ends_the_whole_group)
{
    const auto begin = std::chrono::steady_clock::now();
    const ChildResult result = run_shell("sleep 60 & echo $!; wait", 300ms);
    BOOST_TEST((result.end == ChildResult::End::timed_out));
    BOOST_TEST(to_text(result) == "timed out");
    BOOST_TEST(goes_away(result.output.substr(0, result.output.find('\n'))));
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 4s));
}

BOOST_AUTO_TEST_CASE(child_that_ignores_sigterm_is_killed_after_five_seconds)
{
    const auto begin = std::chrono::steady_clock::now();
    const ChildResult result =
        run_shell("trap '' TERM; echo $$; while :; do sleep 0.1; done", 200ms);
    const auto took = std::chrono::steady_clock::now() - begin;
    BOOST_TEST((result.end == ChildResult::End::timed_out));
    BOOST_TEST((took >= 5s && took < 9s));
    BOOST_TEST(goes_away(result.output.substr(0, result.output.find('\n'))));
}

BOOST_AUTO_TEST_CASE(child_may_clean_up_after_sigterm)
{
    const ChildResult result = run_shell(
        "trap 'sleep 0.3; echo cleaned; exit 0' TERM; while :; do sleep 0.1; done", 200ms);
    BOOST_TEST((result.end == ChildResult::End::timed_out));
    BOOST_TEST(result.output.ends_with("cleaned\n")); // the shell adds words of its own
}

BOOST_AUTO_TEST_CASE(daemon_left_behind_is_not_waited_for_and_lives_on)
{
    const auto begin = std::chrono::steady_clock::now();
    const ChildResult result = run_shell("sleep 30 & echo $!");
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
    BOOST_TEST(result.code == 0);
    const std::string pid = result.output.substr(0, result.output.find('\n'));
    BOOST_TEST_REQUIRE(!pid.empty());
    BOOST_TEST(is_alive(pid));
    ::kill(std::stoi(pid), SIGKILL);
}

BOOST_AUTO_TEST_CASE(output_beyond_64_kib_is_read_and_dropped)
{
    const ChildResult result = run_shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 4");
    BOOST_TEST(result.code == 4);
    BOOST_TEST(result.output.size() == 65536U);
    BOOST_TEST(result.output.find_first_not_of('x') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(child_that_closes_its_output_is_waited_for)
{
    const ChildResult result = run_shell("exec >&- 2>&-; sleep 0.3; exit 5");
    BOOST_TEST(result.code == 5);
    BOOST_TEST(result.output == "");
}

BOOST_AUTO_TEST_CASE(before_exec_runs_in_the_child_and_may_refuse)
{
    const ChildResult changed = run_shell("umask", 10s, [] {
        ::umask(0077);
        return true;
    });
    BOOST_TEST(changed.output.ends_with("077\n"));
    const ChildResult refused = run_shell("echo ran", 10s, [] { return false; });
    BOOST_TEST(to_text(refused) == "exit status 126");
    BOOST_TEST(refused.output == "");
}

BOOST_AUTO_TEST_CASE(program_that_cannot_be_started_is_named)
{
    const TempDir temp;
    const auto make = [&](const char *name, const char *content, mode_t mode) {
        std::ofstream(temp.path() + "/" + name) << content;
        ::chmod((temp.path() + "/" + name).c_str(), mode);
        return temp.path() + "/" + name;
    };
    const struct {
        std::string program;
        int err;
    } cases[] = {
        {temp.path() + "/missing", ENOENT},
        {temp.path(), EACCES},
        {make("plain", "#!/bin/sh\n", 0644), EACCES},
        {make("lost", "#!/missing/interpreter\n", 0755), ENOENT},
        {make("text", "no program\n", 0755), ENOEXEC},
        {make("empty", "", 0755), ENOEXEC},
        {"", ENOENT},
    };
    for (const auto &c : cases) {
        BOOST_TEST_CONTEXT(c.program)
        {
            BOOST_CHECK_EXCEPTION(run_child({c.program}, {}, 10s), std::system_error,
                                  [&](const std::system_error &e) {
                                      return e.code().value() == c.err &&
                                             describe(e).starts_with("start " + c.program + ": ");
                                  });
        }
    }
    BOOST_CHECK_THROW(run_child({}, {}, 10s), std::system_error);
}

BOOST_AUTO_TEST_CASE(many_threads_may_run_children_at_once)
{
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&good, i] {
            const std::string word = std::to_string(i);
            const ChildResult result = run_child({"/bin/echo", word}, {}, 20s);
            good += result.code == 0 && result.output == word + "\n";
        });
    for (std::thread &thread : threads)
        thread.join();
    BOOST_TEST(good == 8);
}

BOOST_AUTO_TEST_SUITE_END()
