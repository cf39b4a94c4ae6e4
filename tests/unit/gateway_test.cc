// SPDX-License-Identifier: MIT
#include "unit/gateway_fixture.h"

#include "acme/ca_url.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const std::string one_name = R"({"identifiers":[{"type":"dns","value":"A.example"}]})";

/// The last part of the type.
std::string type_of(const CgiResponse &response)
{
    const std::string type = Json::parse(response.body).string_or("type", "");
    return type.substr(type.rfind(':') + 1);
}

std::string status_of(const CgiResponse &response)
{
    return Json::parse(response.body).string_at("status");
}

std::string csr_payload(const PrivateKey &key, const std::vector<std::string> &names,
                        const std::string &padding = "")
{
    std::vector<Identifier> identifiers;
    for (const std::string &name : names)
        identifiers.push_back(Identifier::parse(name));
    const Csr csr = Csr::make(key, identifiers);
    return Json::object().set("csr", base64url_encode(csr.der()) + padding).to_text();
}

/// How often the CA was asked.
std::size_t count(const std::string &log, const std::string &part)
{
    std::size_t found = 0;
    for (std::size_t at = log.find(part); at != std::string::npos; at = log.find(part, at + 1))
        ++found;
    return found;
}

}

BOOST_AUTO_TEST_SUITE(gateway_test)

BOOST_FIXTURE_TEST_CASE(an_agents_server_is_no_ca, GatewayFixture)
{
    Json directory = Json::object();
    for (const char *name : {"newNonce", "newAccount", "keyChange", "certs", "cert", "renew",
                             "revoke", "delete", "file"})
        directory.set(name, ca.url(std::string("/") + name));
    ca.will_answer("/dir", "200 OK", directory.to_text());
    const CgiResponse answer = get("/gateway/directory");
    BOOST_TEST(answer.status == 404);
    BOOST_TEST(type_of(answer) == "malformed");
}

BOOST_FIXTURE_TEST_CASE(directory_has_our_urls_and_the_cas_meta, GatewayFixture)
{
    ca.set_directory("newAuthz", ca.url("/newAuthz"));
    ca.set_directory("meta", Json::object()
                                 .set("termsOfService", "https://ca.example/terms")
                                 .set("profiles", Json::object().set("short", "six days")));
    const CgiResponse answer = get("/gateway/directory");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(header(answer, "Content-Type") == "application/json");
    BOOST_TEST(header(answer, "Link") == "");
    const Json json = Json::parse(answer.body);
    BOOST_TEST(json.string_at("newNonce") == base_url + "/auth/new-nonce");
    BOOST_TEST(json.string_at("newAccount") == base_url + "/auth/new-account");
    BOOST_TEST(json.string_at("keyChange") == base_url + "/auth/key-change");
    BOOST_TEST(json.string_at("newOrder") == base_url + "/gateway/new-order");
    BOOST_TEST(json.string_at("revokeCert") == base_url + "/gateway/revoke-cert");
    BOOST_TEST(json.string_at("renewalInfo") == base_url + "/gateway/renewal-info");
    BOOST_TEST(!json.find("newAuthz")); // the CA's own is of no use to clients
    const Json &meta = json.object_at("meta");
    BOOST_TEST(meta.string_at("termsOfService") == "https://ca.example/terms");
    BOOST_TEST(meta.string_at("website") == "https://about.example");
    BOOST_TEST(meta.bool_at("externalAccountRequired"));
    BOOST_TEST(meta.object_at("profiles").string_at("short") == "six days");
}

BOOST_FIXTURE_TEST_CASE(the_directory_answers_a_post_as_get_that_is_signed, GatewayFixture)
{
    const CgiResponse answer = post("/gateway/directory", "");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body == get("/gateway/directory").body);
    BOOST_TEST(header(answer, "Replay-Nonce") != "");
    const CgiResponse with_payload = post("/gateway/directory", "{}");
    BOOST_TEST(with_payload.status == 400);
    BOOST_TEST(type_of(with_payload) == "malformed");
    CgiRequest unsigned_one = request("POST", "/gateway/directory");
    BOOST_TEST(gateway.respond(unsigned_one).status == 415);
    unsigned_one.content_type = "application/jose+json";
    BOOST_TEST(gateway.respond(unsigned_one).status == 400);
}

BOOST_FIXTURE_TEST_CASE(a_named_ca_has_urls_of_its_own, GatewayFixture)
{
    ca.set_directory("renewalInfo", Json());
    const Json json = Json::parse(get("/gateway/inside/directory").body);
    BOOST_TEST(json.string_at("newOrder") == base_url + "/gateway/inside/new-order");
    BOOST_TEST(!json.find("renewalInfo"));
    BOOST_TEST(get("/gateway/outside/directory").status == 404);
    BOOST_TEST(get("/gateway/..%2f/directory").status == 404);
    BOOST_TEST(gateway.respond(request("PUT", "/gateway/directory")).status == 405);
    BOOST_TEST(gateway.respond(request("POST", "/gateway/renewal-info/x")).status == 405);
}

BOOST_FIXTURE_TEST_CASE(a_ca_that_is_not_there_is_said_so, GatewayFixture)
{
    renew.directory_url = "https://localhost:1/dir";
    const CgiResponse answer = get("/gateway/directory");
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(header(answer, "Retry-After") == "30");
    // and those who come right after are not kept waiting
    BOOST_TEST(header(get("/gateway/directory"), "Retry-After") == "5");
}

BOOST_FIXTURE_TEST_CASE(requests_without_tls_are_refused, GatewayFixture)
{
    CgiRequest plain = request("GET", "/gateway/directory");
    plain.https = false;
    BOOST_TEST(gateway.respond(plain).status == 403);
    BOOST_TEST(ca.log() == "");
}

BOOST_FIXTURE_TEST_CASE(a_plain_get_of_an_order_is_not_allowed, GatewayFixture)
{
    const CgiResponse answer = get("/gateway/order/x");
    BOOST_TEST(answer.status == 405);
    BOOST_TEST(header(answer, "Link") == "<" + base_url + "/gateway/directory>;rel=\"index\"");
}

BOOST_FIXTURE_TEST_CASE(a_new_order_is_validated_when_it_is_answered, GatewayFixture)
{
    ca.will_answer("/newOrder", "201 Created", order("pending"),
                   "Location: " + ca.url("/order/1") + "\r\n");
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    ca.will_answer("/challenge/1", "200 OK",
                   Json::parse(authorization("pending")).array_at("challenges")[1].to_text());
    ca.will_answer("/order/1", "200 OK", order("pending"));
    ca.will_answer("/order/1", "200 OK", order("ready"));
    const CgiResponse answer = post("/gateway/new-order", one_name);
    BOOST_TEST(answer.status == 201);
    BOOST_TEST(header(answer, "Content-Type") == "application/json");
    BOOST_TEST(header(answer, "Replay-Nonce") != "");
    BOOST_TEST(status_of(answer) == "ready");
    const Json json = Json::parse(answer.body);
    BOOST_TEST(json.string_at("expires") == "2096-01-01T00:00:00Z");
    BOOST_TEST(json.array_at("identifiers")[0].string_at("value") == "A.example");
    BOOST_TEST(json.strings_at("authorizations").size() == 1U);
    path_of(json.string_at("finalize"));
    path_of(json.strings_at("authorizations")[0]);
    path_of(header(answer, "Location"));
    BOOST_TEST(answer.body.find("localhost") == std::string::npos);
    BOOST_TEST(ca.log() == "GET /dir, HEAD /newNonce, POST /newOrder, POST /authz/0, "
                           "POST /challenge/1, POST /order/1, POST /order/1");
    BOOST_TEST(challenge_files() == "");
}

BOOST_FIXTURE_TEST_CASE(an_order_is_pending_where_nobody_may_wait, GatewayFixture)
{
    gateway.stop_waiting();
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    const std::string path = place("pending");
    BOOST_TEST(challenge_files() == "token1");
    BOOST_TEST(spool_files.content("challenges/token1") ==
               "token1." + jwk_thumbprint(ca_key.public_key()));
    // the next look does not tell the CA again
    ca.will_answer("/order/1", "200 OK", order("pending"));
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    const CgiResponse answer = post(path, "");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(status_of(answer) == "pending");
    BOOST_TEST(header(answer, "Retry-After") == "1");
    BOOST_TEST(Json::parse(answer.body).string_at("expires") == "2096-01-01T00:00:00Z");
    BOOST_TEST(count(ca.log(), "POST /challenge/1") == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_authorization_shows_its_one_challenge, GatewayFixture)
{
    gateway.stop_waiting();
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    const std::string path = place("pending");
    ca.will_answer("/order/1", "200 OK", order("pending"));
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    const Json shown = Json::parse(post(path, "").body);
    const std::string url = shown.strings_at("authorizations")[0];
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    const Json json = Json::parse(post(path_of(url), "").body);
    BOOST_TEST(json.string_at("status") == "pending");
    BOOST_TEST(json.string_at("expires") == "2096-01-01T00:00:00Z");
    BOOST_TEST(json.object_at("identifier").string_at("value") == "a.example");
    BOOST_TEST(!json.find("wildcard"));
    BOOST_TEST_REQUIRE(json.array_at("challenges").size() == 1U);
    const Json &challenge = json.array_at("challenges")[0];
    BOOST_TEST(challenge.string_at("type") == "http-01");
    BOOST_TEST(challenge.string_at("token") == "token1");
    BOOST_TEST(!challenge.find("error"));
    BOOST_TEST(!challenge.find("validated"));

    const std::string challenge_path = path_of(challenge.string_at("url"));
    ca.will_answer("/authz/0", "200 OK", authorization("valid"));
    const CgiResponse answer = post(challenge_path, "{}");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(status_of(answer) == "valid");
    BOOST_TEST(Json::parse(answer.body).string_at("validated") == "2026-11-24T13:00:00Z");
    BOOST_TEST(Json::parse(answer.body).string_at("url") == challenge.string_at("url"));
    BOOST_TEST(header(answer, "Link").find("<" + url + ">;rel=\"up\"") != std::string::npos);
    BOOST_TEST(challenge_files() == "");
    for (const char *payload : {R"({"keyAuthorization":"token1.x"})", R"({"status":7,"x":[{}]})"}) {
        ca.will_answer("/authz/0", "200 OK", authorization("valid"));
        const CgiResponse same = post(challenge_path, payload);
        BOOST_TEST(same.status == 200, payload);
        BOOST_TEST(same.body == answer.body, payload);
    }
    for (const char *payload : {"[]", "7", "{", "null"})
        BOOST_TEST(type_of(post(challenge_path, payload)) == "malformed", payload);
}

BOOST_FIXTURE_TEST_CASE(an_authorization_of_a_wildcard_says_so_beside_the_name, GatewayFixture)
{
    ClientPolicy wider = policy();
    wider.names.push_back(NamePattern::parse("wildcard:a.example"));
    set_policy(wider);
    ca.will_answer("/newOrder", "201 Created", order("ready", {"*.a.example"}),
                   "Location: " + ca.url("/order/1") + "\r\n");
    const CgiResponse placed =
        post("/gateway/new-order", R"({"identifiers":[{"type":"dns","value":"*.a.example"}]})");
    BOOST_TEST(placed.status == 201);
    ca.will_answer("/authz/0", "200 OK",
                   Json::parse(authorization("valid")).set("wildcard", true).to_text());
    const Json shown = Json::parse(
        post(path_of(Json::parse(placed.body).strings_at("authorizations")[0]), "").body);
    BOOST_TEST(shown.object_at("identifier").string_at("value") == "a.example");
    BOOST_TEST(shown.bool_at("wildcard"));
}

BOOST_FIXTURE_TEST_CASE(a_failed_validation_is_the_cas_own_problem, GatewayFixture)
{
    ca.will_answer("/newOrder", "201 Created", order("pending"),
                   "Location: " + ca.url("/order/1") + "\r\n");
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    ca.will_answer("/order/1", "200 OK", order("invalid"));
    ca.will_answer("/authz/0", "200 OK", authorization("invalid"));
    const CgiResponse answer = post("/gateway/new-order", one_name);
    BOOST_TEST(answer.status == 201);
    BOOST_TEST(status_of(answer) == "invalid");
    const Json json = Json::parse(answer.body);
    const Json &error = json.object_at("error");
    BOOST_TEST(error.string_at("type") == "urn:ietf:params:acme:error:unauthorized");
    BOOST_TEST(error.string_at("detail") == "no file");
    BOOST_TEST(error.array_at("subproblems")[0].object_at("identifier").string_at("value") ==
               "a.example");
    BOOST_TEST(challenge_files() == "");
}

BOOST_FIXTURE_TEST_CASE(a_ca_without_http_01_is_told_of, GatewayFixture)
{
    std::string no_challenge = authorization("pending");
    no_challenge.replace(no_challenge.find("http-01"), 7, "tls-odd");
    ca.will_answer("/newOrder", "201 Created", order("pending"),
                   "Location: " + ca.url("/order/1") + "\r\n");
    ca.will_answer("/authz/0", "200 OK", no_challenge);
    const CgiResponse answer = post("/gateway/new-order", one_name);
    BOOST_TEST(answer.status == 403);
    BOOST_TEST(type_of(answer) == "rejectedIdentifier");
    BOOST_TEST(answer.body.find("DNS alone") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_not_allowed_does_not_reach_the_ca, GatewayFixture)
{
    const CgiResponse answer = post(
        "/gateway/new-order",
        R"({"identifiers":[{"type":"dns","value":"a.example"},{"type":"dns","value":"b.example"}]})");
    BOOST_TEST(answer.status == 403);
    BOOST_TEST(type_of(answer) == "rejectedIdentifier");
    BOOST_TEST(Json::parse(answer.body).array_at("subproblems").size() == 1U);
    BOOST_TEST(ca.log() == "");
}

BOOST_FIXTURE_TEST_CASE(a_ca_that_the_client_may_not_use_is_refused, GatewayFixture)
{
    renew.default_ca = "other"; // "inside" is a named one now
    CaConfig config;
    config.directory = ca.url("/dir");
    save_ca(spool_files.spool, CaName::parse("inside"), config);
    const CgiResponse answer = post("/gateway/inside/new-order", one_name);
    BOOST_TEST(answer.status == 403);
    BOOST_TEST(type_of(answer) == "unauthorized");
    ClientPolicy wider = policy();
    wider.cas = {CaName::parse("inside")};
    set_policy(wider);
    ca.will_refuse("/newOrder", "400 Bad Request", "rejectedIdentifier");
    BOOST_TEST(type_of(post("/gateway/inside/new-order", one_name)) == "rejectedIdentifier");
}

BOOST_FIXTURE_TEST_CASE(without_an_account_at_the_ca_there_is_no_service, GatewayFixture)
{
    ca_account().remove();
    const CgiResponse answer = post("/gateway/new-order", one_name);
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(type_of(answer) == "serverInternal");
    BOOST_TEST(answer.body.find("account") != std::string::npos);
    BOOST_TEST(ca.log() == "");
}

BOOST_FIXTURE_TEST_CASE(an_account_of_another_ca_does_not_count, GatewayFixture)
{
    ca_account().write_record({ca.url("/account/1"), "https://elsewhere.example/dir", {}});
    BOOST_TEST(post("/gateway/new-order", one_name).status == 503);
}

BOOST_FIXTURE_TEST_CASE(a_used_up_quota_says_until_when, GatewayFixture)
{
    ClientPolicy narrow = policy();
    narrow.orders_per_day = 1;
    set_policy(narrow);
    place("ready");
    const CgiResponse answer = post("/gateway/new-order", one_name);
    BOOST_TEST(answer.status == 429);
    BOOST_TEST(type_of(answer) == "rateLimited");
    const int seconds = std::stoi(header(answer, "Retry-After"));
    BOOST_TEST(seconds > 0);
    BOOST_TEST(seconds <= 86400);
    BOOST_TEST(count(ca.log(), "POST /newOrder") == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_refused_replaces_is_dropped_once, GatewayFixture)
{
    ca.will_refuse("/newOrder", "409 Conflict", "alreadyReplaced");
    ca.will_answer("/newOrder", "201 Created", order("ready"),
                   "Location: " + ca.url("/order/1") + "\r\n");
    const CgiResponse answer =
        post("/gateway/new-order",
             R"({"identifiers":[{"type":"dns","value":"a.example"}],"replaces":"AAAA.BBBB"})");
    BOOST_TEST(answer.status == 201);
    BOOST_TEST(count(ca.log(), "POST /newOrder") == 2U);
    BOOST_TEST(ca.last_jws().payload().find("replaces") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_rate_limit_is_passed_on_and_not_tried_again, GatewayFixture)
{
    ca.will_refuse("/newOrder", "429 Too Many Requests", "rateLimited", "too many",
                   "Retry-After: 77\r\n");
    const CgiResponse answer =
        post("/gateway/new-order",
             R"({"identifiers":[{"type":"dns","value":"a.example"}],"replaces":"AAAA.BBBB"})");
    BOOST_TEST(answer.status == 429);
    BOOST_TEST(header(answer, "Retry-After") == "77");
    BOOST_TEST(Json::parse(answer.body).string_at("detail") == "too many");
    BOOST_TEST(count(ca.log(), "POST /newOrder") == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_ca_that_is_too_busy_is_not_asked_again_without_replaces, GatewayFixture)
{
    ca.will_answer("/newOrder", "503 Service Unavailable", "<html>", "Retry-After: 9\r\n");
    const CgiResponse answer =
        post("/gateway/new-order",
             R"({"identifiers":[{"type":"dns","value":"a.example"}],"replaces":"AAAA.BBBB"})");
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(header(answer, "Retry-After") == "9");
    BOOST_TEST(count(ca.log(), "POST /newOrder") == 1U);
}

BOOST_FIXTURE_TEST_CASE(foreign_unknown_and_vanished_orders_look_alike, GatewayFixture)
{
    const std::string path = place("ready");
    ca.will_refuse("/order/1", "404 Not Found", "malformed", "no order");
    const CgiResponse vanished = post(path, "");
    const CgiResponse unknown = post(path.substr(0, path.size() - 4) + "AAAA", "");
    // another account, of the same client
    ClientAccount other = account;
    const PrivateKey other_key = PrivateKey::generate(KeyType::ec256);
    other.id = ClientScopedId::make(other.id.client());
    other.jwk = to_jwk(other_key.public_key());
    other.thumbprint = jwk_thumbprint(other_key.public_key());
    clients.create_account(other);
    const CgiResponse foreign =
        post_as(other_key, Json(base_url + "/auth/account/" + other.id.str()), path, "");
    const CgiResponse other_kind = post("/gateway/authz/" + path.substr(15), "");
    for (const CgiResponse &answer : {vanished, unknown, foreign}) {
        BOOST_TEST(answer.status == 404);
        BOOST_TEST(answer.body == vanished.body);
        BOOST_TEST(type_of(answer) == "unauthorized");
    }
    BOOST_TEST(other_kind.status == 404);
    BOOST_TEST(count(ca.log(), "POST /order/1") == 1U);
}

BOOST_FIXTURE_TEST_CASE(an_order_that_has_expired_is_gone, GatewayFixture)
{
    const std::string path = place("ready");
    std::string expired = order("ready");
    expired.replace(expired.find("2096-01-01"), 10, "2016-01-01");
    ca.will_answer("/order/1", "200 OK", expired);
    BOOST_TEST(post(path, "").status == 404);
}

BOOST_FIXTURE_TEST_CASE(a_certificate_is_made_and_relayed, GatewayFixture)
{
    const std::string order_path = place("ready");
    const std::string finalize_path = "/gateway/finalize/" + order_path.substr(15);
    const PrivateKey cert_key = PrivateKey::generate(KeyType::ec256);
    ca.will_answer("/order/1", "200 OK", order("ready"));
    ca.will_answer("/finalize/1", "200 OK", order("processing"));
    ca.will_answer("/order/1", "200 OK", order("valid"));
    // Synology pads
    const CgiResponse answer = post(finalize_path, csr_payload(cert_key, {"a.example"}, "=="));
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(status_of(answer) == "valid");
    BOOST_TEST(path_of(header(answer, "Location")) == order_path);

    const std::string chain =
        spool_files.ca.issue_chain(Csr::make(cert_key, {Identifier::parse("a.example")}));
    ca.will_answer("/cert/1", "200 OK", chain,
                   "Link: <" + ca.url("/cert/2") + ">;rel=\"alternate\"\r\nLink: <" +
                       ca.url("/dir") + ">;rel=\"index\"\r\n");
    const std::string cert_url = Json::parse(answer.body).string_at("certificate");
    const CgiResponse certificate = post(path_of(cert_url), "");
    BOOST_TEST(certificate.status == 200);
    BOOST_TEST(certificate.body == chain);
    BOOST_TEST(header(certificate, "Content-Type") == "application/pem-certificate-chain");
    const std::string links = header(certificate, "Link");
    BOOST_TEST(count(links, "rel=\"alternate\"") == 1U);
    BOOST_TEST(links.find("localhost") == std::string::npos);
    const std::string alternate = links.substr(1, links.find('>') - 1);
    ca.will_answer("/cert/2", "200 OK", chain);
    BOOST_TEST(post(path_of(alternate), "").body == chain);
    BOOST_TEST(get(path_of(cert_url)).status == 405);
}

BOOST_FIXTURE_TEST_CASE(a_sent_finalize_is_never_ready_again, GatewayFixture)
{
    gateway.stop_waiting();
    const std::string path = "/gateway/finalize/" + place("ready").substr(15);
    ca.will_answer("/order/1", "200 OK", order("ready"));
    ca.will_answer("/finalize/1", "200 OK", order("ready"));
    const CgiResponse answer =
        post(path, csr_payload(PrivateKey::generate(KeyType::ec256), {"a.example"}));
    BOOST_TEST(status_of(answer) == "processing");
    BOOST_TEST(header(answer, "Retry-After") != "");
}

BOOST_FIXTURE_TEST_CASE(finalize_checks_the_request, GatewayFixture)
{
    const std::string path = "/gateway/finalize/" + place("ready").substr(15);
    const PrivateKey cert_key = PrivateKey::generate(KeyType::ec256);
    const auto refused = [&](const std::string &payload) {
        ca.will_answer("/order/1", "200 OK", order("ready"));
        const CgiResponse answer = post(path, payload);
        return type_of(answer) + " " + std::to_string(answer.status);
    };
    BOOST_TEST(refused("{}") == "malformed 400");
    BOOST_TEST(refused(R"({"csr":"!"})") == "badCSR 400");
    BOOST_TEST(refused(R"({"csr":"AAAA"})") == "badCSR 400");
    BOOST_TEST(refused(csr_payload(cert_key, {"a.example", "x.a.example"})) == "badCSR 400");
    BOOST_TEST(refused(csr_payload(key, {"a.example"})) == "badCSR 400");
    BOOST_TEST(refused(csr_payload(ca_key, {"a.example"})) == "badCSR 400");
    BOOST_TEST(refused(csr_payload(PrivateKey::generate(KeyType::ed25519), {"a.example"})) ==
               "badCSR 400");
    ClientPolicy narrow = policy();
    narrow.names = {NamePattern::parse("b.example")};
    set_policy(narrow);
    BOOST_TEST(refused(csr_payload(cert_key, {"a.example"})) == "rejectedIdentifier 403");
    BOOST_TEST(count(ca.log(), "POST /finalize/1") == 0U);
}

BOOST_FIXTURE_TEST_CASE(two_finalizations_give_one_certificate, GatewayFixture)
{
    const std::string path = "/gateway/finalize/" + place("ready").substr(15);
    const PrivateKey first = PrivateKey::generate(KeyType::ec256);
    const PrivateKey second = PrivateKey::generate(KeyType::ec256);
    const std::string chain =
        spool_files.ca.issue_chain(Csr::make(first, {Identifier::parse("a.example")}));
    const auto late = [&](const PrivateKey &cert_key) {
        ca.will_answer("/order/1", "200 OK", order("ready"));
        ca.will_refuse("/finalize/1", "403 Forbidden", "orderNotReady");
        ca.will_answer("/order/1", "200 OK", order("valid"));
        ca.will_answer("/cert/1", "200 OK", chain);
        return post(path, csr_payload(cert_key, {"a.example"}));
    };
    const CgiResponse repeated = late(first);
    BOOST_TEST(repeated.status == 200);
    BOOST_TEST(status_of(repeated) == "valid");
    const CgiResponse other = late(second);
    BOOST_TEST(other.status == 403);
    BOOST_TEST(type_of(other) == "orderNotReady");
    BOOST_TEST(other.body.find("make a new one") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_finalization_during_another_one_waits_and_asks_whose_key_it_was,
                        GatewayFixture)
{
    const std::string path = "/gateway/finalize/" + place("ready").substr(15);
    const PrivateKey first = PrivateKey::generate(KeyType::ec256);
    const std::string chain =
        spool_files.ca.issue_chain(Csr::make(first, {Identifier::parse("a.example")}));
    // The CA is at it already, or says so when it is asked.
    for (const char *before : {"processing", "ready"}) {
        for (const bool is_first : {true, false}) {
            ca.will_answer("/order/1", "200 OK", order(before));
            if (before == std::string("ready")) {
                ca.will_refuse("/finalize/1", "403 Forbidden", "orderNotReady");
                ca.will_answer("/order/1", "200 OK", order("processing"));
            }
            ca.will_answer("/order/1", "200 OK", order("valid"));
            ca.will_answer("/cert/1", "200 OK", chain);
            const PrivateKey second = PrivateKey::generate(KeyType::ec256);
            const CgiResponse answer =
                post(path, csr_payload(is_first ? first : second, {"a.example"}));
            BOOST_TEST(answer.status == (is_first ? 200 : 403), before);
            BOOST_TEST(
                (is_first ? status_of(answer) == "valid" : type_of(answer) == "orderNotReady"),
                before);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(the_finalize_url_answers_a_post_as_get_with_the_order, GatewayFixture)
{
    const std::string path = "/gateway/finalize/" + place("ready").substr(15);
    ca.will_answer("/order/1", "200 OK", order("valid"));
    const CgiResponse answer = post(path, "");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(status_of(answer) == "valid");
    BOOST_TEST(Json::parse(answer.body).string_at("expires") == "2096-01-01T00:00:00Z");
}

BOOST_FIXTURE_TEST_CASE(a_shared_authorization_is_not_deactivated_at_the_ca, GatewayFixture)
{
    ca.will_answer("/newOrder", "201 Created", order("ready"),
                   "Location: " + ca.url("/order/1") + "\r\n");
    const CgiResponse placed = post("/gateway/new-order", one_name);
    const std::string path = path_of(Json::parse(placed.body).strings_at("authorizations")[0]);
    ca.will_answer("/authz/0", "200 OK", authorization("valid"));
    const CgiResponse answer = post(path, R"({"status":"deactivated"})");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(status_of(answer) == "deactivated");
    BOOST_TEST(ca.last_jws().payload() == "");
    for (const char *payload : {"{}", R"({"status":"valid"})", R"({"status":7})"})
        BOOST_TEST(type_of(post(path, payload)) == "malformed", payload);
}

BOOST_FIXTURE_TEST_CASE(revocation_needs_all_names_or_the_key, GatewayFixture)
{
    const PrivateKey cert_key = PrivateKey::generate(KeyType::ec256);
    const auto revoke = [&](const std::string &names, int reason, bool by_key) {
        const Certificate certificate =
            spool_files.ca.issue({.key = cert_key.public_key().copy(), .names = names});
        const std::string payload = Json::object()
                                        .set("certificate", base64url_encode(certificate.der()))
                                        .set("reason", reason)
                                        .to_text();
        if (by_key)
            return post_as(cert_key, to_jwk(cert_key.public_key()), "/gateway/revoke-cert",
                           payload);
        return post("/gateway/revoke-cert", payload);
    };
    ca.will_answer("/revokeCert", "200 OK", "");
    BOOST_TEST(revoke("DNS:a.example,DNS:x.a.example", 1, false).status == 200);
    BOOST_TEST(ca.last_jws().header().string_at("kid") == ca.url("/account/1"));
    BOOST_TEST(revoke("DNS:a.example,DNS:b.example", 1, false).status == 403);
    BOOST_TEST(type_of(revoke("DNS:a.example", 7, false)) == "badRevocationReason");
    ca.will_answer("/revokeCert", "200 OK", "");
    BOOST_TEST(revoke("DNS:b.example", 0, true).status == 200);
    ca.will_refuse("/revokeCert", "400 Bad Request", "alreadyRevoked");
    const CgiResponse again = revoke("DNS:a.example", 0, false);
    BOOST_TEST(again.status == 400);
    BOOST_TEST(type_of(again) == "alreadyRevoked");
    BOOST_TEST(count(ca.log(), "POST /revokeCert") == 3U);
}

BOOST_FIXTURE_TEST_CASE(a_key_revokes_no_other_certificate, GatewayFixture)
{
    const PrivateKey cert_key = PrivateKey::generate(KeyType::ec256);
    const PrivateKey other = PrivateKey::generate(KeyType::ec256);
    const Certificate certificate =
        spool_files.ca.issue({.key = cert_key.public_key().copy(), .names = "DNS:a.example"});
    const CgiResponse answer =
        post_as(other, to_jwk(other.public_key()), "/gateway/revoke-cert",
                Json::object().set("certificate", base64url_encode(certificate.der())).to_text());
    BOOST_TEST(answer.status == 403);
    BOOST_TEST(ca.log() == "");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_certificate_is_not_revoked, GatewayFixture)
{
    // Nothing, an empty sequence, one of empty ones, a deep nest, a length beyond the end.
    const std::string nest = base64url_encode(std::string(60, '\x30') + '\0');
    for (const std::string certificate : {"", "MAA", "MAQwADAA", nest.c_str(), "MIL__w", "!"}) {
        const std::string payload = Json::object().set("certificate", certificate).to_text();
        BOOST_TEST(type_of(post("/gateway/revoke-cert", payload)) == "malformed", certificate);
        const CgiResponse by_key =
            post_as(key, to_jwk(key.public_key()), "/gateway/revoke-cert", payload);
        BOOST_TEST(type_of(by_key) == "malformed", certificate);
    }
    for (const char *payload : {"{}", R"({"certificate":7})", "[]", ""})
        BOOST_TEST(type_of(post("/gateway/revoke-cert", payload)) == "malformed", payload);
    BOOST_TEST(ca.log() == "");
}

BOOST_FIXTURE_TEST_CASE(a_certificate_of_this_host_is_not_revoked_by_a_client, GatewayFixture)
{
    const auto revoke = [&](const Lineage &lineage, Generation number) {
        const std::string der = lineage.chain(number)->front().der();
        return post("/gateway/revoke-cert",
                    Json::object().set("certificate", base64url_encode(der)).to_text());
    };
    const LineageSpec spec = SpoolFixture::spec_for({"a.example", "x.a.example"});
    // By its default name, by one of the operator's choice, and one of an agent client.
    for (const char *name : {"a.example", "web-of-a", "site@x.a.example"}) {
        const Lineage lineage = spool_files.add(name, spec);
        for (Generation number = 1; number <= 2; ++number)
            spool_files.issue(lineage, number);
        for (Generation number = 1; number <= 2; ++number) {
            const CgiResponse answer = revoke(lineage, number);
            BOOST_TEST(answer.status == 403, name);
            BOOST_TEST(answer.body.find("gateway's own") != std::string::npos, name);
        }
    }
    BOOST_TEST(ca.log() == "");
    // Another one for the same names is the client's affair.
    const Lineage lineage = spool_files.add("other", spec);
    spool_files.issue(lineage, 1);
    const std::string der = lineage.chain(1)->front().der();
    lineage.remove();
    ca.will_answer("/revokeCert", "200 OK", "");
    const CgiResponse answer = post(
        "/gateway/revoke-cert", Json::object().set("certificate", base64url_encode(der)).to_text());
    BOOST_TEST(answer.status == 200);
}

BOOST_FIXTURE_TEST_CASE(renewal_information_is_relayed_and_kept, GatewayFixture)
{
    const std::string body =
        R"({"suggestedWindow":{"start":"2026-12-01T00:00:00Z","end":"2026-12-02T00:00:00Z"},"x":1})";
    ca.will_answer("/renewalInfo/AAAA.BBBB", "200 OK", body, "Retry-After: 600\r\n");
    for (int i = 0; i < 3; ++i) {
        const CgiResponse answer = get("/gateway/renewal-info/AAAA.BBBB");
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.body.find("2026-12-01T00:00:00Z") != std::string::npos);
        BOOST_TEST(std::stoi(header(answer, "Retry-After")) <= 600);
    }
    BOOST_TEST(ca.log() == "GET /dir, GET /renewalInfo/AAAA.BBBB");
    BOOST_TEST(get("/gateway/renewal-info/CCCC.DDDD").status == 404);
    BOOST_TEST(get("/gateway/renewal-info/..").status == 400);
}

BOOST_FIXTURE_TEST_CASE(nothing_of_an_exchange_stays_in_the_spool, GatewayFixture)
{
    gateway.stop_waiting();
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    const std::string path = place("pending");
    // Another process, after the CA has validated.
    ca.will_answer("/order/1", "200 OK", order("ready"));
    ca.will_answer("/authz/0", "200 OK", authorization("valid"));
    BOOST_TEST(status_of(post(path, "")) == "ready");
    BOOST_TEST(challenge_files() == "");
    const std::string spool = spool_files.snapshot();
    BOOST_TEST(count(spool, "a.example") == 2U, "only the client's patterns name it");
}

BOOST_AUTO_TEST_SUITE_END()
