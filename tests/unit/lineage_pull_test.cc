// SPDX-License-Identifier: MIT
// A LineageJob whose lineage comes from an agent.
#include "renew/lineage_job.h"

#include "unit/scripted_ca.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

namespace {

/// A lineage of an agent that knows our account.
struct PullFixture : SpoolFixture {
    PullFixture() : server_url(server.url("/agent/")), lineage(add("a.example", spec()))
    {
        options.random = [] { return 0.0; };
        will_show_directory();
        CaConfig config;
        config.directory = agent_directory(server_url);
        config.ca_certificates = {temp.path() + "/root.pem"};
        replace_file(temp.dir(), ".", "root.pem", server.root().certificate().pem(), 0600);
        const CaName name = CaName::parse("proxy");
        save_ca(spool, name, config);
        const AccountFiles files(spool, name, ClientId::parse("default"));
        files.prepare();
        files.write_key(PrivateKey::generate(KeyType::ec256));
        files.write_record({server.url("/a/1"), config.directory, {}});
        recipient.emplace(ensure_identities(spool, name, now()).front().recipient());
        lineage.set_due(now());
    }
    void will_show_directory()
    {
        const std::string cert = server.url("/certs/{name}");
        Json directory = Json::object();
        for (const char *name : {"newNonce", "newAccount", "certs"})
            directory.set(name, server.url("/" + std::string(name)));
        directory.set("cert", cert)
            .set("renew", cert + "/renew")
            .set("revoke", cert + "/revoke")
            .set("delete", cert + "/delete")
            .set("file", cert + "/{generation}/{file}");
        server.will_answer("/agent/directory", "200 OK", directory.to_text());
    }
    LineageSpec spec() const
    {
        LineageSpec spec = spec_for({"a.example"});
        spec.source = "agent";
        spec.server = server_url;
        return spec;
    }
    Time now() { return server.clock().now(); }

    /// What the agent would seal: a new key and a certificate from `not_before`.
    std::string bundle(Time not_before, const std::string &name = "a.example")
    {
        const PrivateKey key = PrivateKey::generate(KeyType::ec256);
        const std::string chain = server.root().issue_chain(
            Csr::make(key, {Identifier::parse(name)}), not_before, not_before + days(90));
        return age_seal({*recipient}, std::string(key.to_pem().view()) + chain);
    }
    static std::string headers(Generation number, const std::string &tag)
    {
        return "ETag: " + tag + "\r\nContent-Location: /certs/a.example/" +
               generation_text(number) + "/bundle.pem.age\r\n";
    }
    void will_send(Generation number, const std::string &bundle, const std::string &more = "")
    {
        server.will_answer(file, "200 OK", bundle,
                           headers(number, "\"t" + std::to_string(number) + "\"") + more);
    }
    void will_know(const std::string &status, const std::string &json)
    {
        server.will_answer("/certs", status, json, "Retry-After: 15\r\n");
    }
    /// As after the first pull, deployed.
    void has(Generation number, Time not_before)
    {
        const PrivateKey key = PrivateKey::generate(KeyType::ec256);
        const auto chain = parse_chain(server.root().issue_chain(
            Csr::make(key, spec().identifiers), not_before, not_before + days(90)));
        lineage.receive(number, spec(),
                        {&key,
                         nullptr,
                         chain,
                         {server_url, number, "\"t" + std::to_string(number) + "\"",
                          recipient->text(), now()}});
        set_stored(lineage, number, not_before);
        lineage.switch_live(number);
        lineage.mark_deployed(number);
    }
    JobResult run()
    {
        CaContexts cas(spool, options, server.clock());
        Connections connections;
        return LineageJob(spool, lineage.name(), options, cas, connections, server.clock()).run();
    }
    /// The requests after that for the directory, whose answer has a nonce.
    std::string asked() const
    {
        const std::string log = server.log();
        const std::string first = "GET /agent/directory, ";
        return log.starts_with(first) ? log.substr(first.size()) : log;
    }
    Seconds due_in() { return *lineage.due() - now(); }

    ScriptedCa server;
    std::string server_url;
    const std::string file = "/certs/a.example/latest/bundle.pem.age";
    RenewOptions options;
    Lineage lineage;
    std::optional<AgeRecipient> recipient;
};

}

BOOST_AUTO_TEST_SUITE(lineage_pull_test)

BOOST_AUTO_TEST_CASE(it_wishes_fetches_and_goes_live)
{
    PullFixture f;
    f.server.will_refuse("/certs/a.example", "404 Not Found", "unauthorized");
    f.will_know("200 OK", R"({"status":"valid"})");
    f.will_send(4, f.bundle(f.now() - hours(1)));
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::obtained), result.text);
    BOOST_TEST(holds(result.text, "certificate 0001 is live: a.example; expires "));
    BOOST_TEST(result.to_deploy);
    BOOST_TEST(f.asked() == "POST /certs/a.example, POST /certs, POST " + f.file);
    BOOST_TEST(f.lineage.private_key(1)->spki() == f.lineage.chain(1)->front().spki());
    BOOST_TEST(f.lineage.origin(1)->generation == 4);
    BOOST_TEST(f.lineage.origin(1)->tag == "\"t4\"");
    BOOST_TEST((f.lineage.origin(1)->next_ask - f.now() == hours(6)));
}

BOOST_AUTO_TEST_CASE(the_wish_says_all_that_is_wanted_and_no_more)
{
    PullFixture f;
    LineageSpec spec = f.spec();
    spec.profile = "shortlived";
    spec.hook = "reload";
    f.lineage.write_spec(spec);
    f.will_know("200 OK", R"({"status":"valid"})");
    f.run();
    BOOST_TEST(f.asked() == "POST /certs/a.example, POST /certs, POST " + f.file);
    // The file is refused for want of one; what was asked for is in the request before.
    const std::string payload = f.server.last_jws("/certs").payload();
    BOOST_TEST(payload ==
               R"({"name":"a.example","identifiers":[{"type":"dns","value":"a.example"}],)"
               R"("recipients":[")" +
                   f.recipient->text() +
                   R"("],"key_type":"ec256","reuse_key":false,"profile":"shortlived"})");
}

BOOST_AUTO_TEST_CASE(what_is_installed_is_not_sent_again)
{
    PullFixture f;
    f.has(1, f.now() - hours(1));
    f.server.will_answer(f.file, "304 Not Modified", "");
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::idle), result.text);
    BOOST_TEST(result.text == "");
    BOOST_TEST(f.asked() == "POST " + f.file);
    BOOST_TEST(holds(f.server.last(), "\r\nIf-None-Match: \"t1\"\r\n"));
    BOOST_TEST((f.due_in() == hours(6)));
    BOOST_TEST((f.lineage.generations().size() == 1U));
}

BOOST_AUTO_TEST_CASE(retry_after_of_an_unchanged_file_is_obeyed)
{
    PullFixture f;
    f.has(1, f.now() - hours(1));
    f.server.will_answer(f.file, "304 Not Modified", "", "Retry-After: 900\r\n");
    f.run();
    BOOST_TEST((f.due_in() == Seconds(900)));
}

BOOST_AUTO_TEST_CASE(a_newer_one_replaces_what_is_installed)
{
    PullFixture f;
    f.has(1, f.now() - days(60));
    f.will_send(2, f.bundle(f.now() - hours(1)));
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::obtained), result.text);
    BOOST_TEST((f.lineage.live() == 2));
    BOOST_TEST(f.asked() == "POST " + f.file);
}

BOOST_AUTO_TEST_CASE(what_is_refused_leaves_all_as_it_was)
{
    const auto result_of = [](auto &&prepare) {
        PullFixture f;
        f.has(1, f.now() - days(20));
        prepare(f);
        f.will_know("200 OK", R"({"status":"valid"})");
        const std::string before = f.snapshot("certs/a.example/gen");
        const JobResult result = f.run();
        BOOST_TEST((result.end == JobResult::End::failed));
        BOOST_TEST((f.lineage.live() == 1));
        BOOST_TEST(f.snapshot("certs/a.example/gen") == before);
        BOOST_TEST(f.spool.dir().list("tmp").empty());
        BOOST_TEST(holds(result.text, "; the certificate that is live stays; next attempt at "));
        BOOST_TEST(f.lineage.retry().attempts == 1);
        BOOST_TEST((f.due_in() == Seconds(60)));
        return result.text;
    };
    BOOST_TEST(holds(result_of([](PullFixture &f) { f.will_send(2, "no age file"); }),
                     "use certificate 0002 of https://"));
    BOOST_TEST(holds(result_of([](PullFixture &f) {
                         f.will_send(2, f.bundle(f.now() - hours(1), "b.example"));
                     }),
                     "is for \"b.example\" instead of \"a.example\""));
    BOOST_TEST(
        holds(result_of([](PullFixture &f) { f.will_send(2, f.bundle(f.now() - days(21))); }),
              "older than what is installed"));
    BOOST_TEST(holds(result_of([](PullFixture &f) {
                         f.server.will_answer(f.file, "200 OK", f.bundle(f.now()), "ETag: x\r\n");
                     }),
                     "does not say which generation"));
    BOOST_TEST(holds(result_of([](PullFixture &f) {
                         f.server.will_refuse(f.file, "403 Forbidden", "unauthorized",
                                              "this client is disabled");
                     }),
                     "unauthorized: this client is disabled"));
    BOOST_TEST(holds(result_of([](PullFixture &f) {
                         f.server.will_hang_up(f.file);
                         f.server.will_hang_up(f.file); // curl tries it once more
                     }),
                     "closed the connection"));
}

BOOST_AUTO_TEST_CASE(what_was_refused_is_wished_for_again)
{
    PullFixture f;
    f.has(1, f.now() - days(20));
    f.will_send(2, f.bundle(f.now() - hours(1), "b.example"));
    f.run();
    BOOST_TEST(f.asked() == "POST " + f.file + ", POST /certs");
}

BOOST_AUTO_TEST_CASE(while_it_is_being_made_what_is_live_stays_and_nothing_has_failed)
{
    PullFixture f;
    f.has(1, f.now() - days(20));
    LineageSpec spec = f.spec();
    spec.identifiers.push_back(Identifier::parse("b.example"));
    f.lineage.write_spec(spec);
    f.server.will_answer("/certs/a.example", "200 OK", R"({"status":"valid"})");
    f.will_know("202 Accepted", R"({"status":"valid","wish":"want"})");
    f.server.will_answer(f.file, "304 Not Modified", "");
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::idle), result.text);
    BOOST_TEST(holds(result.text, "is still making it; asked again at "));
    BOOST_TEST((f.due_in() == Seconds(15)));
    BOOST_TEST(f.lineage.retry().attempts == 0);
}

BOOST_AUTO_TEST_CASE(what_counts_for_the_next_one_is_told_and_not_waited_for)
{
    PullFixture f;
    f.has(1, f.now() - days(20));
    LineageSpec spec = f.spec();
    spec.reuse_key = true;
    f.lineage.write_spec(spec);
    f.options.names = {f.lineage.name()};
    f.server.will_answer("/certs/a.example", "200 OK", R"({"status":"valid"})");
    f.will_know("202 Accepted", R"({"status":"valid","wish":"want"})");
    f.server.will_answer(f.file, "304 Not Modified", "");
    const Time began = f.now();
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::idle), result.text);
    BOOST_TEST((f.now() == began));
}

BOOST_AUTO_TEST_CASE(by_hand_it_is_waited_for)
{
    PullFixture f;
    f.options.names = {f.lineage.name()};
    f.server.will_refuse("/certs/a.example", "404 Not Found", "unauthorized");
    f.will_know("202 Accepted", R"({"status":"pending","wish":"want"})");
    const std::string pending = R"({"status":"pending"})";
    f.server.will_answer(f.file, "202 Accepted", pending, "Retry-After: 15\r\n");
    f.server.will_answer(f.file, "202 Accepted", pending, "Retry-After: 20\r\n");
    f.will_send(1, f.bundle(f.now() - hours(1)));
    const Time began = f.now();
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::obtained), result.text);
    BOOST_TEST((f.now() - began == Seconds(35)));
}

BOOST_AUTO_TEST_CASE(what_the_agent_says_of_its_failures_is_passed_on)
{
    const auto text_of = [](const std::string &object, const std::string &file_object) {
        PullFixture f;
        f.server.will_answer("/certs/a.example", "200 OK", object);
        f.will_know("202 Accepted", R"({"status":"pending"})");
        f.server.will_answer(f.file, "202 Accepted", file_object);
        const JobResult result = f.run();
        BOOST_TEST((result.end == JobResult::End::failed));
        return result.text;
    };
    const std::string pending = R"({"status":"pending"})";
    BOOST_TEST(holds(text_of(pending, R"({"status":"pending","error":{"detail":"CAA forbids"}})"),
                     "/agent/ could not obtain it: CAA forbids"));
    BOOST_TEST(holds(text_of(pending, R"({"status":"refused","refused":{"detail":"not yours"}})"),
                     "/agent/ refused what was asked for: not yours"));
    BOOST_TEST(holds(text_of(R"({"status":"refused","refused":{"detail":"not yours"}})", pending),
                     "/agent/ refused what was asked for: not yours; it was asked once more"));
}

BOOST_AUTO_TEST_CASE(one_that_should_have_been_renewed_is_asked_about)
{
    PullFixture f;
    f.has(1, f.now() - days(61));
    f.server.will_answer(f.file, "304 Not Modified", "");
    f.server.will_answer("/certs/a.example", "200 OK",
                         R"({"status":"valid","error":{"detail":"the CA is down"}})");
    const JobResult result = f.run();
    BOOST_TEST((result.end == JobResult::End::failed));
    BOOST_TEST(holds(result.text, "could not renew it: the CA is down"));
    // Without an error it is only a little late.
    f.lineage.write_retry({});
    f.server.will_answer(f.file, "304 Not Modified", "");
    f.server.will_answer("/certs/a.example", "200 OK", R"({"status":"valid"})");
    f.lineage.set_due(f.now());
    f.will_show_directory();
    const JobResult again = f.run();
    BOOST_TEST((again.end == JobResult::End::idle), again.text);
    BOOST_TEST((f.due_in() == hours(1)));
}

BOOST_AUTO_TEST_CASE(a_directory_of_a_ca_is_told_from_an_agents)
{
    PullFixture f;
    CaConfig config = load_ca(f.spool, CaName::parse("proxy")).value();
    LineageSpec spec = f.spec();
    spec.server = f.server.url("/");
    f.lineage.write_spec(spec);
    BOOST_TEST(holds(f.run().text, "there is no account at https://"));
    config.directory = agent_directory(spec.server);
    save_ca(f.spool, CaName::parse("proxy"), config);
    Json ca = Json::object();
    for (const char *name : {"newNonce", "newAccount", "newOrder"})
        ca.set(name, f.server.url("/" + std::string(name)));
    f.server.will_answer("/directory", "200 OK", ca.to_text());
    f.lineage.write_retry({});
    f.lineage.set_due(f.now());
    BOOST_TEST(holds(f.run().text, "that is a CA and no acmeproxy's agent"));
}

BOOST_AUTO_TEST_CASE(a_preview_asks_nobody)
{
    PullFixture f;
    CaContexts cas(f.spool, f.options, f.server.clock());
    Connections connections;
    LineageJob job(f.spool, f.lineage.name(), f.options, cas, connections, f.server.clock());
    BOOST_TEST(job.preview() == "would ask " + f.server_url);
    BOOST_TEST(f.server.log() == "");
}

BOOST_AUTO_TEST_CASE(words_are_filled_into_urls)
{
    BOOST_TEST(fill_in("https://a/{name}/x", "name", "b") == "https://a/b/x");
    BOOST_CHECK_THROW(fill_in("https://a/name/x", "name", "b"), Error);
}

BOOST_AUTO_TEST_SUITE_END()
