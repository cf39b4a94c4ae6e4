// SPDX-License-Identifier: MIT
#include "acme/nonce_pool.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <thread>
#include <vector>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(nonce_pool_test)

BOOST_AUTO_TEST_CASE(the_newest_is_given_first_and_once)
{
    NoncePool pool;
    BOOST_TEST(!pool.take());
    pool.put("old");
    pool.put("new");
    BOOST_TEST(pool.take().value() == "new");
    BOOST_TEST(pool.take().value() == "old");
    BOOST_TEST(!pool.take());
}

BOOST_AUTO_TEST_CASE(what_is_no_nonce_is_ignored)
{
    NoncePool pool;
    for (const std::string &bad : {std::string(), std::string("a b"), std::string("a="),
                                   std::string("a\"b"), std::string(2000, 'a')})
        pool.put(bad);
    BOOST_TEST(!pool.take());
}

BOOST_AUTO_TEST_CASE(at_most_64_are_kept_and_the_oldest_go)
{
    NoncePool pool;
    for (int i = 0; i < 100; ++i)
        pool.put("n" + std::to_string(i));
    int count = 0;
    std::string last;
    while (const auto nonce = pool.take()) {
        ++count;
        last = *nonce;
    }
    BOOST_TEST(count == 64);
    BOOST_TEST(last == "n36");
}

BOOST_AUTO_TEST_CASE(clear_leaves_none)
{
    NoncePool pool;
    pool.put("a");
    pool.clear();
    BOOST_TEST(!pool.take());
}

BOOST_AUTO_TEST_CASE(workers_never_get_the_same_one)
{
    NoncePool pool;
    for (int i = 0; i < 64; ++i)
        pool.put("n" + std::to_string(i));
    std::vector<std::vector<std::string>> taken(4);
    std::vector<std::thread> workers;
    for (auto &mine : taken)
        workers.emplace_back([&pool, &mine] {
            while (auto nonce = pool.take())
                mine.push_back(*nonce);
        });
    for (std::thread &worker : workers)
        worker.join();
    std::vector<std::string> all;
    for (const auto &mine : taken)
        all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    BOOST_TEST(all.size() == 64U);
    BOOST_TEST((std::adjacent_find(all.begin(), all.end()) == all.end()));
}

BOOST_AUTO_TEST_SUITE_END()
