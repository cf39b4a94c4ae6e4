// SPDX-License-Identifier: MIT
#include "server/gateway_renewal_info.h"

#include "unit/fake_clock.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(gateway_renewal_info_test)

BOOST_AUTO_TEST_CASE(an_id_is_two_parts_of_base64url)
{
    for (const char *id : {"AAAA.BBBB", "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE", "AA.AA"})
        BOOST_TEST(is_renewal_info_id(id), id);
    const std::string long_part(132, 'A');
    for (const std::string &id :
         {std::string(), std::string("."), std::string("AAAA"), std::string("AAAA."),
          std::string(".BBBB"), std::string("AAAA.BBBB.CCCC"), std::string("AA/A.BBBB"),
          std::string("../..%2f"), std::string("AAAA.BB=="), std::string("A.BBBB"),
          "AAAA." + long_part, long_part + ".AAAA"})
        BOOST_TEST(!is_renewal_info_id(id), id);
}

BOOST_AUTO_TEST_CASE(answers_are_kept_as_long_as_they_say_and_an_hour_at_most)
{
    FakeClock clock;
    RenewalInfoCache cache(clock);
    cache.put("a", {"{}", clock.now() + 10min});
    cache.put("b", {"{}", clock.now() + 6h});
    BOOST_TEST(cache.find("a").has_value());
    BOOST_TEST(!cache.find("c").has_value());
    clock.advance(10min);
    BOOST_TEST(!cache.find("a").has_value());
    BOOST_TEST(cache.find("b").has_value());
    clock.advance(50min);
    BOOST_TEST(!cache.find("b").has_value());
}

BOOST_AUTO_TEST_CASE(the_cache_is_bounded)
{
    FakeClock clock;
    RenewalInfoCache cache(clock);
    for (int i = 0; i < 1000; ++i)
        cache.put(std::to_string(i), {"{}", clock.now() + 10min + Seconds(i)});
    int kept = 0;
    for (int i = 0; i < 1000; ++i)
        kept += cache.find(std::to_string(i)).has_value();
    BOOST_TEST(kept == 256);
    BOOST_TEST(cache.find("999").has_value());
    BOOST_TEST(!cache.find("0").has_value());
}

BOOST_AUTO_TEST_CASE(a_burst_passes_and_then_some_a_second)
{
    FakeClock clock;
    TokenBucket bucket(clock);
    const auto passed = [&] {
        int count = 0;
        while (bucket.take())
            ++count;
        return count;
    };
    BOOST_TEST(passed() == 50);
    clock.sleep(1s);
    BOOST_TEST(passed() == 10);
    clock.sleep(1h);
    BOOST_TEST(passed() == 50);
}

BOOST_AUTO_TEST_SUITE_END()
