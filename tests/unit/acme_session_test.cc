// SPDX-License-Identifier: MIT
#include "acme/ca_problem.h"
#include "jose/jwk.h"
#include "unit/scripted_ca.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture {
    ScriptedCa ca;
    PrivateKey key = PrivateKey::generate(KeyType::ec256);

    HttpResponse post(const std::string &path, std::string_view payload = "{}")
    {
        return ca.session().post(ca.url(path), payload, {key, "https://ca.example/a/1"}, "test");
    }
    std::string last_nonce() { return ca.last_jws().header().string_at("nonce"); }
};

}

BOOST_FIXTURE_TEST_SUITE(acme_session_test, Fixture)

BOOST_AUTO_TEST_CASE(the_directory_is_fetched_once_for_all_sessions)
{
    BOOST_TEST(ca.session().directory().new_order == ca.url("/newOrder"));
    AcmeSession other(ca.http(), ca.service(), ca.clock());
    BOOST_TEST(other.directory().new_nonce == ca.url("/newNonce"));
    BOOST_TEST(ca.log() == "GET /dir");
}

BOOST_AUTO_TEST_CASE(a_failed_directory_is_not_kept)
{
    ca.will_answer("/dir", "503 Service Unavailable", "<html><p>busy</p></html>");
    ca.will_answer("/dir", "200 OK", "<html>");
    ca.will_answer("/dir", "200 OK", "{}");
    BOOST_TEST(error_of([&] { ca.session().directory(); }) ==
               "directory at " + ca.origin() + ": HTTP status 503: busy");
    BOOST_TEST(error_of([&] { ca.session().directory(); }).starts_with("directory at "));
    BOOST_TEST(error_of([&] { ca.session().directory(); }) ==
               "directory at " + ca.origin() + ": member \"newNonce\" is missing");
    BOOST_TEST(ca.session().directory().new_order == ca.url("/newOrder"));
}

BOOST_AUTO_TEST_CASE(a_nonce_is_fetched_only_once_and_then_comes_with_each_answer)
{
    for (int i = 0; i < 3; ++i)
        ca.will_answer("/x", "200 OK", "{}");
    post("/x");
    BOOST_TEST(last_nonce() == "n1");
    post("/x");
    BOOST_TEST(last_nonce() == "n2");
    post("/x");
    BOOST_TEST(ca.log() == "GET /dir, HEAD /newNonce, POST /x, POST /x, POST /x");
}

BOOST_AUTO_TEST_CASE(the_request_is_a_jws_over_url_nonce_and_account)
{
    ca.will_answer("/x", "200 OK", "{}");
    ca.will_answer("/x", "200 OK", "{}");
    post("/x", "");
    BOOST_TEST(ca.last().find("Content-Type: application/jose+json\r\n") != std::string::npos);
    BOOST_TEST(ca.last().find("User-Agent: unit-test/1\r\n") != std::string::npos);
    const Jws with_kid = ca.last_jws();
    BOOST_TEST(with_kid.verify(key.public_key()));
    BOOST_TEST(with_kid.payload() == "");
    BOOST_TEST(with_kid.alg() == "ES256");
    BOOST_TEST(with_kid.header().string_at("url") == ca.url("/x"));
    BOOST_TEST(with_kid.header().string_at("kid") == "https://ca.example/a/1");
    BOOST_TEST(!with_kid.header().find("jwk"));
    ca.session().post(ca.url("/x"), "{\"a\":1}", {key, ""}, "test");
    const Jws with_jwk = ca.last_jws();
    BOOST_TEST(with_jwk.payload() == "{\"a\":1}");
    BOOST_TEST((with_jwk.header().object_at("jwk") == to_jwk(key.public_key())));
    BOOST_TEST(!with_jwk.header().find("kid"));
}

BOOST_AUTO_TEST_CASE(a_bad_nonce_is_tried_again_with_the_nonce_of_the_error)
{
    ca.service().nonces.put("stale");
    ca.will_refuse("/x", "400 Bad Request", "badNonce", "", "Replay-Nonce: fresh\r\n");
    ca.will_answer("/x", "200 OK", "{}", "Replay-Nonce: next\r\n");
    BOOST_TEST(post("/x").status == 200);
    BOOST_TEST(last_nonce() == "fresh");
    BOOST_TEST(ca.log() == "POST /x, POST /x");
    BOOST_TEST(ca.service().nonces.take().value() == "next");
    BOOST_TEST(!ca.service().nonces.take());
}

BOOST_AUTO_TEST_CASE(a_bad_nonce_without_a_new_one_empties_the_pool)
{
    ca.service().nonces.put("stale1");
    ca.service().nonces.put("stale2");
    ca.will_refuse("/x", "400 Bad Request", "badNonce", "", "Replay-Nonce: \r\n");
    ca.will_answer("/x", "200 OK", "{}");
    post("/x");
    BOOST_TEST(ca.log() == "POST /x, GET /dir, HEAD /newNonce, POST /x");
}

BOOST_AUTO_TEST_CASE(bad_nonces_come_to_an_end)
{
    ca.service().nonces.put("n");
    for (int i = 0; i < 10; ++i)
        ca.will_refuse("/x", "400 Bad Request", "badNonce", "no");
    const auto before = ca.clock().steady();
    BOOST_TEST(error_of([&] { post("/x"); }) == "test at " + ca.origin() + ": badNonce: no");
    BOOST_TEST(ca.log() ==
               "POST /x, POST /x, POST /x, POST /x, POST /x, POST /x, POST /x, POST /x, POST /x");
    // The first retry is at once, the others wait 25, 75, 175, 375 and then 500 ms at random = 0.5.
    BOOST_TEST((ca.clock().steady() - before == std::chrono::milliseconds(2150)));
}

BOOST_AUTO_TEST_CASE(an_error_brings_a_nonce_too_and_is_not_retried)
{
    ca.will_answer("/x", "500 Internal Server Error", "", "Replay-Nonce: kept\r\n");
    BOOST_TEST(error_of([&] { post("/x"); }) == "test at " + ca.origin() + ": HTTP status 500");
    BOOST_TEST(ca.log() == "GET /dir, HEAD /newNonce, POST /x");
    BOOST_TEST(ca.service().nonces.take().value() == "kept");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_a_ca_problem_with_all_it_said)
{
    ca.will_refuse("/x", "429 Too Many Requests", "rateLimited", "slow down",
                   "Retry-After: 60\r\n");
    try {
        post("/x");
        BOOST_ERROR("no problem was thrown");
    } catch (const CaProblem &problem) {
        BOOST_TEST(problem.type == "rateLimited");
        BOOST_TEST(problem.status == 429);
        BOOST_TEST((problem.retry_after == Seconds(60)));
        BOOST_TEST(problem.asks_to_wait());
        BOOST_TEST(problem.what() == "test at " + ca.origin() +
                                         ": rateLimited: slow down "
                                         "(retry after 2026-09-21T14:14:20Z)");
    }
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed)
{
    ca.will_answer("/x", "307 Temporary Redirect", "", "Location: /y\r\n");
    BOOST_TEST(error_of([&] { post("/x"); }) == "test at " + ca.origin() + ": HTTP status 307");
    BOOST_TEST(ca.log() == "GET /dir, HEAD /newNonce, POST /x");
}

BOOST_AUTO_TEST_CASE(no_answer_is_an_http_error_that_names_the_request)
{
    // The first could be a kept connection that timed out, so curl tries a new one.
    ca.will_hang_up("/x");
    ca.will_hang_up("/x");
    try {
        post("/x");
        BOOST_ERROR("no error was thrown");
    } catch (const std::exception &e) {
        BOOST_TEST(describe(e).starts_with("test at " + ca.origin() + ": "));
        const auto *cause = find_cause<HttpError>(e);
        BOOST_TEST_REQUIRE(cause);
        BOOST_TEST((cause->reason == HttpError::Reason::broken));
    }
}

BOOST_AUTO_TEST_CASE(a_ca_without_nonces_is_an_error)
{
    ca.will_answer("/newNonce", "200 OK", "", "Replay-Nonce: no nonce\r\n");
    BOOST_TEST(error_of([&] { post("/x"); }) ==
               "new nonce at " + ca.origin() + ": the answer has no valid Replay-Nonce");
    ca.will_answer("/newNonce", "503 Service Unavailable", "");
    BOOST_TEST(error_of([&] { post("/x"); }) ==
               "new nonce at " + ca.origin() + ": HTTP status 503");
}

BOOST_AUTO_TEST_CASE(json_is_taken_by_its_shape)
{
    const auto ask = [&](const std::string &body) {
        ca.will_answer("/x", "200 OK", body, "Content-Type: text/html; charset=x\r\n");
        return ca.session().post_for_json(ca.url("/x"), "", {key, "https://a"}, "test");
    };
    BOOST_TEST(ask("{\"a\":1}").int_at("a") == 1);
    BOOST_TEST(error_of([&] { ask("[1]"); }) ==
               "test at " + ca.origin() + ": the answer is no JSON object: \"[1]\"");
    for (const char *body : {"", "<html>", "{\"a\":1", "{} x"})
        BOOST_TEST(error_of([&] { ask(body); }).starts_with("test at " + ca.origin() + ": "));
}

BOOST_AUTO_TEST_SUITE_END()
