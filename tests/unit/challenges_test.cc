// SPDX-License-Identifier: MIT
#include "spool/challenges.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::days;

BOOST_AUTO_TEST_SUITE(challenges_test)

BOOST_AUTO_TEST_CASE(a_challenge_is_a_file_for_all_to_read)
{
    SpoolFixture f;
    const Token token = Token::parse("DGyRejmCefe7v4NfDGDKfA_-");
    publish_challenge(f.spool, token, "token.thumbprint");
    BOOST_TEST(f.content("challenges/DGyRejmCefe7v4NfDGDKfA_-") == "token.thumbprint");
    BOOST_TEST((f.spool.dir().status("challenges/DGyRejmCefe7v4NfDGDKfA_-")->st_mode & 07777) ==
               0644U);
    publish_challenge(f.spool, token, "other");
    BOOST_TEST(f.content("challenges/DGyRejmCefe7v4NfDGDKfA_-") == "other");
    BOOST_TEST(f.spool.dir().list("tmp").empty());
    withdraw_challenge(f.spool, token);
    BOOST_TEST(f.spool.dir().list("challenges").empty());
    withdraw_challenge(f.spool, token); // gone already
}

BOOST_AUTO_TEST_CASE(what_was_left_behind_is_swept_when_it_is_old)
{
    SpoolFixture f;
    const Time now = system_clock().now();
    const auto put = [&](const std::string &path, Time when) {
        f.overwrite(path, "x");
        f.spool.dir().set_mtime(path, when.time_since_epoch().count());
    };
    put("challenges/young", now - days(7));
    put("challenges/old", now - days(7) - Seconds(1));
    put("tmp/young", now - days(1));
    put("tmp/old", now - days(1) - Seconds(1));
    put("tmp/ahead", now + days(100));
    f.spool.dir().make_dir("tmp/folder", 0700);
    put("tmp/folder/inside", now);
    f.spool.dir().set_mtime("tmp/folder", (now - days(2)).time_since_epoch().count());
    f.spool.dir().make_link("../certs", "tmp/link");
    f.spool.dir().set_mtime("tmp/link", (now - days(2)).time_since_epoch().count());
    f.add("a.example");
    BOOST_TEST(sweep(f.spool, now) == 4);
    BOOST_TEST(f.spool.dir().list("challenges") == std::vector<std::string>{"young"},
               boost::test_tools::per_element());
    const std::vector<std::string> left = {"ahead", "young"};
    BOOST_TEST(f.spool.dir().list("tmp") == left, boost::test_tools::per_element());
    BOOST_TEST(f.spool.lineages().size() == 1U);
    BOOST_TEST(sweep(f.spool, now) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
