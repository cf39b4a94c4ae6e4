// SPDX-License-Identifier: MIT
#include "base/identifier.h"

#include "base/error.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

std::string label(std::size_t size)
{
    return std::string(size, 'a');
}

std::string refusal(std::string_view text)
{
    try {
        return "accepted as " + Identifier::parse(text).value();
    } catch (const Error &e) {
        return e.what();
    }
}

}

BOOST_AUTO_TEST_SUITE(identifier_test)

BOOST_AUTO_TEST_CASE(names_become_canonical)
{
    const std::string longest = label(63) + "." + label(63) + "." + label(63) + "." + label(61);
    const struct {
        std::string text, expected;
    } cases[] = {
        {"a.example", "a.example"},
        {"A.Example", "a.example"},
        {"a.example.", "a.example"},
        {"localhost", "localhost"},
        {"a-b.example", "a-b.example"},
        {"1.example", "1.example"},
        {"r3---sn.example", "r3---sn.example"},
        {"*.example", "*.example"},
        {"*.A.Example.", "*.a.example"},
        {"m\xC3\xBCller.example", "xn--mller-kva.example"},
        {"M\xC3\x9CLLER.example", "xn--mller-kva.example"},
        {"mu\xCC\x88ller.example", "xn--mller-kva.example"}, // decomposed
        {"stra\xC3\x9F"
         "e.example",
         "xn--strae-oqa.example"}, // not "strasse": nontransitional
        {"*.\xD0\xBF\xD1\x80\xD0\xB8\xD0\xBC\xD0\xB5\xD1\x80.example", "*.xn--e1afmkfd.example"},
        {"XN--MLLER-KVA.example", "xn--mller-kva.example"},
        {"a\xE3\x80\x82"
         "example",
         "a.example"}, // ideographic full stop
        {label(63) + ".example", label(63) + ".example"},
        {longest, longest},
        {longest + ".", longest},
        {"0x.example", "0x.example"},
        {"a.0xg", "a.0xg"},
        {"a.1a", "a.1a"},
    };
    for (const auto &c : cases) {
        BOOST_TEST_CONTEXT(c.text)
        {
            const Identifier id = Identifier::parse(c.text);
            BOOST_TEST((id.type() == Identifier::Type::dns));
            BOOST_TEST(id.type_name() == "dns");
            BOOST_TEST(id.value() == c.expected);
            BOOST_TEST(Identifier::parse("dns", c.text).value() == c.expected);
            BOOST_TEST(Identifier::parse(id.value()).value() == c.expected); // stays so
            BOOST_TEST(id.is_wildcard() == c.text.starts_with('*'));
        }
    }
}

BOOST_AUTO_TEST_CASE(addresses_become_canonical)
{
    const struct {
        std::string text, expected;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"2001:db8::1", "2001:db8::1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"::", "::"},
        {"::1", "::1"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
        {"::FFFF:c000:201", "::ffff:192.0.2.1"},
    };
    for (const auto &c : cases) {
        BOOST_TEST_CONTEXT(c.text)
        {
            const Identifier id = Identifier::parse(c.text);
            BOOST_TEST((id.type() == Identifier::Type::ip));
            BOOST_TEST(id.type_name() == "ip");
            BOOST_TEST(id.value() == c.expected);
            BOOST_TEST(!id.is_wildcard());
            BOOST_TEST((Identifier::parse("ip", c.text) == id));
            BOOST_TEST((ip_from_bytes(id.ip_bytes()) == id));
        }
    }
}

BOOST_AUTO_TEST_CASE(bad_names_are_refused_with_the_reason)
{
    const std::string name_of_254 = label(63) + "." + label(63) + "." + label(63) + "." + label(62);
    const struct {
        std::string text, reason;
    } cases[] = {
        {"", "the name is empty"},
        {".", "the name is empty"},
        {"*.", "the name is empty"},
        {"..", "a label is empty"},
        {"a..example", "a label is empty"},
        {".example", "a label is empty"},
        {"a.example..", "a label is empty"},
        {"*", "a wildcard is only possible as the whole first label, once"},
        {"*.*.example", "a wildcard is only possible as the whole first label, once"},
        {"a.*.example", "a wildcard is only possible as the whole first label, once"},
        {"a*.example", "a wildcard is only possible as the whole first label, once"},
        {"**.example", "a wildcard is only possible as the whole first label, once"},
        {"*example", "a wildcard is only possible as the whole first label, once"},
        {"-a.example", "begins or ends with a hyphen"},
        {"a-.example", "begins or ends with a hyphen"},
        {"a_b.example", "not a letter, digit or hyphen"},
        {"a b.example", "not a letter, digit or hyphen"},
        {" a.example", "not a letter, digit or hyphen"},
        {"a.example\n", "not a letter, digit or hyphen"},
        {"a/b.example", "not a letter, digit or hyphen"},
        {"../etc/passwd", "a label is empty"},
        {"user@a.example", "not a letter, digit or hyphen"},
        {"a%2eexample", "not a letter, digit or hyphen"},
        {std::string("a\0.example", 10), "not valid UTF-8"},
        {std::string("192.0.2.1\0.example", 18), "not valid UTF-8"},
        {"a\xFF.example", "not valid UTF-8"},
        {label(64) + ".example", "is longer than 63 bytes"},
        {name_of_254, "longer than 253 bytes"},
        {"*." + name_of_254.substr(2), "longer than 253 bytes"},
        {"192.0.2.256", "cannot end in a number"},
        {"192.0.2", "cannot end in a number"},
        {"192.0.2.1.", "cannot end in a number"},
        {"3221225985", "cannot end in a number"},
        {"0xc0000201", "cannot end in a number"},
        {"0300.0.2.1", "cannot end in a number"},
        {"192.0.2.0x1", "cannot end in a number"},
        {"a.0X", "cannot end in a number"},
        {"*.192.0.2.1", "cannot end in a number"},
        {"a.123", "cannot end in a number"},
        {"\xEF\xBC\x91.2.3.4", "cannot end in a number"}, // a fullwidth digit
        {"1.2.3.\xEF\xBC\x94", "cannot end in a number"},
        {"[2001:db8::1]", "not an IP address"},
        {"[192.0.2.1]", "not an IP address"},
        {"fe80::1%eth0", "not an IP address"},
        {"2001:db8::1::2", "not an IP address"},
        {"a.example:443", "not an IP address"},
        {"https://a.example/", "not an IP address"},
        {"xn--a.example", "identifier \"xn--a.example\": "},
        {"xn--.example", "identifier \"xn--.example\": "},
        {"xn--a-\xC3\xBC.example", "identifier"},
    };
    for (const auto &c : cases) {
        const std::string said = refusal(c.text);
        BOOST_TEST(said.starts_with("identifier \""), said);
        BOOST_TEST(said.find(c.reason) != std::string::npos, said);
        BOOST_CHECK_THROW(Identifier::parse("dns", c.text), Error);
    }
}

BOOST_AUTO_TEST_CASE(refusal_shows_no_control_character)
{
    const std::string said = refusal("a\x1B[2J\n.example");
    BOOST_TEST(said.find_first_of("\x1B\n") == std::string::npos, said);
    BOOST_TEST(refusal(std::string(100000, 'a')).size() < 1000U);
}

BOOST_AUTO_TEST_CASE(type_and_value_must_fit)
{
    const struct {
        std::string type, value;
    } cases[] = {
        {"dns", "192.0.2.1"},
        {"dns", "2001:db8::1"},
        {"ip", "a.example"},
        {"ip", ""},
        {"ip", "192.0.2"},
        {"ip", "[::1]"},
        {"ip", "::1%lo"},
        {"ip", " ::1"},
        {"ip", "*.0.2.1"},
        {"DNS", "a.example"},
        {"", "a.example"},
        {"email", "a@b.example"},
        {"ip", std::string("::1\0", 4)},
    };
    for (const auto &c : cases)
        BOOST_CHECK_THROW(Identifier::parse(c.type, c.value), Error);
    BOOST_CHECK_EXCEPTION(Identifier::parse("email", "x"), Error, [](const Error &e) {
        return e.what() == std::string("identifier \"x\": the type \"email\" is not known");
    });
}

BOOST_AUTO_TEST_CASE(bytes_are_those_of_a_certificate)
{
    BOOST_TEST(Identifier::parse("192.0.2.1").ip_bytes() == std::string("\xC0\x00\x02\x01", 4));
    BOOST_TEST(Identifier::parse("::1").ip_bytes() == std::string(15, '\0') + "\x01");
    BOOST_CHECK_THROW(Identifier::parse("a.example").ip_bytes(), Error);
    for (const std::size_t size : {0, 3, 5, 8, 15, 17, 32})
        BOOST_CHECK_THROW(ip_from_bytes(std::string(size, '\1')), Error);
}

BOOST_AUTO_TEST_CASE(sets_are_equal_whatever_order_and_repetition)
{
    const Identifier a = Identifier::parse("a.example");
    const Identifier b = Identifier::parse("b.example");
    const Identifier ip = Identifier::parse("192.0.2.1");
    BOOST_TEST(same_set({}, {}));
    BOOST_TEST(same_set({a, b, ip}, {ip, b, a}));
    BOOST_TEST(same_set({a, a, b}, {b, a, b}));
    BOOST_TEST(!same_set({a}, {}));
    BOOST_TEST(!same_set({}, {a}));
    BOOST_TEST(!same_set({a, b}, {a, ip}));
    BOOST_TEST(!same_set({a}, {a, b}));
}

BOOST_AUTO_TEST_CASE(list_reads_well)
{
    BOOST_TEST(to_text(std::vector<Identifier>()) == "");
    BOOST_TEST(to_text({Identifier::parse("a.example")}) == "a.example");
    BOOST_TEST(to_text({Identifier::parse("*.b.example"), Identifier::parse("::1")}) ==
               "*.b.example, ::1");
}

BOOST_AUTO_TEST_SUITE_END()
