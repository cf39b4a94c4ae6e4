// SPDX-License-Identifier: MIT
// The signed envelope of ACME requests (RFC 8555, section 6).
#include "server/envelope.h"

#include "unit/server_fixture.h"

#include <boost/test/unit_test.hpp>
#include <thread>

using namespace acmeproxy;

namespace {

const std::string path = "/gateway/new-order";

struct Fixture : ServerFixture {
    Fixture()
        : client(add_client("web", {"*.a.example"})), eab(add_eab(client)),
          account(register_account(PrivateKey::generate(KeyType::ec256), eab))
    {
    }

    /// What an ACME handler at `path` answers.
    CgiResponse open(const CgiRequest &request, SignedBy by = SignedBy::kid,
                     const std::string &mode = "gateway")
    {
        return answer_acme(context, request, "", [&] {
            const SignedRequest opened = open_envelope(context, request, by, mode);
            return json_response(200, Json::object().set("payload", opened.payload));
        });
    }
    std::string outcome_of(const CgiRequest &request, SignedBy by = SignedBy::kid,
                           const std::string &mode = "gateway")
    {
        return outcome(open(request, by, mode));
    }
    CgiRequest signed_with(const Json &header, const std::string &payload = "{}")
    {
        return post_request(path, sign_jws(account.key, header, payload));
    }
    Json sound_header() { return header(account, path); }

    ClientId client;
    EabKey eab;
    TestAccount account;
};

/// A JWS of any header, by a key that need not fit.
std::string raw_jws(const std::string &header, const std::string &payload,
                    const std::string &signature)
{
    return Json::object()
        .set("protected", base64url_encode(header))
        .set("payload", base64url_encode(payload))
        .set("signature", base64url_encode(signature))
        .to_text();
}

}

BOOST_FIXTURE_TEST_SUITE(envelope_test, Fixture)

BOOST_AUTO_TEST_CASE(a_sound_request_is_let_in_with_its_payload)
{
    for (const char *payload : {"{}", "", "{\"a\":1}"}) {
        const CgiRequest request = post(account, path, payload);
        const SignedRequest opened = open_envelope(context, request, SignedBy::kid, "gateway");
        BOOST_TEST(opened.payload == payload);
        BOOST_TEST(opened.is_post_as_get() == (std::string(payload).empty()));
        BOOST_TEST(opened.url == url(path));
        BOOST_TEST(opened.account->id.str() == account.id().str());
        BOOST_TEST(opened.policy->names.front().text() == "*.a.example");
        BOOST_TEST(opened.unspent_nonce.empty());
    }
}

BOOST_AUTO_TEST_CASE(each_kind_of_key_signs)
{
    for (const KeyType type :
         {KeyType::ec256, KeyType::ec384, KeyType::rsa2048, KeyType::ed25519}) {
        const TestAccount other = register_account(PrivateKey::generate(type), eab);
        BOOST_TEST(outcome_of(post(other, path, "{}")) == "200");
    }
}

BOOST_AUTO_TEST_CASE(only_posts_of_the_right_type_are_taken)
{
    for (const char *method : {"GET", "HEAD", "PUT", "DELETE", ""}) {
        const CgiResponse response = open(get_request(path, method));
        BOOST_TEST(outcome(response) == "405 malformed", method);
        BOOST_TEST(header_of(response, "Allow") == "POST");
    }
    const std::vector<std::pair<const char *, const char *>> table = {
        {"application/jose+json", "200"},
        {"Application/JOSE+JSON", "200"},
        {"application/jose+json; charset=utf-8", "200"},
        {" application/jose+json ;x", "200"},
        {"application/json", "415 malformed"},
        {"application/jose", "415 malformed"},
        {"text/plain; application/jose+json", "415 malformed"},
        {"", "415 malformed"},
    };
    for (const auto &[type, expected] : table) {
        CgiRequest request = post(account, path, "{}");
        request.content_type = type;
        BOOST_TEST(outcome_of(request) == expected, type);
    }
}

BOOST_AUTO_TEST_CASE(bodies_that_are_no_jws_are_malformed)
{
    const std::string sound = sign_jws(account.key, sound_header(), "{}");
    const auto with = [&](const char *name, const Json &value) {
        return Json::parse(sound).set(name, value).to_text();
    };
    for (const std::string &body :
         {std::string(), std::string("{}"), std::string("[]"), std::string("x"), sound + "x",
          sound.substr(1), std::string(50000, '['), with("header", Json::object()),
          with("signatures", Json::array()), with("payload", 7), with("signature", "=="),
          with("protected", ""), with("protected", base64url_encode("[]")),
          // compact serialization
          std::string("eyJhbGciOiJFUzI1NiJ9.e30.AAAA")}) {
        const CgiResponse response = open(post_request(path, body));
        BOOST_TEST(outcome(response) == "400 malformed", body.substr(0, 80));
    }
    BOOST_TEST(markers() == 1U); // of the registration
}

BOOST_AUTO_TEST_CASE(algorithms_that_are_not_offered_are_named_with_those_that_are)
{
    for (const char *alg : {"none", "HS256", "RS512", "PS256", "ES512", "es256", "ES256K"}) {
        const std::string header = sound_header().set("alg", alg).to_text();
        const CgiResponse response = open(post_request(path, raw_jws(header, "{}", "")));
        BOOST_TEST(outcome(response) == "400 badSignatureAlgorithm", alg);
        const std::vector<std::string> offered{"ES256", "ES384", "RS256", "EdDSA"};
        BOOST_TEST(Json::parse(response.body).strings_at("algorithms") == offered,
                   boost::test_tools::per_element());
    }
    // known, but of another kind of key
    const std::string header = sound_header().set("alg", "RS256").to_text();
    BOOST_TEST(outcome_of(post_request(path, raw_jws(header, "{}", std::string(64, 'x')))) ==
               "401 unauthorized");
}

BOOST_AUTO_TEST_CASE(exactly_one_of_jwk_and_kid_is_there)
{
    const Json jwk = to_jwk(account.key.public_key());
    const Json common = Json::object().set("nonce", nonce()).set("url", url(path));
    Json both = common, neither = common, by_jwk = common, by_kid = common;
    both.set("jwk", jwk).set("kid", account.kid);
    by_jwk.set("jwk", jwk);
    by_kid.set("kid", account.kid);
    for (const SignedBy by : {SignedBy::kid, SignedBy::jwk, SignedBy::either}) {
        BOOST_TEST(outcome_of(signed_with(both), by) == "400 malformed");
        BOOST_TEST(outcome_of(signed_with(neither), by) == "400 malformed");
    }
    BOOST_TEST(outcome_of(signed_with(by_jwk), SignedBy::kid) == "400 malformed");
    BOOST_TEST(outcome_of(signed_with(by_kid), SignedBy::jwk) == "400 malformed");
    by_jwk.set("nonce", nonce());
    BOOST_TEST(outcome_of(signed_with(by_jwk), SignedBy::jwk) == "200");
    by_jwk.set("nonce", nonce());
    BOOST_TEST(outcome_of(signed_with(by_jwk), SignedBy::either) == "200");
    BOOST_TEST(outcome_of(signed_with(by_kid), SignedBy::either) == "200");
}

BOOST_AUTO_TEST_CASE(the_signed_url_is_the_requested_one)
{
    for (const std::string &other :
         {url("/gateway/new-order/"), url("/gateway/revoke-cert"), path, url(path) + "?x",
          "http://proxy.example" + path, "https://evil.example" + path,
          "https://proxy.example:443" + path, std::string()})
        BOOST_TEST(outcome_of(signed_with(sound_header().set("url", other))) == "401 unauthorized",
                   other);
    // neither by what the client says of itself
    CgiRequest request = cgi_request(
        {{"REQUEST_METHOD", "POST"},
         {"REQUEST_URI", path},
         {"CONTENT_TYPE", "application/jose+json"},
         {"HTTP_HOST", "evil.example"},
         {"HTTP_X_FORWARDED_HOST", "evil.example"}},
        sign_jws(account.key, sound_header().set("url", "https://evil.example" + path), "{}"));
    BOOST_TEST(outcome_of(request) == "401 unauthorized");
}

BOOST_AUTO_TEST_CASE(header_members_must_be_there_as_strings)
{
    for (const char *name : {"nonce", "url"}) {
        for (const Json &value : {Json(), Json(7), Json::array(), Json::object()})
            BOOST_TEST(outcome_of(signed_with(sound_header().set(name, value))) == "400 malformed");
    }
    BOOST_TEST(outcome_of(signed_with(sound_header().set("kid", 7))) == "400 malformed");
    Json without_nonce = Json::object().set("url", url(path)).set("kid", account.kid);
    BOOST_TEST(outcome_of(signed_with(without_nonce)) == "400 badNonce");
}

BOOST_AUTO_TEST_CASE(a_nonce_that_is_not_ours_is_bad_with_the_words_that_clients_look_for)
{
    const std::string spent = nonce();
    spend_nonce(context, spent);
    for (const std::string &bad : {spent, std::string("AAAA"), std::string()}) {
        const CgiResponse response = open(signed_with(sound_header().set("nonce", bad)));
        BOOST_TEST(outcome(response) == "400 badNonce", bad);
        BOOST_TEST(detail_of(response) == "JWS has an invalid anti-replay nonce");
        BOOST_TEST(is_our_nonce(context, header_of(response, "Replay-Nonce")));
    }
    const std::string old = nonce();
    clock.advance(nonce_lifetime + Seconds(1));
    BOOST_TEST(outcome_of(signed_with(sound_header().set("nonce", old))) == "400 badNonce");
    // RFC 8555, section 6.5.2
    for (const char *text : {"=", "a b", "\xc3\xa4", "AAAA==", "../x"})
        BOOST_TEST(outcome_of(signed_with(sound_header().set("nonce", text))) == "400 malformed",
                   text);
}

BOOST_AUTO_TEST_CASE(a_request_is_taken_once)
{
    const CgiRequest request = post(account, path, "{}");
    BOOST_TEST(outcome_of(request) == "200");
    BOOST_TEST(outcome_of(request) == "400 badNonce");
    const CgiRequest contested = post(account, path, "{}");
    std::vector<std::string> outcomes(6);
    {
        std::vector<std::jthread> threads;
        for (std::string &one : outcomes)
            threads.emplace_back([&] { one = outcome_of(contested); });
    }
    BOOST_TEST(std::count(outcomes.begin(), outcomes.end(), "200") == 1);
    BOOST_TEST(std::count(outcomes.begin(), outcomes.end(), "400 badNonce") == 5);
}

BOOST_AUTO_TEST_CASE(what_an_unknown_key_signed_leaves_no_marker)
{
    const std::size_t before = markers();
    const TestAccount stranger{PrivateKey::generate(KeyType::ec256), "", ""};
    const CgiRequest by_jwk = post(stranger, path, "{}");
    const SignedRequest opened = open_envelope(context, by_jwk, SignedBy::jwk, "");
    BOOST_TEST(!opened.unspent_nonce.empty());
    BOOST_TEST(!opened.account.has_value());
    // a foreign signature under a good kid
    const std::string forged = sign_jws(stranger.key, sound_header(), "{}");
    BOOST_TEST(outcome_of(post_request(path, forged)) == "401 unauthorized");
    // a kid of nobody
    BOOST_TEST(outcome_of(signed_with(
                   sound_header().set("kid", url("/auth/account/web.AAAAAAAAAAAAAAAAAAAAAA")))) ==
               "400 accountDoesNotExist");
    BOOST_TEST(markers() == before);
    take_nonce(context, opened.unspent_nonce);
    BOOST_TEST(markers() == before + 1);
    BOOST_CHECK_THROW(take_nonce(context, opened.unspent_nonce), Problem);
}

BOOST_AUTO_TEST_CASE(a_kid_used_as_a_path_finds_nothing)
{
    const std::string id = account.id().str();
    for (const std::string &kid :
         {std::string(), id, "https://evil.example/auth/account/" + id, url("/auth/account/"),
          url("/auth/account/../account/") + id, url("/auth/account/web/") + id,
          url("/auth/account/") + id + "/", url("/auth/account/") + id + ".json",
          url("/auth/account/../../../../etc/passwd"),
          url("/auth/account/web.") + "/../client1234567890",
          url("/auth/account/nobody.AAAAAAAAAAAAAAAAAAAAAA"), url("/gateway/account/") + id})
        BOOST_TEST(outcome_of(signed_with(sound_header().set("kid", kid))) ==
                       "400 accountDoesNotExist",
                   kid);
}

BOOST_AUTO_TEST_CASE(keys_of_no_use_are_bad_public_keys)
{
    const Json jwk = to_jwk(account.key.public_key());
    const auto with = [](Json json, const char *name, const Json &value) {
        return std::move(json.set(name, value));
    };
    for (const Json &bad :
         {Json::object(), Json("x"), Json::array(), with(jwk, "d", "AAAA"), with(jwk, "x", "AAAA"),
          with(jwk, "kty", "oct"), with(jwk, "crv", "P-521"),
          Json::object().set("kty", "oct").set("k", "AAAA"),
          Json::object()
              .set("kty", "RSA")
              .set("n", base64url_encode(std::string(128, '\xff')))
              .set("e", "AQAB")}) {
        Json header = Json::object();
        header.set("nonce", nonce()).set("url", url(path)).set("jwk", bad);
        BOOST_TEST(outcome_of(signed_with(header), SignedBy::jwk) == "400 badPublicKey",
                   bad.to_text());
    }
}

BOOST_AUTO_TEST_CASE(a_key_of_another_kind_than_the_algorithm_is_a_bad_public_key)
{
    const Json ec384 = to_jwk(PrivateKey::generate(KeyType::ec384).public_key());
    const Json ed25519 = to_jwk(PrivateKey::generate(KeyType::ed25519).public_key());
    const Json ec256 = to_jwk(account.key.public_key());
    for (const auto &[alg, jwk] :
         {std::pair("ES256", ec384), std::pair("ES384", ec256), std::pair("RS256", ec256),
          std::pair("EdDSA", ec256), std::pair("ES256", ed25519)}) {
        Json header = Json::object().set("alg", alg).set("nonce", nonce()).set("url", url(path));
        header.set("jwk", jwk);
        const std::string body = raw_jws(header.to_text(), "{}", std::string(64, 'x'));
        BOOST_TEST(outcome_of(post_request(path, body), SignedBy::jwk) == "400 badPublicKey", alg);
    }
}

BOOST_AUTO_TEST_CASE(a_client_uses_only_what_its_modes_say)
{
    const ClientId agent = add_client("agent", {"*.a.example"}, {"agent"});
    const ClientId nothing = add_client("nothing", {"*.a.example"}, {});
    for (const ClientId &id : {agent, nothing}) {
        const TestAccount other = register_account(id);
        const CgiResponse response = open(post(other, path, "{}"));
        BOOST_TEST(outcome(response) == "403 unauthorized");
        BOOST_TEST(detail_of(response) == "this client may not use the gateway");
        BOOST_TEST(outcome_of(post(other, path, "{}"), SignedBy::kid, "") == "200");
    }
}

BOOST_AUTO_TEST_CASE(one_lock_for_all_doors)
{
    BOOST_TEST(outcome_of(post(account, path, "{}")) == "200");
    set_enabled(client, false);
    BOOST_TEST(detail_of(open(post(account, path, "{}"))) == "this client is disabled");
    set_enabled(client, true);
    context.clients.revoke_eab(eab.kid, false);
    BOOST_TEST(detail_of(open(post(account, path, "{}"))) == "this account is revoked");
    BOOST_TEST(outcome_of(post(account, path, "{}")) == "401 unauthorized");
}

BOOST_AUTO_TEST_CASE(using_an_account_keeps_it_from_being_idle)
{
    const std::string file = ClientNames::account(account.id()).str();
    const auto mtime = [&] { return spool.dir().status(file)->st_mtime; };
    const time_t now = clock.now().time_since_epoch().count();
    spool.dir().set_mtime(file, now - 7200);
    open(post(account, path, "{}"));
    BOOST_TEST(mtime() == now);
    clock.advance(Seconds(1800)); // not at each request
    open(post(account, path, "{}"));
    BOOST_TEST(mtime() == now);
}

BOOST_AUTO_TEST_CASE(plain_http_is_refused_and_only_a_trusted_front_may_speak_for_tls)
{
    const auto plain = [&](const char *forwarded) {
        return cgi_request({{"REQUEST_METHOD", "POST"},
                            {"REQUEST_URI", path},
                            {"CONTENT_TYPE", "application/jose+json"},
                            {"HTTPS", ""},
                            {"HTTP_X_FORWARDED_PROTO", forwarded},
                            {"HTTP_X_FORWARDED_FOR", "127.0.0.1"},
                            {"HTTP_FORWARDED", "for=127.0.0.1;proto=https"}},
                           sign_jws(account.key, sound_header(), "{}"));
    };
    const CgiResponse refused = open(plain("https"));
    BOOST_TEST(outcome(refused) == "403 malformed");
    BOOST_TEST(detail_of(refused) == "only HTTPS is answered here");
    BOOST_TEST(markers() == 1U);
    options.trust_forwarded_https = true;
    BOOST_TEST(outcome_of(plain("https")) == "200");
    for (const char *forwarded : {"", "http", "http, https", "https, http"})
        BOOST_TEST(outcome_of(plain(forwarded)) == "403 malformed", forwarded);
}

BOOST_AUTO_TEST_CASE(x_forwarded_for_is_not_looked_at)
{
    CgiRequest request = cgi_request({{"REQUEST_METHOD", "POST"},
                                      {"REQUEST_URI", path},
                                      {"CONTENT_TYPE", "application/jose+json"},
                                      {"HTTP_X_FORWARDED_FOR", "127.0.0.1"},
                                      {"REMOTE_ADDR", "127.0.0.1"}},
                                     "{}");
    BOOST_TEST(outcome_of(request) == "400 malformed");
}

BOOST_AUTO_TEST_CASE(what_went_wrong_inside_is_not_shown)
{
    const CgiResponse response =
        answer_acme(context, post_request(path, ""), "", []() -> CgiResponse {
            throw Error("open /var/spool/acmeproxy/secrets/x: Permission denied");
        });
    BOOST_TEST(outcome(response) == "500 serverInternal");
    BOOST_TEST(detail_of(response) == "something is wrong here; the operator's log says what");
    BOOST_TEST(!header_of(response, "Replay-Nonce").empty());
}

BOOST_AUTO_TEST_CASE(problems_carry_what_they_hold)
{
    Problem problem("rateLimited", "wait");
    problem.retry_after = Seconds(90);
    problem.subproblems = {{"caa", "no", "a.example"},
                           {"dns", "no", "192.0.2.7"},
                           {"dns", "no", "2001:db8::1"},
                           {"malformed", "no", ""}};
    const CgiResponse response = problem_response(problem);
    BOOST_TEST(outcome(response) == "429 rateLimited");
    BOOST_TEST(header_of(response, "Retry-After") == "90");
    const Json json = Json::parse(response.body);
    BOOST_TEST(json.int_at("status") == 429);
    BOOST_TEST(!json.find("identifier"));
    const Json::Array &subs = json.array_at("subproblems");
    BOOST_TEST_REQUIRE(subs.size() == 4U);
    BOOST_TEST(subs[0].string_at("type") == "urn:ietf:params:acme:error:caa");
    BOOST_TEST(subs[0].object_at("identifier").string_at("type") == "dns");
    BOOST_TEST(subs[1].object_at("identifier").string_at("type") == "ip");
    BOOST_TEST(subs[2].object_at("identifier").string_at("type") == "ip");
    BOOST_TEST(!subs[3].find("identifier"));
}

BOOST_AUTO_TEST_SUITE_END()
