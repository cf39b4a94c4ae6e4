// SPDX-License-Identifier: MIT
#include "base/random.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(random_test)

BOOST_AUTO_TEST_CASE(bytes_have_the_size_asked_for)
{
    for (const std::size_t size : {0, 1, 16, 256, 257, 100000})
        BOOST_TEST(random_bytes(size).size() == size);
}

BOOST_AUTO_TEST_CASE(bytes_do_not_repeat)
{
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(random_bytes(16));
    BOOST_TEST(seen.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(all_of_a_large_block_is_filled)
{
    // A block of 4 KiB that stayed zero would have a chance of 2^-32768.
    const std::string bytes = random_bytes(1 << 20);
    for (std::size_t i = 0; i < bytes.size(); i += 4096)
        BOOST_TEST((bytes.substr(i, 4096) != std::string(4096, '\0')));
}

BOOST_AUTO_TEST_CASE(unit_numbers_fill_the_unit_interval)
{
    double least = 1, most = 0, sum = 0;
    constexpr int count = 10000;
    for (int i = 0; i < count; ++i) {
        const double number = random_unit();
        least = std::min(least, number);
        most = std::max(most, number);
        sum += number;
    }
    BOOST_TEST(least >= 0);
    BOOST_TEST(most < 1);
    // Each bound fails by chance less often than once in 10^20 runs.
    BOOST_TEST(least < 0.01);
    BOOST_TEST(most > 0.99);
    BOOST_TEST(sum / count > 0.47);
    BOOST_TEST(sum / count < 0.53);
}

BOOST_AUTO_TEST_SUITE_END()
