// SPDX-License-Identifier: MIT
// What CAs do that are neither broken nor the usual one.
#include "renew/lineage_job.h"

#include "base/time_text.h"
#include "unit/job_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// One order in hand, for the key that is there.
struct OrderFixture : JobFixture {
    OrderFixture()
    {
        begin(lineage, 1);
        has_ordered(1);
    }
    void will_be(const std::string &status, const std::string &headers = "")
    {
        server.will_answer("/o/1", "200 OK", order(status), headers);
    }
    void will_expire_at(const std::string &status, Time when)
    {
        std::string body = order(status);
        body.insert(1, R"("expires":")" + format_rfc3339(when) + R"(",)");
        server.will_answer("/o/1", "200 OK", body);
    }
};

}

BOOST_AUTO_TEST_SUITE(lineage_order_test)

BOOST_AUTO_TEST_CASE(renewal_information_that_fails_stops_no_order)
{
    for (const char *status : {"500 Internal Server Error", "503 Service Unavailable"}) {
        JobFixture f;
        CaContexts cas(f.spool, f.options, f.server.clock());
        for (const char *name : {"1.example", "2.example", "3.example", "4.example", "5.example",
                                 "6.example", "7.example"}) {
            const Lineage lineage = f.add(name);
            f.deploy(lineage, 1);
            lineage.set_due(f.now());
            const std::string id = lineage.chain(1)->front().renewal_info_id().value();
            f.server.will_answer("/renewalInfo/" + id, status, "<html>down</html>",
                                 "Retry-After: 86400\r\n");
            const JobResult result = f.run(lineage, cas);
            BOOST_TEST((result.end == JobResult::End::idle), status << ": " << result.text);
        }
        SpoolFixture::begin(f.lineage, 1);
        f.will_place_order("ready");
        f.will_finalize(*f.lineage.request(1));
        const JobResult result = f.run(f.lineage, cas);
        BOOST_TEST((result.end == JobResult::End::obtained), status << ": " << result.text);
        BOOST_TEST(!load_pause(f.spool, CaName::parse("pebble"), f.now()));
    }
}

BOOST_AUTO_TEST_CASE(renewal_information_is_not_asked_for_on_and_on_where_it_fails)
{
    JobFixture f;
    CaContexts cas(f.spool, f.options, f.server.clock());
    for (int number = 1; number <= 20; ++number) {
        const Lineage lineage = f.add(std::to_string(number) + ".example");
        f.deploy(lineage, 1);
        const std::string id = lineage.chain(1)->front().renewal_info_id().value();
        f.server.will_answer("/renewalInfo/" + id, "500 Internal Server Error", "down");
        f.run(lineage, cas);
    }
    int asked = 0;
    for (const std::string &line : split(f.server.log(), ','))
        asked += trim(line).starts_with("GET /renewalInfo/");
    BOOST_TEST(asked == 5);
    // Those that were not asked for have their turn soon, and not in each pass.
    BOOST_TEST((Lineage(f.spool, LineageName::parse("20.example")).due() == f.now() + hours(1)));
}

BOOST_AUTO_TEST_CASE(what_was_known_of_a_window_goes_where_the_ca_has_none_any_more)
{
    JobFixture f;
    f.deploy(f.lineage, 1);
    // As after a time without the CA, or of one that gave its renewal information up.
    const std::string id = f.lineage.chain(1)->front().renewal_info_id().value();
    f.lineage.write_ari({id, f.now(), f.now() + hours(1), f.now() + minutes(30), "", f.now()});
    f.server.set_directory("renewalInfo", Json());
    BOOST_TEST((f.run().end == JobResult::End::idle));
    BOOST_TEST(!f.lineage.ari());
    BOOST_TEST((f.lineage.due() == f.now() + hours(24)));
}

BOOST_AUTO_TEST_CASE(a_rate_limit_on_renewal_information_is_one_on_all)
{
    JobFixture f;
    f.deploy(f.lineage, 1);
    const std::string id = f.lineage.chain(1)->front().renewal_info_id().value();
    f.server.will_refuse("/renewalInfo/" + id, "429 Too Many Requests", "rateLimited", "slower",
                         "Retry-After: 600\r\n");
    f.run();
    const auto pause = load_pause(f.spool, CaName::parse("pebble"), f.now());
    BOOST_TEST((pause && pause->until == f.now() + minutes(10)));
}

BOOST_AUTO_TEST_CASE(a_ca_whose_directory_is_away_is_left_alone)
{
    JobFixture f;
    f.deploy(f.lineage, 1);
    f.server.will_answer("/dir", "503 Service Unavailable", "", "Retry-After: 600\r\n");
    f.run();
    const auto pause = load_pause(f.spool, CaName::parse("pebble"), f.now());
    BOOST_TEST((pause && pause->until == f.now() + minutes(10)));
}

BOOST_AUTO_TEST_CASE(a_self_check_that_fails_is_no_failure_of_the_ca)
{
    OrderFixture f;
    f.options.self_check = true;
    f.options.http01_port = 1;
    f.options.http.resolve = {"a.example:1:127.0.0.1"};
    f.options.names = {f.lineage.name()};
    CaContexts cas(f.spool, f.options, f.server.clock());
    for (int i = 0; i < 7; ++i) {
        f.will_be("pending");
        f.server.will_answer("/z/1", "200 OK", f.authorization("pending", "pending"));
        const JobResult result = f.run(f.lineage, cas);
        BOOST_TEST((result.end == JobResult::End::failed));
        BOOST_TEST(holds(result.text, "self-check of a.example: GET http://a.example:1/.well-known/"
                                      "acme-challenge/tok: cannot connect to "),
                   result.text);
    }
    BOOST_TEST(f.asked("POST /c/1") == 0);
}

BOOST_AUTO_TEST_CASE(an_account_that_is_refused_is_asked_for_once_in_a_pass)
{
    JobFixture f;
    const AccountFiles files(f.spool, CaName::parse("pebble"), ClientId::parse("default"));
    files.drop_record();
    f.server.will_refuse("/newAccount", "403 Forbidden", "unauthorized", "account is deactivated");
    CaContexts cas(f.spool, f.options, f.server.clock());
    for (const char *name : {"a.example", "b.example", "c.example"}) {
        const Lineage lineage = f.lineage.name().str() == name ? f.lineage : f.add(name);
        const JobResult result = f.run(lineage, cas);
        BOOST_TEST((result.end == JobResult::End::failed));
        BOOST_TEST(holds(result.text, "account is deactivated"), result.text);
    }
    BOOST_TEST(f.asked("POST /newAccount") == 1);
}

BOOST_AUTO_TEST_CASE(a_busy_ca_is_asked_for_the_account_again)
{
    JobFixture f;
    const AccountFiles files(f.spool, CaName::parse("pebble"), ClientId::parse("default"));
    files.drop_record();
    f.server.will_answer("/newAccount", "500 Internal Server Error", "");
    f.server.will_answer("/newAccount", "200 OK", R"({"status":"valid"})",
                         "Location: " + f.server.url("/a/1") + "\r\n");
    CaContexts cas(f.spool, f.options, f.server.clock());
    f.run(f.lineage, cas);
    f.run(f.add("b.example"), cas);
    BOOST_TEST(f.asked("POST /newAccount") == 2);
    BOOST_TEST(f.asked("POST /newOrder") == 1);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_no_stream_of_orders)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.fill_the_disk();
    f.will_place_order("ready");
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "; it could not be recorded: "), result.text);
    BOOST_TEST((f.lineage.due() == f.now() + minutes(10)));
    BOOST_TEST(f.asked("POST /newOrder") == 1);
}

BOOST_AUTO_TEST_CASE(a_part_of_the_ca_that_lags_behind_is_waited_for)
{
    // As seen by replicas: after finalize the order may look as it did before, for a while.
    for (const char *seen : {"ready", "pending", "processing"}) {
        OrderFixture f;
        f.will_be("ready");
        f.server.will_answer("/f/1", "200 OK", f.order(seen));
        f.will_be(seen);
        f.will_be("processing");
        f.will_be("ready");
        f.will_be("valid");
        f.server.will_answer("/cert/1", "200 OK",
                             f.server.root().issue_chain(*f.lineage.request(1)));
        const JobResult result = f.run();
        BOOST_TEST((result.end == JobResult::End::obtained), seen << ": " << result.text);
        BOOST_TEST(f.asked("POST /f/1") == 1);
        BOOST_TEST(f.asked("POST /newOrder") == 0);
    }
}

BOOST_AUTO_TEST_CASE(an_order_that_stays_ready_is_kept_and_finalized_again_later)
{
    OrderFixture f;
    f.options.order_timeout = std::chrono::seconds(1);
    for (int i = 0; i < 20; ++i)
        f.will_be("ready");
    f.server.will_answer("/f/1", "200 OK", f.order("ready"));
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "the CA still says \"ready\" after 1 s"), result.text);
    BOOST_TEST(f.lineage.order().has_value());
    f.will_finalize(*f.lineage.request(1));
    f.options.names = {f.lineage.name()};
    BOOST_TEST((f.run().end == JobResult::End::obtained));
}

BOOST_AUTO_TEST_CASE(an_invalid_order_is_dropped_although_nothing_tells_why)
{
    OrderFixture f;
    f.will_be("invalid"); // its authorizations: 404
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "the order " + f.server.url("/o/1") + " is invalid"),
               result.text);
    BOOST_TEST(!f.lineage.order());
    BOOST_TEST((f.lineage.request(1) != nullptr));
}

BOOST_AUTO_TEST_CASE(an_order_that_expired_without_a_certificate_is_left)
{
    for (const char *status : {"pending", "ready", "processing"}) {
        for (const bool has_time : {true, false}) {
            OrderFixture f;
            if (has_time) {
                f.will_expire_at(status, f.now() - Seconds(1));
            } else {
                f.will_be(status);
                f.server.clock().advance(days(7) + Seconds(1));
            }
            f.will_place_order("ready");
            f.will_finalize(*f.lineage.request(1));
            const JobResult result = f.run();
            BOOST_TEST((result.end == JobResult::End::obtained), status << ": " << result.text);
            BOOST_TEST(f.asked("POST /newOrder") == 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_order_that_expired_with_a_certificate_still_gives_it)
{
    OrderFixture f;
    f.will_expire_at("valid", f.now() - days(1));
    f.server.will_answer("/cert/1", "200 OK", f.server.root().issue_chain(*f.lineage.request(1)));
    BOOST_TEST((f.run().end == JobResult::End::obtained));
    BOOST_TEST(f.asked("POST /newOrder") == 0);
}

BOOST_AUTO_TEST_CASE(an_order_is_not_looked_at_sooner_than_the_ca_asked_for)
{
    OrderFixture f;
    f.will_be("processing", "Retry-After: 7200\r\n");
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "the CA says \"processing\", and to ask again in 7200 s; the "
                                  "order is resumed then"),
               result.text);
    BOOST_TEST((f.lineage.retry().next == f.now() + hours(2)));
    BOOST_TEST(f.lineage.order().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
