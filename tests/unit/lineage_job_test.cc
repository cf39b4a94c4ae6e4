// SPDX-License-Identifier: MIT
#include "renew/lineage_job.h"

#include "spool/client_store.h"
#include "unit/job_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

BOOST_AUTO_TEST_SUITE(lineage_job_test)

BOOST_AUTO_TEST_CASE(an_order_is_placed_validated_finalized_and_goes_live)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.will_place_order("pending");
    f.server.will_answer("/z/1", "200 OK", f.authorization("pending", "pending"));
    f.server.will_answer("/c/1", "200 OK",
                         R"({"type":"http-01","token":"tok","status":"processing","url":")" +
                             f.server.url("/c/1") + "\"}");
    f.server.will_answer("/o/1", "200 OK", f.order("ready"));
    f.will_finalize(*f.lineage.request(1));
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::obtained), result.text);
    BOOST_TEST(holds(result.text, "certificate 0001 is live: a.example; expires "));
    BOOST_TEST(result.to_deploy);
    BOOST_TEST((f.lineage.live() == 1));
    BOOST_TEST(!f.lineage.order());
    BOOST_TEST(f.spool.dir().list("challenges").empty());
    BOOST_TEST(f.server.log() == "GET /dir, HEAD /newNonce, POST /newOrder, POST /z/1, POST /c/1, "
                                 "POST /o/1, POST /f/1, POST /cert/1");
    BOOST_TEST((f.lineage.due() == f.now())); // the hook is next
}

BOOST_AUTO_TEST_CASE(an_order_in_flight_is_resumed_and_no_second_one_is_placed)
{
    for (const char *status : {"ready", "valid"}) {
        JobFixture f;
        SpoolFixture::begin(f.lineage, 1);
        f.has_ordered(1);
        f.server.will_answer("/o/1", "200 OK", f.order(status));
        f.will_finalize(*f.lineage.request(1));
        const JobResult result = f.run();
        BOOST_TEST((result.end == JobResult::End::obtained), result.text);
        BOOST_TEST(f.asked("POST /newOrder") == 0);
        BOOST_TEST(f.asked("POST /f/1") == (std::string(status) == "ready" ? 1 : 0));
        BOOST_TEST((f.lineage.live() == 1));
    }
}

BOOST_AUTO_TEST_CASE(a_challenge_that_the_ca_is_looking_at_is_published_again)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.has_ordered(1);
    f.server.will_answer("/o/1", "200 OK", f.order("pending"));
    f.server.will_answer("/z/1", "200 OK", f.authorization("pending", "processing"));
    f.server.will_answer("/o/1", "200 OK", f.order("ready"));
    f.will_finalize(*f.lineage.request(1));
    BOOST_TEST((f.run().end == JobResult::End::obtained));
    BOOST_TEST(f.asked("POST /c/1") == 0);
}

BOOST_AUTO_TEST_CASE(an_order_that_came_to_nothing_is_dropped_and_its_key_kept)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.has_ordered(1);
    const std::string key = f.content("certs/a.example/gen/0001/privkey.pem");
    f.server.will_answer("/o/1", "200 OK", f.order("invalid"));
    f.server.will_answer("/z/1", "200 OK",
                         f.authorization("invalid", "invalid",
                                         R"(,"error":{"type":"urn:ietf:params:acme:error:)"
                                         R"(connection","detail":"connection refused"})"));
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "connection refused"), result.text);
    BOOST_TEST(holds(result.text, "a.example"), result.text);
    BOOST_TEST(!f.lineage.order());
    BOOST_TEST(f.content("certs/a.example/gen/0001/privkey.pem") == key);
    BOOST_TEST(f.lineage.retry().attempts == 1);
    BOOST_TEST((f.lineage.due() == f.now() + Seconds(60)));
}

BOOST_AUTO_TEST_CASE(an_order_that_is_gone_is_dropped)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.has_ordered(1);
    f.server.will_refuse("/o/1", "404 Not Found", "malformed", "no such order");
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "the CA no longer knows the order"), result.text);
    BOOST_TEST(!f.lineage.order());
    BOOST_TEST((f.lineage.request(1) != nullptr));
}

BOOST_AUTO_TEST_CASE(an_order_is_kept_while_the_ca_asks_for_silence)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.has_ordered(1);
    f.server.will_refuse("/o/1", "503 Service Unavailable", "rateLimited", "busy",
                         "Retry-After: 7200\r\n");
    BOOST_TEST((f.run().end == JobResult::End::failed));
    BOOST_TEST(f.lineage.order().has_value());
    BOOST_TEST((f.lineage.retry().next >= f.now() + hours(2)));
    const auto pause = load_pause(f.spool, CaName::parse("pebble"), f.now());
    BOOST_REQUIRE(pause.has_value());
    // Another pass leaves the CA alone, and counts no attempt.
    f.options.names = {f.lineage.name()};
    const std::string log = f.server.log();
    const JobResult again = f.run();
    BOOST_TEST((again.end == JobResult::End::deferred), again.text);
    BOOST_TEST(holds(again.text, "the CA pebble asked for silence until "), again.text);
    BOOST_TEST(f.server.log() == log);
    BOOST_TEST(f.lineage.retry().attempts == 1);
    BOOST_TEST((f.lineage.due() == pause->until));
}

BOOST_AUTO_TEST_CASE(an_order_of_another_account_or_for_other_names_is_left)
{
    for (const bool other_names : {true, false}) {
        JobFixture f;
        SpoolFixture::begin(f.lineage, 1);
        if (other_names) {
            f.has_ordered(1);
            f.server.will_answer("/o/1", "200 OK", f.order("ready", "b.example"));
        } else {
            f.lineage.write_order({"pebble", f.server.url("/dir"), f.server.url("/a/9"),
                                   f.server.url("/o/9"), 1, f.now()});
        }
        f.will_place_order("ready");
        f.will_finalize(*f.lineage.request(1));
        const JobResult result = f.run();
        BOOST_TEST((result.end == JobResult::End::obtained), result.text);
        BOOST_TEST(f.asked("POST /newOrder") == 1);
        BOOST_TEST(f.asked("POST /o/9") == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_key_is_abandoned_with_its_order)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.has_ordered(1);
    f.server.will_answer("/o/1", "200 OK", f.order("valid"));
    const PrivateKey other = PrivateKey::generate(KeyType::ec256);
    f.will_finalize(Csr::make(other, f.lineage.spec().identifiers));
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "the order was used for another key"), result.text);
    BOOST_TEST((f.lineage.generations().empty() && !f.lineage.order()));
}

BOOST_AUTO_TEST_CASE(a_certificate_for_other_names_is_abandoned)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.has_ordered(1);
    f.server.will_answer("/o/1", "200 OK", f.order("valid"));
    f.server.will_answer(
        "/cert/1", "200 OK",
        f.server.root()
            .issue({.key = f.lineage.request(1)->public_key().copy(), .names = "DNS:b.example"})
            .pem());
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "check the certificate that the CA issued"), result.text);
    BOOST_TEST(f.lineage.generations().empty());
    BOOST_TEST(!f.lineage.live());
}

BOOST_AUTO_TEST_CASE(an_order_without_http_01_names_the_way_out)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.will_place_order("pending");
    f.server.will_answer("/z/1", "200 OK",
                         R"({"status":"pending","identifier":{"type":"dns","value":"a.example"},)"
                         R"("wildcard":true,"challenges":[]})");
    const JobResult result = f.run();
    BOOST_TEST(holds(result.text, "the CA offers no http-01 challenge for *.a.example (wildcards "
                                  "need dns-01"),
               result.text);
    BOOST_TEST(!f.lineage.order());
}

BOOST_AUTO_TEST_CASE(wildcards_are_spoken_of_only_for_wildcards)
{
    JobFixture f;
    SpoolFixture::begin(f.lineage, 1);
    f.will_place_order("pending");
    f.server.will_answer("/z/1", "200 OK",
                         R"({"status":"pending","identifier":{"type":"dns","value":"a.example"},)"
                         R"("challenges":[]})");
    const JobResult result = f.run();
    BOOST_TEST(holds(result.text, "the CA offers no http-01 challenge for a.example (acmeproxy "
                                  "speaks no other kind)"),
               result.text);
    BOOST_TEST(!holds(result.text, "wildcard"), result.text);
}

BOOST_AUTO_TEST_CASE(a_change_that_must_wait_says_so)
{
    JobFixture f;
    f.deploy(f.lineage, 1);
    f.deploy(f.lineage, 2);
    LineageSpec spec = f.lineage.spec();
    spec.identifiers.push_back(Identifier::parse("b.example"));
    f.lineage.write_spec(spec);
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::idle));
    BOOST_TEST(holds(result.text, "2 certificates came in the last 24 hours"), result.text);
    BOOST_TEST(f.asked("POST /newOrder") == 0);
}

BOOST_AUTO_TEST_CASE(a_new_key_is_made_for_what_changed)
{
    JobFixture f;
    f.deploy(f.lineage, 1);
    SpoolFixture::begin(f.lineage, 2);
    f.has_ordered(2);
    LineageSpec spec = f.lineage.spec();
    spec.identifiers.push_back(Identifier::parse("b.example"));
    f.lineage.write_spec(spec);
    const std::string old_request = f.content("certs/a.example/gen/0002/request.pem");
    f.server.will_refuse("/newOrder", "403 Forbidden", "rejectedIdentifier", "not b.example");
    const JobResult result = f.run();
    BOOST_TEST(holds(result.text, "not b.example"), result.text);
    BOOST_TEST(f.asked("POST /o/1") == 0);
    BOOST_TEST(f.content("certs/a.example/gen/0002/request.pem") != old_request);
    BOOST_TEST(f.lineage.request(2)->identifiers().size() == 2U);
    BOOST_TEST((f.lineage.live() == 1));
}

BOOST_AUTO_TEST_CASE(the_window_of_the_live_certificate_is_asked_for_and_kept)
{
    JobFixture f;
    f.deploy(f.lineage, 1);
    const auto chain = f.lineage.chain(1);
    const Certificate &certificate = chain->front();
    const std::string path = "/renewalInfo/" + certificate.renewal_info_id().value();
    f.server.will_answer(path, "200 OK",
                         R"({"suggestedWindow":{"start":"2026-11-01T00:00:00Z",)"
                         R"("end":"2026-11-03T00:00:00Z"}})",
                         "Retry-After: 21600\r\n");
    BOOST_TEST((f.run().end == JobResult::End::idle));
    const AriRecord ari = f.lineage.ari().value();
    BOOST_TEST(ari.certificate_id == certificate.renewal_info_id().value());
    BOOST_TEST((ari.picked == ari.start && ari.start.has_value()));
    BOOST_TEST((ari.next_poll == f.now() + hours(6)));
    BOOST_TEST((f.lineage.due() == f.now() + hours(6)));
    // Asked again only when it is time.
    f.lineage.set_due(f.now());
    f.run();
    BOOST_TEST(f.asked("GET " + path) == 1);
}

BOOST_AUTO_TEST_CASE(a_ca_without_a_window_for_it_stops_nothing)
{
    JobFixture f;
    f.deploy(f.lineage, 1);
    BOOST_TEST((f.run().end == JobResult::End::idle)); // 404
    BOOST_TEST((f.lineage.ari().has_value() && !f.lineage.ari()->picked));
    BOOST_TEST(f.lineage.retry().is_clean());
}

BOOST_AUTO_TEST_CASE(a_lineage_that_was_removed_meanwhile_is_nothing)
{
    JobFixture f;
    f.lineage.remove();
    BOOST_TEST((f.run().end == JobResult::End::idle));
    BOOST_TEST(!f.lineage.exists());
}

BOOST_AUTO_TEST_CASE(a_client_with_an_account_of_its_own_orders_with_it)
{
    for (const bool own : {false, true}) {
        JobFixture f;
        const ClientId client = ClientId::parse("web1");
        ClientPolicy policy;
        policy.modes = {"agent"};
        policy.names = {NamePattern::parse("b.example")};
        policy.own_account = own;
        BOOST_TEST(ClientStore(f.spool).create(client, policy));
        const AccountFiles files(f.spool, CaName::parse("pebble"), client);
        files.prepare();
        files.write_key(PrivateKey::generate(KeyType::ec256));
        files.write_record({f.server.url("/a/web1"), f.server.url("/dir"), {}});
        LineageSpec spec = SpoolFixture::spec_for({"b.example"});
        spec.deliver = "sealed";
        spec.owner = client;
        spec.recipients = {AgeIdentity::generate().recipient()};
        const Lineage sealed = f.add("web1@b.example", spec);
        f.server.will_refuse("/newOrder", "403 Forbidden", "rejectedIdentifier");
        CaContexts cas(f.spool, f.options, f.server.clock());
        Connections connections;
        LineageJob(f.spool, sealed.name(), f.options, cas, connections, f.server.clock()).run();
        BOOST_TEST(f.server.last_jws("/newOrder").header().string_at("kid") ==
                   f.server.url(own ? "/a/web1" : "/a/1"));
    }
}

namespace {

/// The lineage of a client that may place one order a day.
struct QuotaFixture : JobFixture {
    QuotaFixture() : client(ClientId::parse("web1")), sealed(add_sealed())
    {
        server.will_refuse("/newOrder", "403 Forbidden", "rejectedIdentifier");
    }
    Lineage add_sealed()
    {
        ClientPolicy policy;
        policy.modes = {"agent"};
        policy.names = {NamePattern::parse("b.example"), NamePattern::parse("c.example")};
        policy.orders_per_day = 1;
        BOOST_TEST(ClientStore(spool).create(client, policy));
        LineageSpec spec = SpoolFixture::spec_for({"b.example"});
        spec.deliver = "sealed";
        spec.owner = client;
        spec.recipients = {AgeIdentity::generate().recipient()};
        return add("web1@b.example", spec);
    }
    /// What came of a look: its text, and the orders that were asked for so far.
    std::string look()
    {
        sealed.set_due(now());
        CaContexts cas(spool, options, server.clock());
        Connections connections;
        LineageJob job(spool, sealed.name(), options, cas, connections, server.clock());
        const std::string text = job.run().text;
        return text.substr(0, text.find("; next")) + " " + std::to_string(asked("POST /newOrder"));
    }
    int counted() { return ClientStore(spool).orders_today(client, now()); }

    ClientId client;
    Lineage sealed;
};
const char *const used_up = "this client has placed the 1 orders that it may place a day (UTC)";

}

BOOST_AUTO_TEST_CASE(a_clients_orders_are_counted_and_refused_over_its_quota)
{
    QuotaFixture f;
    f.server.will_refuse("/newOrder", "403 Forbidden", "rejectedIdentifier");
    BOOST_TEST(f.look().ends_with("rejectedIdentifier 1"));
    BOOST_TEST(f.counted() == 1);
    // The same key again, and for something else another one: neither is ordered for.
    BOOST_TEST(f.look() == std::string(used_up) + " 1");
    LineageSpec spec = f.sealed.spec();
    spec.identifiers.push_back(Identifier::parse("c.example"));
    f.sealed.write_spec(spec);
    BOOST_TEST(f.look() == std::string(used_up) + " 1");
    BOOST_TEST(f.sealed.generations().empty());
    BOOST_TEST(f.counted() == 1);
    const RetryRecord retry = f.sealed.retry();
    BOOST_TEST(retry.client_error == std::string("rateLimited: ") + used_up);
    BOOST_TEST((retry.next == std::chrono::floor<days>(f.now()) + days(1)));
    // By the operator's hand, and on another day.
    f.options.names = {f.sealed.name()};
    f.server.will_refuse("/newOrder", "403 Forbidden", "rejectedIdentifier");
    BOOST_TEST(f.look().ends_with("rejectedIdentifier 2"));
    BOOST_TEST(f.counted() == 1);
    f.options.names.clear();
    f.server.clock().advance(days(1));
    f.server.will_refuse("/newOrder", "403 Forbidden", "rejectedIdentifier");
    BOOST_TEST(f.look().ends_with("rejectedIdentifier 3"));
    BOOST_TEST(f.counted() == 1);
}

BOOST_AUTO_TEST_CASE(without_a_quota_a_client_gets_two_orders_a_day_for_each_lineage_it_may_have)
{
    QuotaFixture f;
    const ClientStore clients(f.spool);
    ClientPolicy policy = clients.load_policy(f.client);
    policy.orders_per_day.reset();
    policy.max_lineages = 1;
    clients.save_policy(f.client, policy);
    f.server.will_refuse("/newOrder", "403 Forbidden", "rejectedIdentifier");
    BOOST_TEST(f.look().ends_with("rejectedIdentifier 1"));
    BOOST_TEST(f.look().ends_with("rejectedIdentifier 2"));
    BOOST_TEST(f.look() == "this client has placed the 2 orders that it may place a day (UTC) 2");
}

BOOST_AUTO_TEST_CASE(a_renewal_in_its_turn_is_no_order_of_the_client)
{
    QuotaFixture f;
    SpoolFixture::begin_sealed(f.sealed, 1);
    f.commit(f.sealed, 1);
    f.sealed.switch_live(1);
    f.sealed.mark_deployed(1);
    BOOST_TEST(ClientStore(f.spool).count_order(f.client, 1, f.now()));
    // Before its time a renewal is a wish.
    f.spool.touch(SpoolNames::lineage(f.sealed.name(), LineageFile::renew));
    BOOST_TEST(f.look() == std::string(used_up) + " 0");
    f.server.clock().advance(days(61));
    BOOST_TEST(ClientStore(f.spool).count_order(f.client, 1, f.now()));
    BOOST_TEST(f.look() == std::string(used_up) + " 0");
    f.spool.remove(SpoolNames::lineage(f.sealed.name(), LineageFile::renew));
    BOOST_TEST(f.look() == std::string(used_up) + " 0"); // not in its turn yet
    f.sealed.write_retry({});
    BOOST_TEST(f.look().ends_with("rejectedIdentifier 1"));
    BOOST_TEST(f.counted() == 1);
    // What failed is tried again in its turn, and not when the client asks.
    BOOST_TEST(f.look() == std::string(used_up) + " 1");
}

BOOST_AUTO_TEST_SUITE_END()
