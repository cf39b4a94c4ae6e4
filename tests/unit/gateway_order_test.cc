// SPDX-License-Identifier: MIT
// Orders and authorizations of a client with an account of its own at the CA: what it deactivates
// is deactivated there. (gateway_test.cc has what all clients see.)
#include "unit/gateway_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct OwnAccountFixture : GatewayFixture {
    OwnAccountFixture()
    {
        ClientPolicy own = policy();
        own.own_account = true;
        set_policy(own);
        const AccountFiles files(spool_files.spool, CaName::parse("inside"),
                                 ClientId::parse("acme"));
        files.prepare();
        files.write_key(ca_key);
        files.write_record({ca.url("/account/2"), ca.url("/dir"), {}});
        options.wait = std::chrono::milliseconds(0);
    }

    /// A new order for a.example, as the client sees it.
    Json place_and_read(const std::string &status)
    {
        ca.will_answer("/newOrder", "201 Created", order(status),
                       "Location: " + ca.url("/order/1") + "\r\n");
        return Json::parse(
            post("/gateway/new-order", R"({"identifiers":[{"type":"dns","value":"a.example"}]})")
                .body);
    }
    std::string deactivated(const std::string &challenge_status) const
    {
        return Json::parse(authorization(challenge_status)).set("status", "deactivated").to_text();
    }
    std::string challenge(const std::string &status) const
    {
        return Json::parse(authorization(status)).array_at("challenges")[1].to_text();
    }
};

/// The last part of the problem's type.
std::string kind_of(const CgiResponse &response)
{
    const std::string type = Json::parse(response.body).string_or("type", "");
    return type.substr(type.rfind(':') + 1);
}

std::string state_of(const CgiResponse &response)
{
    return Json::parse(response.body).string_at("status");
}

std::string finalization(const PrivateKey &key)
{
    const Csr csr = Csr::make(key, {Identifier::parse("a.example")});
    return Json::object().set("csr", base64url_encode(csr.der())).to_text();
}

}

BOOST_AUTO_TEST_SUITE(gateway_order_test)

BOOST_FIXTURE_TEST_CASE(an_authorization_of_an_own_account_is_deactivated_at_the_ca,
                        OwnAccountFixture)
{
    const std::string path = path_of(place_and_read("ready").strings_at("authorizations")[0]);
    ca.will_answer("/authz/0", "200 OK", authorization("valid"));
    ca.will_answer("/authz/0", "200 OK", deactivated("valid"));
    const CgiResponse answer = post(path, R"({"status":"deactivated"})");
    BOOST_TEST(state_of(answer) == "deactivated");
    BOOST_TEST(ca.last_jws().payload() == R"({"status":"deactivated"})");
}

BOOST_FIXTURE_TEST_CASE(what_is_to_be_deactivated_is_not_validated_before, OwnAccountFixture)
{
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    ca.will_answer("/challenge/1", "200 OK", challenge("pending"));
    const std::string path = path_of(place_and_read("pending").strings_at("authorizations")[0]);
    BOOST_TEST(challenge_files() == "token1");
    spool_files.spool.remove(SpoolNames::challenge(Token::parse("token1"))); // as by a sweep
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    ca.will_answer("/authz/0", "200 OK", deactivated("pending"));
    BOOST_TEST(state_of(post(path, R"({"status":"deactivated"})")) == "deactivated");
    BOOST_TEST(ca.log().find("POST /challenge/1") == ca.log().rfind("POST /challenge/1"));
    BOOST_TEST(challenge_files() == "");
}

BOOST_FIXTURE_TEST_CASE(a_deactivated_authorization_leaves_no_challenge, OwnAccountFixture)
{
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    ca.will_answer("/challenge/1", "200 OK", challenge("pending"));
    const std::string path = path_of(place_and_read("pending").strings_at("authorizations")[0]);
    BOOST_TEST(challenge_files() == "token1");
    ca.will_answer("/authz/0", "200 OK", authorization("pending"));
    ca.will_answer("/authz/0", "200 OK", deactivated("pending"));
    post(path, R"({"status":"deactivated"})");
    BOOST_TEST(challenge_files() == "");
}

BOOST_FIXTURE_TEST_CASE(the_cas_word_on_a_deactivation_is_the_clients, OwnAccountFixture)
{
    const std::string path = path_of(place_and_read("ready").strings_at("authorizations")[0]);
    ca.will_answer("/authz/0", "200 OK", authorization("invalid"));
    ca.will_answer("/authz/0", "200 OK", authorization("invalid"));
    BOOST_TEST(state_of(post(path, R"({"status":"deactivated"})")) == "invalid");
    ca.will_answer("/authz/0", "200 OK", authorization("invalid"));
    ca.will_refuse("/authz/0", "400 Bad Request", "conflict", "it is over");
    const CgiResponse refused = post(path, R"({"status":"deactivated"})");
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(kind_of(refused) == "conflict");
}

// Boulder and Pebble call such an order deactivated, which RFC 8555 does not know.
BOOST_FIXTURE_TEST_CASE(an_order_with_a_deactivated_authorization_is_invalid, OwnAccountFixture)
{
    const Json placed = place_and_read("ready");
    const PrivateKey cert_key = PrivateKey::generate(KeyType::ec256);
    const std::string order_path =
        "/gateway/order/" + path_of(placed.string_at("finalize")).substr(18);
    ca.will_answer("/order/1", "200 OK", order("deactivated"));
    ca.will_answer("/authz/0", "200 OK", deactivated("valid"));
    const CgiResponse seen = post(order_path, "");
    BOOST_TEST(seen.status == 200);
    BOOST_TEST(state_of(seen) == "invalid");
    const Json error = Json::parse(seen.body).object_at("error");
    BOOST_TEST(error.string_at("type") == "urn:ietf:params:acme:error:unauthorized");
    BOOST_TEST(error.string_at("detail") == "the authorization is deactivated");

    ca.will_answer("/order/1", "200 OK", order("deactivated"));
    ca.will_answer("/authz/0", "200 OK", deactivated("valid"));
    const CgiResponse finalized =
        post(path_of(placed.string_at("finalize")), finalization(cert_key));
    BOOST_TEST(finalized.status == 403);
    BOOST_TEST(kind_of(finalized) == "orderNotReady");
    BOOST_TEST(finalized.body.find("the authorization is deactivated") != std::string::npos);
    BOOST_TEST(finalized.body.find(R"(error:")") == std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_failed_finalization_names_types_of_acme_alone, OwnAccountFixture)
{
    const std::string path = "/gateway/finalize/" + place("ready").substr(15);
    Json failed = Json::parse(authorization("invalid"));
    Json challenge = Json::parse(failed.array_at("challenges")[1].to_text());
    challenge.set(
        "error",
        Json::object().set("type", "https://ca.example/errors/odd").set("detail", "no file"));
    failed.set("challenges", Json::array().push(std::move(challenge)));
    ca.will_answer("/order/1", "200 OK", order("invalid"));
    ca.will_answer("/authz/0", "200 OK", failed.to_text());
    const CgiResponse answer = post(path, finalization(PrivateKey::generate(KeyType::ec256)));
    BOOST_TEST(kind_of(answer) == "orderNotReady");
    BOOST_TEST(answer.body.find("https://ca.example/errors") == std::string::npos, answer.body);
}

BOOST_AUTO_TEST_SUITE_END()
