// SPDX-License-Identifier: MIT
#include "spool/spent_nonces.h"

#include "spool/client_names.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <sys/wait.h>
#include <thread>

using namespace acmeproxy;

namespace {

struct Fixture {
    Fixture() : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base) {}
    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    FakeClock clock;
};

std::string hash_of(int number)
{
    std::string text = std::to_string(number);
    return std::string(32 - text.size(), '0') + text;
}

}

BOOST_AUTO_TEST_SUITE(spent_nonces_test)

BOOST_AUTO_TEST_CASE(a_nonce_is_spent_once)
{
    Fixture f;
    BOOST_TEST(spend_nonce(f.spool, f.clock.now(), hash_of(1)));
    BOOST_TEST(!spend_nonce(f.spool, f.clock.now(), hash_of(1)));
    BOOST_TEST(spend_nonce(f.spool, f.clock.now(), hash_of(2)));
    const std::string folder = "nonces/" + minute_of(f.clock.now()).str();
    BOOST_TEST(f.spool.dir().list(folder).size() == 2U);
    BOOST_TEST(f.spool.dir().status(folder + "/" + hash_of(1))->st_size == 0);
    // it is the minute in which it was made that counts, whenever it is spent
    BOOST_TEST(!spend_nonce(f.spool, f.clock.now(), hash_of(2)));
}

BOOST_AUTO_TEST_CASE(a_hash_that_is_none_never_becomes_a_path)
{
    Fixture f;
    for (const char *text :
         {"", "../../../tmp/x", "/etc/passwd", "0123456789abcdef0123456789abcdeg"})
        BOOST_CHECK_THROW(spend_nonce(f.spool, f.clock.now(), text), Error);
    BOOST_TEST(f.spool.dir().list("nonces").empty());
}

BOOST_AUTO_TEST_CASE(of_many_threads_one_spends_it)
{
    Fixture f;
    for (int round = 0; round < 20; ++round) {
        std::atomic<int> winners = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i)
                threads.emplace_back([&] {
                    winners +=
                        spend_nonce(f.spool, f.clock.now() + Seconds(60 * round), hash_of(round));
                });
        }
        BOOST_TEST(winners == 1);
    }
}

BOOST_AUTO_TEST_CASE(of_many_processes_one_spends_it)
{
    Fixture f;
    constexpr int processes = 4;
    constexpr int nonces = 50;
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
        const pid_t pid = ::fork();
        BOOST_TEST_REQUIRE(pid >= 0);
        if (pid == 0) {
            int won = 0;
            const Spool own(f.base);
            for (int nonce = 0; nonce < nonces; ++nonce)
                won += spend_nonce(own, f.clock.now(), hash_of(nonce));
            ::_exit(won);
        }
        children.push_back(pid);
    }
    int total = 0;
    for (const pid_t pid : children) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        BOOST_TEST_REQUIRE(WIFEXITED(status));
        total += WEXITSTATUS(status);
    }
    BOOST_TEST(total == nonces);
}

BOOST_AUTO_TEST_CASE(the_sweep_keeps_two_lifetimes_and_what_is_not_ours)
{
    Fixture f;
    const Time now = time_of(minute_of(f.clock.now()));
    spend_nonce(f.spool, now, hash_of(1));
    spend_nonce(f.spool, now - std::chrono::minutes(21), hash_of(2));
    spend_nonce(f.spool, now - std::chrono::minutes(22), hash_of(3));
    spend_nonce(f.spool, now - std::chrono::days(400), hash_of(4));
    f.spool.dir().make_dir("nonces/other", 0700);
    BOOST_TEST(sweep_nonces(f.spool, now, nonce_lifetime) == 2);
    BOOST_TEST(f.spool.dir().list("nonces").size() == 3U);
    BOOST_TEST(f.spool.dir().exists("nonces/other"));
    BOOST_TEST(!spend_nonce(f.spool, now, hash_of(1)));
}

BOOST_AUTO_TEST_SUITE_END()
