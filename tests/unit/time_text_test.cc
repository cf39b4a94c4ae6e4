// SPDX-License-Identifier: MIT
#include "base/time_text.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>

using namespace acmeproxy;

namespace {

Time at(std::int64_t seconds)
{
    return Time(Seconds(seconds));
}

}

BOOST_AUTO_TEST_SUITE(time_text_test)

BOOST_AUTO_TEST_CASE(rfc_3339_is_written_in_utc)
{
    BOOST_TEST(format_rfc3339(at(0)) == "1970-01-01T00:00:00Z");
    BOOST_TEST(format_rfc3339(at(-1)) == "1969-12-31T23:59:59Z");
    BOOST_TEST(format_rfc3339(at(1795525200)) == "2026-11-24T13:00:00Z");
    BOOST_TEST(format_rfc3339(at(4102444799)) == "2099-12-31T23:59:59Z");
    BOOST_TEST(format_rfc3339(at(1709210096)) == "2024-02-29T12:34:56Z");
}

BOOST_AUTO_TEST_CASE(rfc_3339_is_read)
{
    const struct {
        std::string_view text;
        std::int64_t expected;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-24T13:00:00Z", 1795525200},
        {"2026-11-24t13:00:00z", 1795525200},
        {"2026-11-24 13:00:00Z", 1795525200},
        {"2026-11-24T13:00:00.999999999Z", 1795525200},
        {"2026-11-24T13:00:00.5+00:00", 1795525200},
        {"2026-11-24T15:00:00+02:00", 1795525200},
        {"2026-11-24T07:30:00-05:30", 1795525200},
        {"2026-11-25T00:30:00+11:30", 1795525200},
        {"2026-11-24T13:00:00-00:00", 1795525200},
        {"2016-12-31T23:59:60Z", 1483228800}, // a leap second
        {"2024-02-29T00:00:00Z", 1709164800},
        {"1969-12-31T23:59:59Z", -1},
    };
    for (const auto &c : cases) {
        const auto time = parse_rfc3339(c.text);
        BOOST_TEST((time == at(c.expected)), c.text);
    }
}

BOOST_AUTO_TEST_CASE(bad_rfc_3339_is_refused)
{
    const std::string_view cases[] = {
        "",
        "2026",
        "2026-11-24",
        "2026-11-24T13:00Z",
        "2026-11-24T13:00:00", // no zone
        "2026-11-24T13:00:00 Z",
        "2026-11-24T13:00:00ZZ",
        "2026-11-24T13:00:00Z ",
        " 2026-11-24T13:00:00Z",
        "2026-11-24T13:00:00+02",
        "2026-11-24T13:00:00+0200",
        "2026-11-24T13:00:00+24:00",
        "2026-11-24T13:00:00+02:60",
        "2026-11-24T13:00:00+02:00Z",
        "2026-11-24T13:00:00.Z",
        "2026-11-24T13:00:00,5Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T13:60:00Z",
        "2026-11-24T13:00:61Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "26-11-24T13:00:00Z",
        "+026-11-24T13:00:00Z",
        "2026-1-24T13:00:00Z",
        "2026/11/24T13:00:00Z",
        "2026-11-24_13:00:00Z",
        "2026-11-24T13-00-00Z",
        "12026-11-24T13:00:00Z",
        "2026-11-24T1\xD9\xA1:00:00Z", // a digit of another alphabet
        std::string_view("2026-11-24T13:00:00Z\0", 21),
    };
    for (const std::string_view text : cases)
        BOOST_TEST(!parse_rfc3339(text), "\"" << text << '"');
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back)
{
    for (std::int64_t seconds = -86400 * 400; seconds < 5000000000; seconds += 86400 * 13 + 7331)
        if (parse_rfc3339(format_rfc3339(at(seconds))) != at(seconds))
            BOOST_ERROR("not read back: " + format_rfc3339(at(seconds)));
}

BOOST_AUTO_TEST_CASE(http_dates_in_three_forms_are_read)
{
    // The example of RFC 9110, section 5.6.7.
    for (const std::string_view text :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994"})
        BOOST_TEST((parse_http_date(text) == at(784111777)), text);
    BOOST_TEST((parse_http_date("Tue, 24 Nov 2026 13:00:00 GMT") == at(1795525200)));
}

BOOST_AUTO_TEST_CASE(bad_http_dates_are_refused)
{
    const std::string_view cases[] = {
        "",
        "now",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 +0100",
        "Sun, 06 Nov 1994 08:49:37 GMT and more",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "06 Nov 1994 08:49:37 GMT",
        std::string_view("Sun, 06 Nov 1994 08:49:37 GMT\0x", 31),
    };
    for (const std::string_view text : cases)
        BOOST_TEST(!parse_http_date(text), "\"" << text << '"');
}

BOOST_AUTO_TEST_CASE(retry_after_is_seconds_or_a_date)
{
    const Time now = at(784111777);
    const struct {
        std::string_view text;
        std::optional<std::int64_t> expected;
    } cases[] = {
        {"0", 0},
        {"120", 120},
        {"00007", 7},
        {"315360000", 315360000},
        {"315360001", 315360000}, // ten years are as good as never
        {"99999999999999999999999999", 315360000},
        {"Sun, 06 Nov 1994 08:51:37 GMT", 120},
        {"Sunday, 06-Nov-94 08:51:37 GMT", 120},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
        {"Sun, 06 Nov 1994 08:00:00 GMT", 0}, // has passed
        {"Fri, 31 Dec 9999 23:59:59 GMT", 315360000},
        {"", std::nullopt},
        {"-1", std::nullopt},
        {"+1", std::nullopt},
        {"1.5", std::nullopt},
        {"1s", std::nullopt},
        {" 1", std::nullopt},
        {"0x10", std::nullopt},
        {"soon", std::nullopt},
    };
    for (const auto &c : cases) {
        const auto wait = parse_retry_after(c.text, now);
        BOOST_TEST(wait.has_value() == c.expected.has_value(), "\"" << c.text << '"');
        if (wait && c.expected)
            BOOST_TEST(wait->count() == *c.expected, "\"" << c.text << '"');
    }
}

BOOST_AUTO_TEST_CASE(duration_is_for_people)
{
    const struct {
        std::int64_t seconds;
        const char *expected;
    } cases[] = {
        {0, "0 s"},
        {1, "1 s"},
        {45, "45 s"},
        {119, "119 s"},
        {120, "2 min"},
        {179, "2 min"},
        {7199, "119 min"},
        {7200, "2 h 0 min"},
        {8100, "2 h 15 min"},
        {172799, "47 h 59 min"},
        {172800, "2 d 0 h"},
        {529200, "6 d 3 h"},
        {7776000, "90 d 0 h"},
        {-45, "45 s ago"},
        {-270000, "3 d 3 h ago"},
    };
    for (const auto &c : cases)
        BOOST_TEST(format_duration(Seconds(c.seconds)) == c.expected);
}

BOOST_AUTO_TEST_SUITE_END()
