// SPDX-License-Identifier: MIT
#include "spool/records.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

constexpr Time t0 = TestCa::epoch;

template <class Parse> std::string refusal(Parse parse, const std::string &text)
{
    return thrown_by([&] { parse(Json::parse(text)); });
}

}

BOOST_AUTO_TEST_SUITE(records_test)

BOOST_AUTO_TEST_CASE(an_order_survives_its_file)
{
    const OrderRecord record{
        "pebble", "https://ca.example/dir", "https://ca.example/a/1", "https://ca.example/o/1", 12,
        t0};
    const OrderRecord read = parse_order_record(Json::parse(to_json(record).to_pretty_text()));
    BOOST_TEST(to_json(read).to_text() == to_json(record).to_text());
    BOOST_TEST(read.generation == 12);
    BOOST_TEST(read.url == record.url);
    BOOST_TEST((read.placed == t0));
}

BOOST_AUTO_TEST_CASE(an_unsound_order_is_refused)
{
    const std::string sound = R"("ca":"x","directory":"d","account":"a","order":"o",)";
    const auto refused = [&](const std::string &rest) {
        return refusal(parse_order_record, "{" + sound + rest + "}");
    };
    BOOST_TEST(refused(R"("generation":1,"placed":"2026-11-24T00:00:00Z")") == "");
    BOOST_TEST(holds(refused(R"("placed":"2026-11-24T00:00:00Z")"), "\"generation\" is missing"));
    for (const char *number : {"0", "-1", "4294967297", "1000000000"})
        BOOST_TEST(holds(refused(std::string("\"generation\":") + number +
                                 R"(,"placed":"2026-11-24T00:00:00Z")"),
                         "member \"generation\" is no number of a generation"),
                   number);
    BOOST_TEST(holds(refused(R"("generation":1,"placed":"yesterday")"),
                     "member \"placed\" is not a point in time: \"yesterday\""));
    BOOST_TEST(holds(refusal(parse_order_record, "{}"), "member \"ca\" is missing"));
}

BOOST_AUTO_TEST_CASE(an_origin_survives_its_file)
{
    const OriginRecord record{"https://a.example/agent/", 3, "\"0003-5f\"", "age1x", t0};
    const OriginRecord read = parse_origin_record(Json::parse(to_json(record).to_pretty_text()));
    BOOST_TEST(read.server == record.server);
    BOOST_TEST(read.generation == 3);
    BOOST_TEST(read.tag == record.tag);
    BOOST_TEST(read.recipient == "age1x");
    BOOST_TEST((read.next_ask == t0));
    BOOST_TEST(holds(refusal(parse_origin_record,
                             R"({"server":"x","generation":0,"next_ask":"2026-01-01T00:00:00Z"})"),
                     "generation"));
    BOOST_TEST(holds(refusal(parse_origin_record, R"({"server":"x","generation":1})"), "next_ask"));
}

BOOST_AUTO_TEST_CASE(failures_survive_their_file)
{
    RetryRecord record;
    record.attempts = 3;
    record.error = "the CA could not validate: \"a.example\"";
    record.last = t0;
    record.next = t0 + std::chrono::minutes(100);
    record.hook_attempts = 2;
    record.hook_error = "exit status 1";
    record.hook_next = t0 + std::chrono::minutes(10);
    const RetryRecord read = parse_retry_record(Json::parse(to_json(record).to_text()));
    BOOST_TEST(to_json(read).to_text() == to_json(record).to_text());
    BOOST_TEST((read.next == record.next && read.hook_next == record.hook_next));
    BOOST_TEST(read.hook_error == "exit status 1");
    BOOST_TEST(!read.is_clean());
}

BOOST_AUTO_TEST_CASE(a_record_is_clean_without_failures)
{
    BOOST_TEST(RetryRecord{}.is_clean());
    RetryRecord hook;
    hook.hook_attempts = 1;
    BOOST_TEST(!hook.is_clean());
    RetryRecord issue;
    issue.attempts = 1;
    BOOST_TEST(!issue.is_clean());
}

BOOST_AUTO_TEST_CASE(absurd_counts_are_bounded)
{
    const auto read = [](const char *count) {
        return parse_retry_record(Json::parse(R"({"last":"2026-11-24T00:00:00Z","attempts":)" +
                                              std::string(count) + "}"))
            .attempts;
    };
    BOOST_TEST(read("7") == 7);
    BOOST_TEST(read("-7") == 0);
    BOOST_TEST(read("4294967297") == 1000000);
    BOOST_TEST(holds(refusal(parse_retry_record, R"({"attempts":1})"), "\"last\" is missing"));
    BOOST_TEST(holds(
        refusal(parse_retry_record, R"({"attempts":1,"last":"2026-11-24T00:00:00Z","next":"x"})"),
        "member \"next\" is not a point in time"));
}

BOOST_AUTO_TEST_CASE(a_window_survives_its_file)
{
    AriRecord record{"aki.serial",
                     t0,
                     t0 + std::chrono::days(2),
                     t0 + std::chrono::hours(5),
                     "https://ca.example/why",
                     t0 + std::chrono::hours(6)};
    const AriRecord read = parse_ari_record(Json::parse(to_json(record).to_text()));
    BOOST_TEST(to_json(read).to_text() == to_json(record).to_text());
    BOOST_TEST((read.picked == record.picked && read.next_poll == record.next_poll));
    record.start = record.end = record.picked = std::nullopt;
    const AriRecord none = parse_ari_record(Json::parse(to_json(record).to_text()));
    BOOST_TEST((!none.start && !none.end && !none.picked));
    BOOST_TEST(holds(refusal(parse_ari_record, R"({"certificate":"x"})"), "\"next_poll\""));
    BOOST_TEST(holds(refusal(parse_ari_record, R"({"next_poll":"2026-11-24T00:00:00Z"})"),
                     "\"certificate\""));
}

BOOST_AUTO_TEST_SUITE_END()
