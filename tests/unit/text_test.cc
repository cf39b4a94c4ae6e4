// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(text_test)

BOOST_AUTO_TEST_CASE(trim_takes_white_space_at_both_ends_only)
{
    const struct {
        std::string_view text, expected;
    } cases[] = {
        {"", ""},
        {" ", ""},
        {" \t\r\n ", ""},
        {"a", "a"},
        {" a b\t", "a b"},
        {"\r\na\n", "a"},
        {"\va\f", "\va\f"}, // not among the white space of our files
        {"\xC2\xA0"
         "a",
         "\xC2\xA0"
         "a"}, // nor is a no-break space
        {std::string_view(" \0 ", 3), std::string_view("\0", 1)},
    };
    for (const auto &c : cases)
        BOOST_TEST(trim(c.text) == c.expected, "trim of \"" << c.text << '"');
}

BOOST_AUTO_TEST_CASE(to_lower_changes_ascii_letters_only)
{
    BOOST_TEST(to_lower("") == "");
    BOOST_TEST(to_lower("AZ az 09 @[`{") == "az az 09 @[`{");
    BOOST_TEST(to_lower("\xC3\x84") == "\xC3\x84"); // A with diaeresis
    BOOST_TEST(to_lower(std::string_view("A\0B", 3)) == std::string("a\0b", 3));
}

BOOST_AUTO_TEST_CASE(equal_ignoring_case_compares_whole_texts)
{
    BOOST_TEST(equal_ignoring_case("", ""));
    BOOST_TEST(equal_ignoring_case("Content-Type", "content-type"));
    BOOST_TEST(!equal_ignoring_case("a", "ab"));
    BOOST_TEST(!equal_ignoring_case("ab", "a"));
    BOOST_TEST(!equal_ignoring_case("@", "`")); // differ by the bit that letters differ by
    BOOST_TEST(!equal_ignoring_case("\xC3\x84", "\xC3\xA4"));
}

BOOST_AUTO_TEST_CASE(split_counts_empty_parts)
{
    using Parts = std::vector<std::string>;
    const struct {
        std::string_view text;
        Parts expected;
    } cases[] = {
        {"", {""}},          {",", {"", ""}},          {"a", {"a"}},
        {"a,b", {"a", "b"}}, {"a,,b", {"a", "", "b"}}, {",a,", {"", "a", ""}},
        {"a;b", {"a;b"}},
    };
    for (const auto &c : cases) {
        const Parts parts = split(c.text, ',');
        BOOST_TEST(parts == c.expected, "split of \"" << c.text << '"');
    }
}

BOOST_AUTO_TEST_CASE(join_puts_separators_between)
{
    BOOST_TEST(join({}, ", ") == "");
    BOOST_TEST(join({"a"}, ", ") == "a");
    BOOST_TEST(join({"", ""}, ", ") == ", ");
    BOOST_TEST(join({"a", "b", "c"}, ", ") == "a, b, c");
    BOOST_TEST(join(split("a,,b", ','), ",") == "a,,b");
}

BOOST_AUTO_TEST_CASE(printable_replaces_what_could_forge_a_line)
{
    const struct {
        std::string_view text, expected;
    } cases[] = {
        {"", ""},
        {"plain text.", "plain text."},
        {"a\nb\r\tc", "a?b??c"},
        {"\x1B[31mred", "?[31mred"},
        {"\x7F", "?"},
        {std::string_view("a\0b", 3), "a?b"},
        {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},
        {"\xE2\x82\xAC", "\xE2\x82\xAC"},         // euro sign
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"}, // beyond the first plane
        {"\xC2\x85", "?"},                        // U+0085, next line
        {"\xC2\x9B", "?"},                        // U+009B, control sequence introducer
        {"\xC2\xA0", "\xC2\xA0"},
        {"\xE2\x80\xA8", "?"}, // U+2028, line separator
        {"\xE2\x80\xAE"
         "abc",
         "?abc"},              // U+202E, right-to-left override
        {"\xE2\x81\xA6", "?"}, // U+2066, left-to-right isolate
        {"\xFF\xFE", "??"},
        {"\xC3", "?"},
        {"\xC3\x28", "?("},
        {"\xE2\x82", "??"},
        {"\xC0\xAF", "??"},      // overlong slash
        {"\xED\xA0\x80", "???"}, // surrogate
        {"\xF4\x90\x80\x80", "????"},
    };
    for (const auto &c : cases)
        BOOST_TEST(printable(c.text) == c.expected);
}

BOOST_AUTO_TEST_CASE(printable_cuts_between_characters)
{
    BOOST_TEST(printable("abcd", 4) == "abcd");
    BOOST_TEST(printable("abcde", 4) == "abcd...");
    BOOST_TEST(printable("abc\xC3\xBC", 5) == "abc\xC3\xBC");
    BOOST_TEST(printable("abc\xC3\xBC", 4) == "abc...");
    BOOST_TEST(printable("abc", 0) == "...");
    BOOST_TEST(printable("", 0) == "");
    BOOST_TEST(printable(std::string(5000, 'x')) == std::string(2000, 'x') + "...");
}

BOOST_AUTO_TEST_CASE(utf8_is_valid_as_rfc_3629_says)
{
    const struct {
        std::string_view text;
        bool valid;
    } cases[] = {
        {"", true},
        {"ascii", true},
        {std::string_view("\0", 1), true},
        {"\xC2\x80", true},
        {"\xDF\xBF", true},
        {"\xE0\xA0\x80", true},
        {"\xED\x9F\xBF", true},
        {"\xEE\x80\x80", true},
        {"\xEF\xBF\xBF", true},
        {"\xF0\x90\x80\x80", true},
        {"\xF4\x8F\xBF\xBF", true},
        {"\x80", false},
        {"\xBF", false},
        {"\xC0\x80", false},
        {"\xC1\xBF", false},
        {"\xC2", false},
        {"\xC2\x41", false},
        {"\xE0\x9F\xBF", false},
        {"\xE0\xA0", false},
        {"\xED\xA0\x80", false},
        {"\xED\xBF\xBF", false},
        {"\xF0\x8F\xBF\xBF", false},
        {"\xF0\x90\x80", false},
        {"\xF4\x90\x80\x80", false},
        {"\xF5\x80\x80\x80", false},
        {"\xFE", false},
        {"good\xFF", false},
    };
    for (const auto &c : cases)
        BOOST_TEST(is_valid_utf8(c.text) == c.valid, "\"" << c.text << '"');
}

BOOST_AUTO_TEST_SUITE_END()
