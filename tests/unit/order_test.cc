// SPDX-License-Identifier: MIT
#include "acme/order_parse.h"
#include "base/time_text.h"
#include "jose/jwk.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

Json sound_order()
{
    return Json::parse(R"({"status":"pending","expires":"2026-12-01T10:00:00Z",)"
                       R"("identifiers":[{"type":"dns","value":"A.example"},)"
                       R"({"type":"ip","value":"192.0.2.1"},)"
                       R"({"type":"dns","value":"*.b.example"}],)"
                       R"("authorizations":["https://ca.example/z/1","https://ca.example/z/2",)"
                       R"("https://ca.example/z/3"],)"
                       R"("finalize":"https://ca.example/f/1","unknown":{"a":[1]}})");
}

Json sound_challenge()
{
    return Json::parse(R"({"type":"http-01","url":"https://ca.example/c/1","status":"pending",)"
                       R"("token":"DGyRejmCefe7v4NfDGDKfA_-"})");
}

Json sound_authorization()
{
    Json json = Json::parse(R"({"status":"pending","expires":"2026-12-01T10:00:00Z",)"
                            R"("identifier":{"type":"dns","value":"a.example"},"challenges":[]})");
    Json challenges = Json::array();
    challenges.push(Json::parse(R"({"type":"dns-01","url":"https://ca.example/c/0",)"
                                R"("status":"pending","token":"not/for/us"})"));
    challenges.push(sound_challenge());
    challenges.push(Json::parse(R"({"type":"odd-99","url":"https://ca.example/c/2",)"
                                R"("status":"pending","accounts":[]})"));
    json.set("challenges", challenges);
    return json;
}

template <class Parse> std::string refusal(Parse parse)
try {
    parse();
    return "";
} catch (const Error &e) {
    return e.what();
}

std::string order_refusal(const Json &json)
{
    return refusal([&] { parse_order(json, "https://ca.example/o/1"); });
}

Json order_with(std::string_view member, std::string_view value)
{
    return sound_order().set(member, Json::parse(value));
}

std::string challenge_refusal(std::string_view member, const Json &value)
{
    return refusal([&] { parse_challenge(sound_challenge().set(member, value)); });
}

}

BOOST_AUTO_TEST_SUITE(order_test)

BOOST_AUTO_TEST_CASE(an_order_is_read)
{
    const Order order = parse_order(sound_order(), "https://ca.example/o/1");
    BOOST_TEST(order.url == "https://ca.example/o/1");
    BOOST_TEST(order.status == "pending");
    BOOST_TEST(format_rfc3339(order.expires.value()) == "2026-12-01T10:00:00Z");
    BOOST_TEST(to_text(order.identifiers) == "a.example, 192.0.2.1, *.b.example");
    BOOST_TEST((order.identifiers[1].type() == Identifier::Type::ip));
    BOOST_TEST(order.authorizations.size() == 3U);
    BOOST_TEST(order.authorizations[2] == "https://ca.example/z/3");
    BOOST_TEST(order.finalize == "https://ca.example/f/1");
    BOOST_TEST(order.certificate == "");
    BOOST_TEST(!order.error);
}

BOOST_AUTO_TEST_CASE(the_end_of_an_order_is_read)
{
    const Json json =
        order_with("certificate", R"("https://ca.example/cert/1")").set("replaces", "aki.serial");
    BOOST_TEST(parse_order(json, "u").certificate == "https://ca.example/cert/1");
    BOOST_TEST(parse_order(json, "u").replaces == "aki.serial");
    const Order failed = parse_order(
        order_with("error", R"({"type":"urn:ietf:params:acme:error:caa","detail":"no"})"), "u");
    BOOST_TEST(failed.error.value().what() ==
               std::string("order for a.example, 192.0.2.1, *.b.example: caa: no"));
    BOOST_TEST(!parse_order(order_with("error", "null"), "u").error);
    BOOST_TEST(!parse_order(order_with("expires", "\"tomorrow\""), "u").expires);
    for (const char *status : {"pending", "ready", "processing", "valid", "invalid"})
        BOOST_TEST(parse_order(sound_order().set("status", status), "u").status == status);
    // Boulder and Pebble say of the order what became of an authorization (section 7.1.6).
    for (const char *status : {"deactivated", "expired", "revoked"})
        BOOST_TEST(parse_order(sound_order().set("status", status), "u").status == "invalid");
}

BOOST_AUTO_TEST_CASE(an_unsound_order_is_refused_with_the_reason)
{
    const struct {
        const char *member;
        const char *value;
        const char *reason;
    } table[] = {
        {"status", "\"done\\n\"", "the status \"done?\" is not known"},
        {"status", "null", "member \"status\" is not a string"},
        {"identifiers", "[]", "the order has 0 identifiers"},
        {"identifiers", "[5]", "\" is missing"},
        {"finalize", "\"http://ca.example/f\"",
         "finalize is \"http://ca.example/f\", not an absolute https URL"},
        {"finalize", "\"/f/1\"", "finalize is \"/f/1\", not an absolute https URL"},
        {"certificate", "\"/cert\"", "certificate is \"/cert\", not an absolute https URL"},
        {"authorizations", "[\"z/1\"]", "an authorization is \"z/1\", not an absolute https URL"},
        {"authorizations", "[1]", "is not an array of strings"},
        {"authorizations", R"(["","","","","","","",""])",
         "the order has 8 authorizations for 3 identifiers"},
        {"identifiers", R"([{"type":"dns","value":"../../etc"}])", "identifier \"../../etc\": "},
        {"identifiers", R"([{"type":"email","value":"a@b.example"}])",
         "the type \"email\" is not known"},
    };
    for (const auto &row : table) {
        const std::string text = order_refusal(order_with(row.member, row.value));
        BOOST_TEST(text.find(row.reason) != std::string::npos, row.reason << " is not in " << text);
    }
    BOOST_TEST(order_refusal(Json::object()) == "member \"status\" is missing");
    Json many = Json::array();
    for (int i = 0; i <= 1000; ++i)
        many.push(Json::parse(R"({"type":"dns","value":"a.example"})"));
    BOOST_TEST(order_refusal(sound_order().set("identifiers", many)) ==
               "the order has 1001 identifiers");
}

BOOST_AUTO_TEST_CASE(the_payload_holds_what_is_asked_for_and_nothing_else)
{
    OrderRequest request{
        {Identifier::parse("A.example"), Identifier::parse("2001:DB8::1")}, "", "", "", ""};
    BOOST_TEST(to_json(request).to_text() ==
               R"({"identifiers":[{"type":"dns","value":"a.example"},)"
               R"({"type":"ip","value":"2001:db8::1"}]})");
    request.profile = "shortlived";
    request.replaces = "aki.serial";
    request.not_before = "2026-11-24T00:00:00Z";
    request.not_after = "2026-11-25T00:00:00Z";
    const Json json = to_json(request);
    BOOST_TEST(json.string_at("profile") == "shortlived");
    BOOST_TEST(json.string_at("replaces") == "aki.serial");
    BOOST_TEST(json.string_at("notBefore") == request.not_before);
    BOOST_TEST(json.string_at("notAfter") == request.not_after);
}

BOOST_AUTO_TEST_CASE(an_authorization_is_read)
{
    const Authorization authorization =
        parse_authorization(sound_authorization(), "https://ca.example/z/1");
    BOOST_TEST(authorization.url == "https://ca.example/z/1");
    BOOST_TEST(authorization.identifier.value() == "a.example");
    BOOST_TEST(authorization.status == "pending");
    BOOST_TEST(!authorization.wildcard);
    BOOST_TEST(authorization.challenges.size() == 3U);
    const Challenge *challenge = authorization.challenge("http-01");
    BOOST_TEST_REQUIRE(challenge);
    BOOST_TEST(challenge->token == "DGyRejmCefe7v4NfDGDKfA_-");
    BOOST_TEST(challenge->url == "https://ca.example/c/1");
    BOOST_TEST(authorization.challenge("dns-01")->token == "");
    BOOST_TEST(!authorization.challenge("tls-alpn-01"));
    BOOST_TEST(!authorization.failure());
}

BOOST_AUTO_TEST_CASE(an_unsound_authorization_is_refused)
{
    for (const auto &[member, value] :
         {std::pair<const char *, const char *>{"status", "\"ready\""},
          {"identifier", "null"},
          {"identifier", R"({"type":"dns","value":"192.0.2.1"})"},
          {"challenges", "null"},
          {"challenges", "[7]"},
          {"wildcard", "\"yes\""}}) {
        const Json json = sound_authorization().set(member, Json::parse(value));
        BOOST_TEST(refusal([&] { parse_authorization(json, "u"); }) != "", member << value);
    }
    Json many = Json::array();
    for (int i = 0; i <= 64; ++i)
        many.push(sound_challenge());
    BOOST_TEST(refusal([&] {
                   parse_authorization(sound_authorization().set("challenges", many), "u");
               }) == "the authorization has 65 challenges");
}

BOOST_AUTO_TEST_CASE(challenges_that_nobody_takes_up_may_be_anything)
{
    Json challenges = Json::array();
    for (const char *text : {R"({"type":"new-99"})", R"({"type":5,"url":7})", "{}",
                             R"({"type":"dns-01","status":"odd","error":{"detail":"no record"}})"})
        challenges.push(Json::parse(text));
    challenges.push(sound_challenge());
    const Authorization authorization = parse_authorization(
        sound_authorization().set("challenges", challenges).set("status", "invalid"), "u");
    BOOST_TEST(authorization.challenges.size() == 5U);
    BOOST_TEST(authorization.challenge("http-01")->url == "https://ca.example/c/1");
    BOOST_TEST(authorization.failure().value().detail == "no record");
}

BOOST_AUTO_TEST_CASE(a_token_that_could_be_a_path_is_refused)
{
    for (const std::string &token :
         {std::string(), std::string("../../etc/passwd"), std::string("a/b"), std::string("."),
          std::string("a.b"), std::string("a="), std::string("a b"), std::string("a\nb"),
          std::string(129, 'a')})
        BOOST_TEST(challenge_refusal("token", token).find("is not base64url") != std::string::npos);
    BOOST_TEST(challenge_refusal("token", std::string(128, 'a')) == "");
    BOOST_TEST(challenge_refusal("token", 5) == "member \"token\" is not a string");
    BOOST_TEST(challenge_refusal("url", "http://ca.example/c") ==
               "url is \"http://ca.example/c\", not an absolute https URL");
    BOOST_TEST(challenge_refusal("status", "ready") == "the status \"ready\" is not known");
}

BOOST_AUTO_TEST_CASE(a_failure_names_the_identifier_and_quotes_the_ca)
{
    Json challenge = sound_challenge();
    challenge.set("status", "invalid");
    challenge.set("error", Json::parse(R"({"type":"urn:ietf:params:acme:error:connection",)"
                                       R"("detail":"192.0.2.1: refused","status":400})"));
    Json json = sound_authorization();
    json.set("challenges", Json::array().push(challenge)).set("status", "invalid");
    const auto failure = parse_authorization(json, "u").failure();
    BOOST_TEST_REQUIRE(failure.has_value());
    BOOST_TEST(failure->what() ==
               std::string("authorization of a.example: connection: 192.0.2.1: refused"));
    BOOST_TEST(failure->type == "connection");
    // An error beside a status that may still become valid is a retry of the CA (section 8.2).
    json.set("status", "pending");
    BOOST_TEST(!parse_authorization(json, "u").failure());
    json.set("status", "expired").set("wildcard", true).set("challenges", Json::array());
    BOOST_TEST(
        parse_authorization(json, "u").failure().value().what() ==
        std::string("authorization of *.a.example: unauthorized: the authorization is expired"));
}

BOOST_AUTO_TEST_CASE(a_key_authorization_is_token_and_thumbprint)
{
    const PublicKey key = PrivateKey::generate(KeyType::ec256).public_key();
    BOOST_TEST(key_authorization("abc", key) == "abc." + jwk_thumbprint(key));
    BOOST_CHECK_THROW(key_authorization("../abc", key), Error);
    BOOST_CHECK_THROW(key_authorization("", key), Error);
}

BOOST_AUTO_TEST_SUITE_END()
