// SPDX-License-Identifier: MIT
#include "server/agent.h"

#include "base/time_text.h"
#include "unit/agent_fixture.h"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <thread>

using namespace acmeproxy;

namespace {

/// Two clients with a lineage each, and the same rights to names below "shared.example".
struct Fixture : AgentFixture {
    Fixture()
    {
        issue("web", "a.example");
        issue("mail", "m.example");
    }
};

}

BOOST_FIXTURE_TEST_SUITE(agent_test, Fixture)

BOOST_AUTO_TEST_CASE(the_directory_lists_the_urls)
{
    const CgiResponse response = get("/agent/directory", "");
    BOOST_TEST(response.status == 200);
    const Json json = Json::parse(response.body);
    BOOST_TEST(json.string_at("certs") == "https://proxy.example/agent/certs");
    BOOST_TEST(json.string_at("newAccount") == "https://proxy.example/auth/new-account");
    BOOST_TEST(json.string_at("file") ==
               "https://proxy.example/agent/certs/{name}/{generation}/{file}");
    BOOST_TEST(json.object_at("meta").bool_at("externalAccountRequired"));
}

BOOST_AUTO_TEST_CASE(a_wish_is_left_for_the_renewer)
{
    const CgiResponse response = post(web, "/agent/certs", want({"b.example"}));
    BOOST_TEST(outcome(response) == "202");
    BOOST_TEST(header_of(response, "Location") == "https://proxy.example/agent/certs/b.example");
    BOOST_TEST(!header_of(response, "Retry-After").empty());
    BOOST_TEST(header_of(response, "Cache-Control") == "no-store");
    const Json json = Json::parse(response.body);
    BOOST_TEST(json.string_at("status") == "pending");
    BOOST_TEST(json.string_at("wish") == "want");
    const auto wish = AgentRequests(spool).find(LineageName::parse("web@b.example"));
    BOOST_REQUIRE(wish);
    BOOST_TEST(wish->account == web.id().str());
    BOOST_TEST(wish->recipients.front().text() == recipient);
    BOOST_TEST(!Lineage(spool, LineageName::parse("web@b.example")).exists());
}

BOOST_AUTO_TEST_CASE(what_is_wanted_already_is_no_wish)
{
    const CgiResponse response = post(web, "/agent/certs", want({"a.example"}));
    BOOST_TEST(outcome(response) == "200");
    BOOST_TEST(AgentRequests(spool).list().empty());
    const std::string other = R"({"identifiers":[{"type":"dns","value":"a.example"}],)"
                              R"("recipients":[")" +
                              AgeIdentity::generate().recipient().text() + R"("]})";
    BOOST_TEST(outcome(post(web, "/agent/certs", other)) == "202");
}

BOOST_AUTO_TEST_CASE(a_wish_that_is_of_no_use_is_refused)
{
    const std::string names = R"("identifiers":[{"type":"dns","value":"b.example"}])";
    const std::string to = R"("recipients":[")" + recipient + R"("])";
    const std::vector<std::pair<std::string, std::string>> table = {
        {"{}", "400 malformed"},
        {"[]", "400 malformed"},
        {"{" + names + "}", "400 malformed"},
        {"{" + names + R"(,"recipients":[]})", "400 malformed"},
        {"{" + names + R"(,"recipients":["age1x"]})", "400 malformed"},
        {"{" + names + "," + to + R"(,"hook":"/bin/sh"})", "400 malformed"},
        {"{" + names + "," + to + R"(,"ca":"other"})", "400 malformed"},
        {"{" + names + "," + to + R"(,"deliver":"files"})", "400 malformed"},
        {"{" + names + "," + to + R"(,"key_type":"ed25519"})", "400 malformed"},
        {"{" + names + "," + to + R"(,"reuse_key":"yes"})", "400 malformed"},
        {"{" + names + "," + to + R"(,"name":"../x"})", "400 malformed"},
        {"{" + names + "," + to + R"(,"name":"mail@x"})", "400 malformed"},
        {"{" + names + "," + to + R"(,"csr":"AAAA"})", "400 badCSR"},
        {"{" + names + "," + to + R"(,"csr":"%%"})", "400 malformed"},
        {R"({"identifiers":[],)" + to + "}", "400 malformed"},
        {R"({"identifiers":[{"type":"dns","value":"a b"}],)" + to + "}", "400 rejectedIdentifier"},
        {R"({"identifiers":[{"type":"email","value":"a"}],)" + to + "}",
         "400 unsupportedIdentifier"},
    };
    for (const auto &[payload, expected] : table)
        BOOST_TEST(outcome(post(web, "/agent/certs", payload)) == expected, payload);
    BOOST_TEST(AgentRequests(spool).list().empty());
}

BOOST_AUTO_TEST_CASE(a_request_has_no_more_names_than_an_order)
{
    for (const int number : {100, 101}) {
        std::vector<std::string> names;
        for (int i = 0; i < number; ++i)
            names.push_back(fmt::format("n{}.shared.example", i));
        const Csr csr = Csr::make(PrivateKey::generate(KeyType::ec256), identifiers(names));
        const Json wish = Json::object().set("csr", base64url_encode(csr.der()));
        BOOST_TEST(outcome(post(web, "/agent/certs", wish.to_text())) ==
                       (number == 100 ? "202" : "400 badCSR"),
                   number);
    }
}

BOOST_AUTO_TEST_CASE(a_secret_key_that_was_sent_is_not_said_again)
{
    const std::string secret(AgeIdentity::generate().text().view());
    const CgiResponse response =
        post(web, "/agent/certs",
             R"({"identifiers":[{"type":"dns","value":"b.example"}],"recipients":[")" + secret +
                 R"("]})");
    BOOST_TEST(outcome(response) == "400 malformed");
    BOOST_TEST(response.body.find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_taken_name_looks_like_one_that_is_not_allowed)
{
    issue("mail", "x.shared.example");
    NameClaims(spool).claim(ClientId::parse("mail"),
                            {Identifier::parse("dns", "x.shared.example")});
    const CgiResponse taken = post(web, "/agent/certs", want({"x.shared.example"}));
    const CgiResponse denied = post(web, "/agent/certs", want({"y.elsewhere.example"}));
    std::string as_denied = taken.body;
    for (std::size_t at = 0; (at = as_denied.find("x.shared.example")) != std::string::npos;)
        as_denied.replace(at, 16, "y.elsewhere.example");
    BOOST_TEST(as_denied == denied.body);
    BOOST_TEST(taken.status == denied.status);
    BOOST_TEST(outcome(taken) == "403 rejectedIdentifier");
    // Both at once: both are told.
    const CgiResponse both =
        post(web, "/agent/certs", want({"x.shared.example", "y.elsewhere.example"}));
    BOOST_TEST(Json::parse(both.body).array_at("subproblems").size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_anothers_does_not_exist)
{
    // Verb by verb: the answer about another's lineage is the answer about none at all.
    const std::vector<std::pair<std::string, std::string>> posts = {
        {"", ""},
        {"/renew", "{}"},
        {"/revoke", "{}"},
        {"/delete", "{}"},
        {"/latest/bundle.pem.age", ""},
        {"/latest/fullchain.pem", ""},
        {"/0001/privkey.pem.age", ""},
        {"/0001/request.pem", ""},
    };
    for (const auto &[path, payload] : posts) {
        AgentRequests(spool).drop(LineageName::parse("mail@m.example"));
        const CgiResponse foreign = post(web, "/agent/certs/m.example" + path, payload);
        const CgiResponse nowhere = post(web, "/agent/certs/n.example" + path, payload);
        BOOST_TEST(outcome(foreign) == "404 unauthorized", path);
        BOOST_TEST(foreign.body == nowhere.body, path);
        BOOST_TEST(outcome(post(mail, "/agent/certs/m.example" + path, payload)).substr(0, 2) ==
                       "20",
                   path);
    }
    BOOST_TEST(!AgentRequests(spool).find(LineageName::parse("web@m.example")));
    const std::string token = add_token("web");
    for (const char *path : {"", "/latest/bundle.pem.age", "/0001/cert.pem"}) {
        const CgiResponse foreign = get("/agent/certs/m.example" + std::string(path), token);
        BOOST_TEST(outcome(foreign) == "404 unauthorized", path);
        BOOST_TEST(foreign.body == get("/agent/certs/n.example" + std::string(path), token).body);
    }
    const Json list = Json::parse(post(web, "/agent/certs", "").body);
    BOOST_TEST(list.array_at("certs").size() == 1U);
    BOOST_TEST(list.array_at("certs").front().string_at("name") == "a.example");
}

BOOST_AUTO_TEST_CASE(a_lineage_of_the_operator_is_nobodys)
{
    for (const char *path :
         {"/agent/certs/operator.example", "/agent/certs/web@a.example",
          "/agent/certs/mail@m.example", "/agent/certs/..", "/agent/certs/.", "/agent/certs/"})
        BOOST_TEST(post(web, path, "").status == 404, path);
}

BOOST_AUTO_TEST_CASE(files_are_served_by_generation)
{
    const std::string token = add_token("web");
    const CgiResponse latest = get("/agent/certs/a.example/latest/bundle.pem.age", token);
    BOOST_TEST(latest.status == 200);
    BOOST_TEST(latest.body == "sealed bundle of a.example");
    BOOST_TEST(header_of(latest, "Content-Location") ==
               "https://proxy.example/agent/certs/a.example/0001/bundle.pem.age");
    BOOST_TEST(header_of(latest, "Cache-Control") == "no-store");
    const CgiResponse first = get("/agent/certs/a.example/0001/bundle.pem.age", token);
    BOOST_TEST(first.body == latest.body);
    BOOST_TEST(header_of(first, "ETag") == header_of(latest, "ETag"));
    for (const char *file : {"fullchain.pem", "cert.pem", "chain.pem", "request.pem"})
        BOOST_TEST(get("/agent/certs/a.example/0001/" + std::string(file), token).status == 200,
                   file);
    for (const char *file : {"0001/privkey.pem", "0001/wanted.json", "0001/deployed",
                             "0001/../../cert.json", "0002/cert.pem", "1/cert.pem",
                             "latest/privkey.pem", "live/cert.pem", "latest/", "0001/%2e%2e"})
        BOOST_TEST(get("/agent/certs/a.example/" + std::string(file), token).status == 404, file);
}

BOOST_AUTO_TEST_CASE(a_key_in_the_clear_is_never_served)
{
    replace_file(spool.dir(), "tmp", "certs/web@a.example/gen/0001/privkey.pem", "SECRET", 0600);
    const std::string token = add_token("web");
    BOOST_TEST(get("/agent/certs/a.example/0001/privkey.pem", token).status == 404);
    BOOST_TEST(post(web, "/agent/certs/a.example/0001/privkey.pem", "").status == 404);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_known_is_not_sent_again)
{
    const std::string token = add_token("web");
    const std::string path = "/agent/certs/a.example/latest/bundle.pem.age";
    const std::string tag = header_of(get(path, token), "ETag");
    for (const std::string &sent : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
        const CgiResponse again = get(path, token, sent);
        BOOST_TEST(again.status == 304, sent);
        BOOST_TEST(again.body.empty());
        BOOST_TEST(header_of(again, "ETag") == tag);
    }
    for (const std::string &sent : {std::string("\"x\""), tag.substr(1), std::string("")})
        BOOST_TEST(get(path, token, sent).status == 200, sent);
}

BOOST_AUTO_TEST_CASE(what_is_being_made_is_waited_for)
{
    begin("web", "b.example");
    const std::string token = add_token("web");
    for (const char *generation : {"latest", "0001"}) {
        const CgiResponse response =
            get(fmt::format("/agent/certs/b.example/{}/bundle.pem.age", generation), token);
        BOOST_TEST(response.status == 202);
        BOOST_TEST(header_of(response, "Retry-After") == "5");
        BOOST_TEST(Json::parse(response.body).string_at("status") == "pending");
    }
    post(web, "/agent/certs", want({"c.example"}));
    BOOST_TEST(get("/agent/certs/c.example/latest/bundle.pem.age", token).status == 202);
    BOOST_TEST(get("/agent/certs/c.example/0001/bundle.pem.age", token).status == 404);
}

BOOST_AUTO_TEST_CASE(the_status_tells_what_its_client_may_know)
{
    const LineageName name = LineageName::parse("web@a.example");
    RetryRecord retry;
    retry.attempts = 2;
    retry.error = "open /var/spool/acmeproxy/certs/mail@m.example: Permission denied";
    retry.last = clock.now();
    retry.next = clock.now() + Seconds(100);
    Lineage(spool, name).write_retry(retry);
    CgiResponse response = post(web, "/agent/certs/a.example", "");
    Json json = Json::parse(response.body);
    BOOST_TEST(json.string_at("status") == "valid");
    BOOST_TEST(json.string_at("generation") == "0001");
    BOOST_TEST(json.string_at("files") == "https://proxy.example/agent/certs/a.example/0001/");
    BOOST_TEST(!json.string_at("expires").empty());
    BOOST_TEST(json.string_at("next_attempt") == format_rfc3339(*retry.next));
    BOOST_TEST(response.body.find("m.example") == std::string::npos);
    BOOST_TEST(response.body.find("/var/") == std::string::npos);
    BOOST_TEST(header_of(response, "Retry-After") == "100");
    retry.client_error = "caa: not allowed";
    Lineage(spool, name).write_retry(retry);
    json = Json::parse(post(web, "/agent/certs/a.example", "").body);
    BOOST_TEST(json.object_at("error").string_at("detail") == "caa: not allowed");
    BOOST_TEST(json.object_at("error").int_at("attempts") == 2);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told)
{
    AgentRequests(spool).refuse(LineageName::parse("web@r.example"),
                                {"want", "rejectedIdentifier", "no", clock.now()});
    const Json json = Json::parse(post(web, "/agent/certs/r.example", "").body);
    BOOST_TEST(json.string_at("status") == "refused");
    BOOST_TEST(json.object_at("refused").string_at("detail") == "no");
    BOOST_TEST(post(mail, "/agent/certs/r.example", "").status == 404);
}

BOOST_AUTO_TEST_CASE(a_revocation_that_was_accepted_is_replaced_only_by_one_of_the_same_certificate)
{
    issue("web", "a.example", 2);
    const std::string revoke = "/agent/certs/a.example/revoke";
    BOOST_TEST(outcome(post(web, revoke, R"({"generation":"0001"})")) == "202");
    BOOST_TEST(outcome(post(web, revoke, R"({"generation":"0002"})")) == "409 malformed");
    BOOST_TEST(outcome(post(web, revoke, R"({"generation":"0001","reason":1})")) == "202");
    const auto waiting = AgentRequests(spool).find(LineageName::parse("web@a.example"));
    BOOST_TEST(waiting->generation == 1);
    BOOST_TEST((waiting->reason == 1));
}

BOOST_AUTO_TEST_CASE(of_wishes_at_once_none_undoes_a_revocation_that_was_accepted)
{
    const LineageName name = LineageName::parse("web@a.example");
    const std::string url = "/agent/certs/a.example";
    for (int round = 0; round < 30; ++round) {
        std::string revoked;
        {
            std::jthread renewal([&] { post(web, url + "/renew", "{}"); });
            std::jthread revocation([&] { revoked = outcome(post(web, url + "/revoke", "{}")); });
        }
        const auto waiting = AgentRequests(spool).find(name);
        BOOST_TEST_REQUIRE(waiting.has_value());
        BOOST_TEST(revoked == "202");
        BOOST_TEST((waiting->kind == AgentWish::Kind::revoke), round);
        AgentRequests(spool).drop(name);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_member_is_told_in_whole_characters)
{
    const std::string name = std::string(59, 'x') + "\u00e9";
    const CgiResponse response = post(web, "/agent/certs/a.example/renew", "{\"" + name + "\":1}");
    BOOST_TEST(outcome(response) == "400 malformed");
    BOOST_TEST(Json::parse(response.body).string_at("detail").find("is not known") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(wishes_about_a_lineage)
{
    const AgentRequests requests(spool);
    const LineageName name = LineageName::parse("web@a.example");
    BOOST_TEST(outcome(post(web, "/agent/certs/a.example/renew", "{}")) == "202");
    BOOST_TEST((requests.find(name)->kind == AgentWish::Kind::renew));
    BOOST_TEST(outcome(post(web, "/agent/certs/a.example/revoke", R"({"reason":1})")) == "202");
    BOOST_TEST(requests.find(name)->generation == 1);
    BOOST_TEST((requests.find(name)->reason == 1));
    // A revocation that waits is not to be lost.
    BOOST_TEST(outcome(post(web, "/agent/certs/a.example/delete", "{}")) == "409 malformed");
    BOOST_TEST(outcome(post(web, "/agent/certs/a.example/renew", "{}")) == "409 malformed");
    requests.drop(name);
    BOOST_TEST(outcome(post(web, "/agent/certs/a.example/delete", "{}")) == "202");
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"/agent/certs/a.example/revoke", R"({"reason":2})"},
        {"/agent/certs/a.example/revoke", R"({"reason":"x"})"},
        {"/agent/certs/a.example/revoke", R"({"generation":"0009"})"},
        {"/agent/certs/a.example/revoke", R"({"x":1})"},
        {"/agent/certs/a.example/renew", R"({"force":true})"},
        {"/agent/certs/a.example/renew", ""},
        {"/agent/certs/a.example/delete", "[]"},
        {"/agent/certs/a.example", "{}"},
    };
    for (const auto &[path, payload] : bad)
        BOOST_TEST(post(web, path, payload).status / 100 == 4, path << " " << payload);
}

BOOST_AUTO_TEST_CASE(two_renewals_a_day_are_enough)
{
    issue("web", "a.example", 2);
    const CgiResponse response = post(web, "/agent/certs/a.example/renew", "{}");
    BOOST_TEST(outcome(response) == "429 rateLimited");
    BOOST_TEST(!header_of(response, "Retry-After").empty());
}

BOOST_AUTO_TEST_CASE(a_client_has_as_many_lineages_as_it_may)
{
    ClientPolicy policy = context.clients.load_policy(ClientId::parse("web"));
    policy.max_lineages = 2;
    context.clients.save_policy(ClientId::parse("web"), policy);
    BOOST_TEST(outcome(post(web, "/agent/certs", want({"b.example"}))) == "202");
    const CgiResponse response = post(web, "/agent/certs", want({"c.example"}));
    BOOST_TEST(outcome(response) == "403 unauthorized");
    BOOST_TEST(detail_of(response) == "this client has 2 certificates, as many as it may");
}

BOOST_AUTO_TEST_CASE(only_a_token_or_a_signature_opens)
{
    const std::string token = add_token("web");
    const std::string path = "/agent/certs/a.example";
    const std::vector<std::string> good = {"Bearer " + token, "bearer  " + token,
                                           basic("web", token), basic("", token)};
    for (const std::string &header : good)
        BOOST_TEST(get_with(path, header).status == 200, header);
    const std::vector<std::string> bad = {
        "",
        "Bearer",
        "Bearer x",
        "Bearer " + token + "x",
        token,
        "Digest " + token,
        basic("mail", token),
        basic("web", "x"),
        "Basic !!!!",
        "Basic " + token,
        "Bearer " + ClientTokens(spool).list(ClientId::parse("web")).front().id(),
    };
    for (const std::string &header : bad) {
        const CgiResponse response = get_with(path, header);
        BOOST_TEST(outcome(response) == "401 unauthorized", header);
        BOOST_TEST(header_of(response, "WWW-Authenticate").starts_with("Basic "), header);
    }
    BOOST_TEST(outcome(agent_response(context, post_request(path, "{}"))) == "400 malformed");
}

BOOST_AUTO_TEST_CASE(a_token_only_reads)
{
    const std::string token = add_token("web");
    for (const char *word : {"renew", "revoke", "delete"})
        BOOST_TEST(get("/agent/certs/a.example/" + std::string(word), token).status == 405, word);
    BOOST_TEST(AgentRequests(spool).list().empty());
}

BOOST_AUTO_TEST_CASE(a_token_for_one_lineage_sees_that_alone)
{
    issue("web", "b.example");
    const std::string token = add_token("web", "b.example");
    BOOST_TEST(get("/agent/certs/b.example", token).status == 200);
    BOOST_TEST(get("/agent/certs/a.example", token).status == 404);
    BOOST_TEST(get("/agent/certs/a.example/latest/cert.pem", token).status == 404);
    const Json list = Json::parse(get("/agent/certs", token).body);
    BOOST_TEST(list.array_at("certs").size() == 1U);
}

BOOST_AUTO_TEST_CASE(who_is_disabled_sees_nothing)
{
    const std::string token = add_token("web");
    set_enabled(ClientId::parse("web"), false);
    BOOST_TEST(outcome(get("/agent/certs", token)) == "403 unauthorized");
    BOOST_TEST(outcome(post(web, "/agent/certs", "")) == "403 unauthorized");
    set_enabled(ClientId::parse("web"), true);
    ClientPolicy policy = context.clients.load_policy(ClientId::parse("web"));
    policy.modes = {"gateway"};
    context.clients.save_policy(ClientId::parse("web"), policy);
    BOOST_TEST(outcome(get("/agent/certs", token)) == "403 unauthorized");
    BOOST_TEST(outcome(post(web, "/agent/certs", "")) == "403 unauthorized");
}

BOOST_AUTO_TEST_SUITE_END()
