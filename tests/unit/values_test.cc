// SPDX-License-Identifier: MIT
#include "cli/values.h"

#include "base/error.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

/// What is wrong with `value`, or "".
std::string complaint(const ValueCheck &check, const std::string &value)
{
    try {
        check(value);
        return "";
    } catch (const Error &e) {
        return e.what();
    }
}

void accepts(const ValueCheck &check, const std::vector<std::string> &values)
{
    for (const std::string &value : values)
        BOOST_TEST(complaint(check, value) == "", value);
}

void refuses(const ValueCheck &check, const std::vector<std::string> &values)
{
    for (const std::string &value : values)
        BOOST_TEST(complaint(check, value) != "", value);
}

}

BOOST_AUTO_TEST_SUITE(values_test)

BOOST_AUTO_TEST_CASE(yes_and_no_have_several_spellings)
{
    for (const char *word : {"yes", "true", "1", "on", "Yes", "TRUE"})
        BOOST_TEST(parse_bool(word));
    for (const char *word : {"no", "false", "0", "off", "No"})
        BOOST_TEST(!parse_bool(word));
    refuses(is_bool, {"", "2", "y", "yes ", "enabled"});
    BOOST_TEST(complaint(is_bool, "maybe") == "\"maybe\" is neither yes nor no");
}

BOOST_AUTO_TEST_CASE(numbers_have_limits)
{
    BOOST_TEST(parse_number("64", 1, 64) == 64);
    accepts(is_number(1, 64), {"1", "08", "64"});
    refuses(is_number(1, 64),
            {"0", "65", "", "-1", "+1", " 1", "1 ", "0x1", "1.0", "99999999999999999999"});
    BOOST_TEST(complaint(is_number(1, 64), "65") == "65 is not between 1 and 64");
    BOOST_TEST(complaint(is_number(1, 64), "many") == "\"many\" is not a number");
}

BOOST_AUTO_TEST_CASE(durations_have_units)
{
    BOOST_TEST(parse_duration("300").count() == 300);
    BOOST_TEST(parse_duration("90s").count() == 90);
    BOOST_TEST(parse_duration("5m").count() == 300);
    BOOST_TEST(parse_duration("2h").count() == 7200);
    BOOST_TEST(parse_duration("1d").count() == 86400);
    refuses(is_duration,
            {"", "0", "0m", "m", "5 m", "-5", "5M", "1w", "3651d", "9999999999999999999h"});
    BOOST_TEST(complaint(is_duration, "soon") ==
               "\"soon\" is not a duration, as 90, 90s, 5m, 2h or 1d");
}

BOOST_AUTO_TEST_CASE(urls_are_https)
{
    accepts(is_https_url, {"https://ca.example/dir", "HTTPS://ca.example"});
    refuses(is_https_url, {"", "http://ca.example/dir", "https://", "ca.example", "https://a b",
                           "https://a\n", "https:///a", "https://" + std::string(9000, 'a')});
    BOOST_TEST(complaint(is_https_url, "http://x/") ==
               "\"http://x/\" cannot be used: only https is allowed");
    BOOST_TEST(complaint(is_https_url, "https://") ==
               "\"https://\" cannot be used: no host part in the url");
}

BOOST_AUTO_TEST_CASE(a_url_with_a_password_is_refused_and_not_shown)
{
    for (const char *url : {"https://user:hunter2@host/dir", "https://hunter2@host/",
                            "user:hunter2@host", "http://u:hunter2@host", "https:/u:hunter2@h"}) {
        const std::string why = complaint(is_https_url, url);
        BOOST_TEST(why != "");
        BOOST_TEST(why.find("hunter2") == std::string::npos, why);
    }
    BOOST_TEST(complaint(is_https_url, "https://user:pw@host/dir") ==
               "the URL, which is not shown, cannot be used: user name or password in it");
}

BOOST_AUTO_TEST_CASE(names_of_cas_are_checked)
{
    accepts(is_ca_name, {"letsencrypt", "lab-2", "a"});
    refuses(is_ca_name, {"", "Bad Name", "LAB", "-a", "a.b", "a,b", "../x"});
}

BOOST_AUTO_TEST_CASE(a_bad_proxy_is_not_shown_since_it_may_hold_a_password)
{
    accepts(is_proxy, {"", "http://proxy.example:3128", "https://proxy.example:3128"});
    refuses(is_proxy, {"proxy.example:3128", "ftp://x", "http://a b"});
    BOOST_TEST(complaint(is_proxy, "user:hunter2@x").find("hunter2") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(resolve_rules_have_three_parts)
{
    accepts(is_resolve_rule, {"ca.example:443:127.0.0.1", "ca.example:14000:[::1]"});
    refuses(is_resolve_rule,
            {"", "ca.example", "ca.example:443", "ca.example:443:", ":443:127.0.0.1",
             "ca.example:x:127.0.0.1", "ca.example:65536:127.0.0.1", "ca.example:0:127.0.0.1"});
}

BOOST_AUTO_TEST_CASE(mail_addresses_are_single)
{
    accepts(is_mail_address, {"a@example.org", "mailto:a@example.org"});
    refuses(is_mail_address,
            {"", "a", "@example.org", "a@", "a@b@c", "a@b,c@d", "a@b?cc=x", "a @b", "mailto:"});
    BOOST_TEST(complaint(is_mail_address, "root") == "\"root\" is not a mail address");
}

BOOST_AUTO_TEST_CASE(words_are_taken_from_a_list)
{
    BOOST_TEST(complaint(is_one_of({"a", "b"}), "c") == "\"c\" is none of a, b");
    accepts(is_one_of({"a", "b"}), {"a", "b"});
    refuses(is_one_of({"a", "b"}), {"A", "", "a "});
}

BOOST_AUTO_TEST_CASE(paths_begin_at_the_root)
{
    accepts(is_absolute_path, {"/etc/acmeproxy/hooks"});
    refuses(is_absolute_path, {"", "hooks", "./hooks", "~/hooks"});
}

BOOST_AUTO_TEST_SUITE_END()
