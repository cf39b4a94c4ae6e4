// SPDX-License-Identifier: MIT
#include "acme/directory.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

Json sound()
{
    return Json::parse(R"({"newNonce":"https://ca.example/nonce",)"
                       R"("newAccount":"https://ca.example/account",)"
                       R"("newOrder":"https://other.example:8443/order"})");
}

std::string refusal(const Json &json)
try {
    parse_directory(json);
    return "";
} catch (const Error &e) {
    return e.what();
}

}

BOOST_AUTO_TEST_SUITE(directory_test)

BOOST_AUTO_TEST_CASE(three_urls_are_enough)
{
    const Directory directory = parse_directory(sound());
    BOOST_TEST(directory.new_nonce == "https://ca.example/nonce");
    BOOST_TEST(directory.new_account == "https://ca.example/account");
    BOOST_TEST(directory.new_order == "https://other.example:8443/order");
    BOOST_TEST(directory.revoke_cert == "");
    BOOST_TEST(directory.key_change == "");
    BOOST_TEST(directory.renewal_info == "");
    BOOST_TEST(!directory.external_account_required);
}

BOOST_AUTO_TEST_CASE(everything_is_read_and_the_unknown_is_ignored)
{
    Json json = sound();
    json.set("revokeCert", "https://ca.example/revoke");
    json.set("keyChange", "https://ca.example/key");
    json.set("renewalInfo", "HTTPS://ca.example/ari");
    json.set("newAuthz", "http://ignored");
    json.set("dTXt-ZzzX0", "https://community.letsencrypt.org/t/adding-random-entries");
    json.set("meta", Json::parse(R"({"termsOfService":"https://ca.example/terms",)"
                                 R"("website":"https://ca.example","caaIdentities":["ca.example"],)"
                                 R"("externalAccountRequired":true,)"
                                 R"("profiles":{"classic":"as ever","shortlived":7}})"));
    const Directory directory = parse_directory(json);
    BOOST_TEST(directory.revoke_cert == "https://ca.example/revoke");
    BOOST_TEST(directory.key_change == "https://ca.example/key");
    BOOST_TEST(directory.renewal_info == "HTTPS://ca.example/ari");
    BOOST_TEST(directory.terms_of_service == "https://ca.example/terms");
    BOOST_TEST(directory.website == "https://ca.example");
    BOOST_TEST(directory.external_account_required);
    BOOST_TEST(directory.profiles.size() == 2U);
    BOOST_TEST(directory.profiles.at("classic") == "as ever");
    BOOST_TEST(directory.profiles.at("shortlived") == "");
}

BOOST_AUTO_TEST_CASE(an_agent_has_certificates_in_the_place_of_orders)
{
    Json json = Json::object();
    for (const char *name : {"newNonce", "newAccount", "certs"})
        json.set(name, "https://a.example/" + std::string(name));
    const std::string cert = "https://a.example/certs/{name}";
    json.set("cert", cert)
        .set("renew", cert + "/renew")
        .set("revoke", cert + "/revoke")
        .set("delete", cert + "/delete")
        .set("file", cert + "/{generation}/{file}");
    const Directory directory = parse_directory(json);
    BOOST_TEST(directory.is_agent());
    BOOST_TEST(directory.new_order == "");
    BOOST_TEST(directory.agent.certs == "https://a.example/certs");
    BOOST_TEST(directory.agent.remove == cert + "/delete");
    BOOST_TEST(directory.agent.file == cert + "/{generation}/{file}");
    json.set("certs", "http://a.example/certs");
    BOOST_TEST(refusal(json) == "certs is \"http://a.example/certs\", not an absolute https URL");
    Json ca = sound();
    ca.set("certs", "whatever");
    BOOST_TEST(!parse_directory(ca).is_agent());
}

BOOST_AUTO_TEST_CASE(odd_meta_does_no_harm)
{
    for (const char *meta : {"null", "[]", "\"x\"", R"({"website":5,"profiles":[1]})"}) {
        Json json = sound();
        json.set("meta", Json::parse(meta));
        BOOST_TEST(refusal(json) == "");
    }
}

BOOST_AUTO_TEST_CASE(a_missing_url_is_named)
{
    BOOST_TEST(refusal(Json::object()) == "member \"newNonce\" is missing");
    for (const char *name : {"newNonce", "newAccount", "newOrder"}) {
        Json json = sound();
        json.set(name, 5);
        BOOST_TEST(refusal(json) == "member \"" + std::string(name) + "\" is not a string");
    }
    BOOST_TEST(refusal(Json("text")) != "");
}

BOOST_AUTO_TEST_CASE(a_url_that_is_not_https_is_refused)
{
    for (const char *name :
         {"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"}) {
        Json json = sound();
        json.set(name, "http://ca.example/x");
        BOOST_TEST(refusal(json) == std::string(name) + " is \"http://ca.example/x\", not an "
                                                        "absolute https URL");
    }
}

BOOST_AUTO_TEST_SUITE_END()
