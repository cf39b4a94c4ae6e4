// SPDX-License-Identifier: MIT
#include "acme/renewal_info_parse.h"
#include "base/time_text.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const Time not_before = parse_rfc3339("2026-10-01T00:00:00Z").value();
const Time not_after = parse_rfc3339("2026-12-30T00:00:00Z").value();

RenewalInfo info(const std::string &start, const std::string &end,
                 std::optional<Seconds> retry_after = {})
{
    Json window = Json::object();
    window.set("start", start).set("end", end);
    Json json = Json::object();
    json.set("suggestedWindow", window).set("explanationURL", "https://ca.example/why");
    return parse_renewal_info(json, retry_after, not_before, not_after);
}

std::string refusal(const std::string &start, const std::string &end)
try {
    info(start, end);
    return "";
} catch (const Error &e) {
    return e.what();
}

}

BOOST_AUTO_TEST_SUITE(issued_test)

BOOST_AUTO_TEST_CASE(reasons_that_a_subscriber_may_give)
{
    const struct {
        const char *text;
        int code;
    } table[] = {{"unspecified", 0},
                 {"0", 0},
                 {"keyCompromise", 1},
                 {"KEYCOMPROMISE", 1},
                 {"1", 1},
                 {"3", 3},
                 {"superseded", 4},
                 {"affiliationchanged", 3},
                 {"cessationOfOperation", 5}};
    for (const auto &row : table)
        BOOST_TEST(parse_revocation_reason(row.text).value() == row.code);
    for (const char *text : {"", "2", "6", "7", "8", "9", "10", "01", "-1", " 1", "cACompromise",
                             "certificateHold", "removeFromCRL", "key"})
        BOOST_TEST(!parse_revocation_reason(text), text);
}

BOOST_AUTO_TEST_CASE(a_sound_window_is_read)
{
    const RenewalInfo sound = info("2026-11-28T00:00:00Z", "2026-11-30T00:00:00.5+02:00");
    BOOST_TEST(format_rfc3339(sound.start) == "2026-11-28T00:00:00Z");
    BOOST_TEST(format_rfc3339(sound.end) == "2026-11-29T22:00:00Z");
    BOOST_TEST(sound.explanation_url == "https://ca.example/why");
    BOOST_TEST((sound.retry_after == Seconds(21600)));
}

BOOST_AUTO_TEST_CASE(how_often_to_look_is_bounded)
{
    const auto retry = [](int seconds) {
        return info("2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z", Seconds(seconds))
            .retry_after.count();
    };
    BOOST_TEST(retry(0) == 60);
    BOOST_TEST(retry(3600) == 3600);
    BOOST_TEST(retry(315360000) == 86400);
}

BOOST_AUTO_TEST_CASE(a_window_that_must_not_be_obeyed_is_an_error)
{
    const struct {
        const char *start;
        const char *end;
        const char *reason;
    } table[] = {
        {"2026-11-28T00:00:00Z", "2026-11-28T00:00:00Z", "is empty or inverted"},
        {"2026-11-28T00:00:00Z", "2026-11-27T00:00:00Z", "is empty or inverted"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "is empty or inverted"},
        {"2026-12-29T00:00:00Z", "2026-12-30T00:00:01Z", "is outside of the certificate's"},
        {"2027-12-29T00:00:00Z", "2027-12-30T00:00:00Z", "is outside of the certificate's"},
        {"2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z", "is outside of the certificate's"},
        {"soon", "2026-11-28T00:00:00Z", "the window's start \"soon\" is not a time"},
        {"2026-11-28T00:00:00Z", "2026-11-29T00:00:00", "is not a time"},
    };
    for (const auto &row : table) {
        const std::string text = refusal(row.start, row.end);
        BOOST_TEST(text.find(row.reason) != std::string::npos, row.reason << " is not in " << text);
    }
}

BOOST_AUTO_TEST_CASE(a_window_may_begin_before_the_certificate_and_end_with_it)
{
    BOOST_TEST(refusal("2026-09-30T23:00:00Z", "2026-10-01T00:30:00Z") == "");
    BOOST_TEST(refusal("2026-12-29T00:00:00Z", "2026-12-30T00:00:00Z") == "");
}

BOOST_AUTO_TEST_CASE(an_object_without_a_window_is_an_error)
{
    for (const char *text : {"{}", R"({"suggestedWindow":null})", R"({"suggestedWindow":{}})",
                             R"({"suggestedWindow":{"start":5,"end":6}})"})
        BOOST_CHECK_THROW(parse_renewal_info(Json::parse(text), {}, not_before, not_after), Error);
}

BOOST_AUTO_TEST_SUITE_END()
