// SPDX-License-Identifier: MIT
#include "crypto/secret_pool.h"

#include "crypto/secret.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(secret_pool_test)

BOOST_AUTO_TEST_CASE(no_two_secrets_share_a_byte)
{
    std::vector<Secret> secrets;
    for (int i = 0; i < 500; ++i)
        secrets.emplace_back(std::string(largest_small_secret, static_cast<char>(i)));
    for (int i = 0; i < 500; ++i)
        BOOST_TEST((secrets[static_cast<std::size_t>(i)].view() ==
                    std::string(largest_small_secret, static_cast<char>(i))));
}

BOOST_AUTO_TEST_CASE(what_is_given_back_is_wiped_and_used_again)
{
    char *slot = allocate_small_secret();
    std::fill_n(slot, largest_small_secret, 'x');
    release_small_secret(slot);
    char *again = allocate_small_secret();
    BOOST_TEST(again == slot);
    BOOST_TEST(std::all_of(again, again + largest_small_secret, [](char c) { return c == 0; }));
    release_small_secret(again);
}

BOOST_AUTO_TEST_CASE(threads_may_use_it_at_once)
{
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([t] {
            for (int i = 0; i < 2000; ++i) {
                const Secret one(std::string(32, static_cast<char>('a' + t)));
                const Secret other = one.copy();
                if (!(one == other) || one.view() != std::string(32, static_cast<char>('a' + t)))
                    std::abort();
            }
        });
    }
}

BOOST_AUTO_TEST_CASE(a_child_makes_locked_pages_of_its_own)
{
    char *before = allocate_small_secret();
    release_small_secret(before);
    const pid_t child = ::fork();
    if (child == 0) {
        char *slot = allocate_small_secret();
        ::_exit(slot == before ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
