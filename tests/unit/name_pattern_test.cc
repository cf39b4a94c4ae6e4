// SPDX-License-Identifier: MIT
#include "spool/name_pattern.h"

#include "base/error.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

bool covers(const std::string &pattern, const std::string &name)
{
    return NamePattern::parse(pattern).matches(Identifier::parse(name));
}

struct Case {
    const char *pattern;
    const char *name;
    bool expected;
};

void check(const std::vector<Case> &table)
{
    for (const Case &one : table)
        BOOST_TEST(covers(one.pattern, one.name) == one.expected,
                   one.pattern << " and " << one.name);
}

std::string refusal(const std::string &pattern)
{
    try {
        return "taken: " + NamePattern::parse(pattern).text();
    } catch (const Error &e) {
        return e.what();
    }
}

PatternDecision decision(const std::vector<std::string> &texts, const std::string &name)
{
    std::vector<NamePattern> patterns;
    for (const std::string &text : texts)
        patterns.push_back(NamePattern::parse(text));
    return decide(patterns, Identifier::parse(name));
}

}

BOOST_AUTO_TEST_SUITE(name_pattern_test)

BOOST_AUTO_TEST_CASE(a_name_covers_exactly_itself)
{
    check({{"a.example", "a.example", true},
           {"A.Example.", "a.example", true},
           {"a.example", "b.a.example", false},
           {"a.example", "example", false},
           {"b\xc3\xbc"
            "cher.example",
            "xn--bcher-kva.example", true},
           {"localhost", "localhost", true}});
}

BOOST_AUTO_TEST_CASE(a_star_is_exactly_one_label)
{
    check({{"*.a.example", "x.a.example", true},
           {"*.a.example", "a.example", false},
           {"*.a.example", "y.x.a.example", false},
           {"*.a.example", "x.b.example", false},
           {"*.com", "a.com", true}});
}

BOOST_AUTO_TEST_CASE(two_stars_are_one_or_more_labels)
{
    check({{"**.a.example", "x.a.example", true},
           {"**.a.example", "z.y.x.a.example", true},
           {"**.a.example", "a.example", false},
           {"**.a.example", "x.b.example", false}});
}

BOOST_AUTO_TEST_CASE(a_suffix_without_a_label_boundary_is_none)
{
    check({{"*.example.com", "x.evilexample.com", false},
           {"*.example.com", "evilexample.com", false},
           {"**.example.com", "x.evilexample.com", false},
           {"**.example.com", "evil-example.com", false},
           {"example.com", "evilexample.com", false},
           {"example.com", "example.com.evil.example", false}});
}

BOOST_AUTO_TEST_CASE(names_are_no_regular_expressions)
{
    check({{"a.example.com", "axexample.com", false}, {"a-b.example", "a.example", false}});
    for (const char *text : {".*.example.com", "^a.example$", "a|b.example", "[ab].example",
                             "a?.example", "(a).example", "a+.example", "a{1}.example", "a\\.b"})
        BOOST_TEST(!refusal(text).starts_with("taken"), text);
}

BOOST_AUTO_TEST_CASE(a_wildcard_identifier_needs_a_pattern_for_wildcards)
{
    check({{"*.a.example", "*.a.example", false},
           {"**.a.example", "*.a.example", false},
           {"**.a.example", "*.x.a.example", false},
           {"a.example", "*.a.example", false},
           {"wildcard:a.example", "*.a.example", true},
           {"wildcard:a.example", "a.example", false},
           {"wildcard:a.example", "x.a.example", false},
           {"wildcard:a.example", "*.x.a.example", false},
           {"wildcard:*.a.example", "*.x.a.example", true},
           {"wildcard:*.a.example", "*.a.example", false},
           {"wildcard:**.a.example", "*.y.x.a.example", true},
           {"wildcard:**.a.example", "*.a.example", false}});
}

BOOST_AUTO_TEST_CASE(addresses_go_by_cidr)
{
    check({{"192.0.2.7", "192.0.2.7", true},
           {"192.0.2.7", "192.0.2.8", false},
           {"192.0.2.0/24", "192.0.2.255", true},
           {"192.0.2.0/24", "192.0.3.0", false},
           {"192.0.2.128/25", "192.0.2.127", false},
           {"192.0.2.128/25", "192.0.2.128", true},
           {"10.0.0.0/9", "10.127.255.255", true},
           {"10.0.0.0/9", "10.128.0.0", false},
           {"0.0.0.0/0", "203.0.113.9", true},
           {"0.0.0.0/0", "2001:db8::1", false},
           {"2001:db8::/32", "2001:db8:ffff::1", true},
           {"2001:db8::/32", "2001:db9::1", false},
           {"2001:db8::/127", "2001:db8::1", true},
           {"2001:db8::/127", "2001:db8::2", false},
           {"::/0", "192.0.2.7", false},
           {"**.a.example", "192.0.2.7", false},
           {"192.0.2.0/24", "a.example", false}});
}

BOOST_AUTO_TEST_CASE(patterns_are_kept_in_canonical_form)
{
    const std::vector<std::pair<const char *, const char *>> table = {
        {" A.Example. ", "a.example"},
        {"*.A.example", "*.a.example"},
        {"!**.a.EXAMPLE", "!**.a.example"},
        {"wildcard:A.example", "wildcard:a.example"},
        {"!wildcard:*.A.example", "!wildcard:*.a.example"},
        {"192.0.2.77/24", "192.0.2.0/24"},
        {"192.0.2.7", "192.0.2.7"},
        {"!192.0.2.7/32", "!192.0.2.7/32"},
        {"2001:DB8:0::1/32", "2001:db8::/32"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"!**.com", "!**.com"},
    };
    for (const auto &[text, canonical] : table) {
        const NamePattern pattern = NamePattern::parse(text);
        BOOST_TEST(pattern.text() == canonical);
        BOOST_TEST(NamePattern::parse(canonical).text() == canonical);
        BOOST_TEST(pattern.denies() == (canonical[0] == '!'));
    }
}

BOOST_AUTO_TEST_CASE(patterns_that_say_too_much_or_nothing_are_refused_with_the_reason)
{
    const std::string bare = "a bare star would cover the whole world; put a domain behind it";
    const std::string stars = "stars are only possible in front: \"*.\" or \"**.\"";
    const auto suffix = [](const std::string &name) {
        return name + " is a public suffix: the names below it belong to many";
    };
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", "it is empty"},
        {"  ", "it is empty"},
        {"*", bare},
        {"**", bare},
        {"!*", bare},
        {"wildcard:*", bare},
        {"**.com", suffix("com")},
        {"**.co.uk", suffix("co.uk")},
        {"**.github.io", suffix("github.io")},
        {"**.xn--p1ai", suffix("xn--p1ai")},
        {"**.\xd1\x80\xd1\x84", suffix("xn--p1ai")},
        {"wildcard:**.com", suffix("com")},
        {"**.nosuchtld", suffix("nosuchtld")},
        {"a.*.example", stars},
        {"*a.example", stars},
        {"*.*.example", stars},
        {"***.a.example", stars},
        {"a.example*", stars},
        {"1.2.3", "it is no IP address"},
        {"192.0.2.256", "it is no IP address"},
        {"[2001:db8::1]", "it is no IP address"},
        {"https://a.example", "it is no IP address"},
        {"192.0.2.0/33", "the prefix length must be 0 to 32"},
        {"192.0.2.0/", "the prefix length must be 0 to 32"},
        {"192.0.2.0/-1", "identifier \"192.0.2.0/-1\": the label \"0/-1\" has a character that is "
                         "not a letter, digit or hyphen"},
        {"192.0.2.0/24/24", "the prefix length must be 0 to 32"},
        {"2001:db8::/129", "the prefix length must be 0 to 128"},
    };
    for (const auto &[text, reason] : table)
        BOOST_TEST(refusal(text) == "pattern \"" + text + "\": " + reason);
    for (const char *text : {"a..example", "*.", "!", "!!a.example", "! a.example", "-a.example",
                             "a_b.example", "wildcard:", "wildcard:192.0.2.7",
                             "wildcard:wildcard:a.example", "a.example/24", "0x7f.1"})
        BOOST_TEST(!refusal(text).starts_with("taken"), text);
}

BOOST_AUTO_TEST_CASE(nothing_is_allowed_by_an_empty_list)
{
    const PatternDecision nothing = decision({}, "a.example");
    BOOST_TEST(!nothing.allowed);
    BOOST_TEST(nothing.pattern.empty());
}

BOOST_AUTO_TEST_CASE(a_denying_pattern_wins_wherever_it_stands)
{
    for (const auto &list : {std::vector<std::string>{"**.a.example", "!x.a.example"},
                             {"!x.a.example", "**.a.example"}}) {
        const PatternDecision denied = decision(list, "x.a.example");
        BOOST_TEST(!denied.allowed);
        BOOST_TEST(denied.pattern == "!x.a.example");
        const PatternDecision allowed = decision(list, "y.a.example");
        BOOST_TEST(allowed.allowed);
        BOOST_TEST(allowed.pattern == "**.a.example");
        BOOST_TEST(!decision(list, "a.example").allowed);
    }
    BOOST_TEST(!decision({"!x.a.example"}, "y.a.example").allowed);
    BOOST_TEST(decision({"a.example", "!192.0.2.0/24"}, "a.example").allowed);
    BOOST_TEST(!decision({"192.0.0.0/8", "!192.0.2.0/24"}, "192.0.2.1").allowed);
}

BOOST_AUTO_TEST_CASE(the_first_allowing_pattern_is_named)
{
    BOOST_TEST(decision({"**.a.example", "*.a.example"}, "x.a.example").pattern == "**.a.example");
}

BOOST_AUTO_TEST_SUITE_END()
