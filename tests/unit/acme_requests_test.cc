// SPDX-License-Identifier: MIT
#include "acme/account.h"
#include "acme/issued.h"
#include "acme/order.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "jose/jwk.h"
#include "unit/scripted_ca.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture {
    ScriptedCa ca;
    PrivateKey key = PrivateKey::generate(KeyType::ec256);
    Signer account{key, "https://ca.example/a/1"};

    Json sent() { return Json::parse(ca.last_jws().payload()); }
    std::string account_text() { return R"({"status":"valid","contact":["mailto:a@b.example"]})"; }
    std::string order_text(const std::string &name = "a.example")
    {
        return R"({"status":"pending","identifiers":[{"type":"dns","value":")" + name +
               R"("}],"authorizations":["https://ca.example/z/1"],)"
               R"("finalize":")" +
               ca.url("/finalize") + R"("})";
    }
    OrderRequest request() { return {{Identifier::parse("a.example")}, "", "", "", ""}; }
    Certificate certificate()
    {
        return ca.root().issue({.key = key.public_key(), .names = "DNS:a.example"});
    }
};

}

BOOST_FIXTURE_TEST_SUITE(acme_requests_test, Fixture)

BOOST_AUTO_TEST_CASE(an_account_is_registered_with_terms_and_contact)
{
    ca.will_answer("/newAccount", "201 Created", account_text(), "Location: /a/7\r\n");
    const AccountInfo info = register_account(ca.session(), key, {"a@b.example"}, nullptr);
    BOOST_TEST(info.url == ca.url("/a/7"));
    BOOST_TEST(info.status == "valid");
    BOOST_TEST(info.contact.at(0) == "mailto:a@b.example");
    BOOST_TEST(sent().to_text() ==
               R"({"termsOfServiceAgreed":true,"contact":["mailto:a@b.example"]})");
    BOOST_TEST(ca.last_jws().header().find("jwk"));
    ca.will_answer("/newAccount", "200 OK", "{}", "Location: /a/7\r\n");
    BOOST_TEST(register_account(ca.session(), key, {}, nullptr).status == "valid");
    BOOST_TEST(sent().to_text() == R"({"termsOfServiceAgreed":true})");
}

BOOST_AUTO_TEST_CASE(an_account_needs_its_location)
{
    ca.will_answer("/newAccount", "201 Created", account_text());
    BOOST_TEST(error_of([&] { register_account(ca.session(), key, {}, nullptr); }) ==
               "new account at " + ca.origin() + ": the answer has no Location");
    ca.will_answer("/newAccount", "201 Created", account_text(), "Location: http://x/a\r\n");
    BOOST_TEST(error_of([&] { register_account(ca.session(), key, {}, nullptr); }) ==
               "new account at " + ca.origin() +
                   ": Location is \"http://x/a\", not an absolute https URL");
}

BOOST_AUTO_TEST_CASE(an_external_account_binds_the_key)
{
    ca.set_directory("meta", Json::object().set("externalAccountRequired", true));
    BOOST_TEST(error_of([&] { register_account(ca.session(), key, {}, nullptr); })
                   .ends_with(": an external account binding is required (a key id and a MAC key, "
                              "of its operator: give them with --eab-kid and --eab-key-file)"));
    BOOST_TEST(ca.log() == "GET /dir");
    for (const char *alg : {"HS256", "HS384", "HS512"}) {
        ca.will_answer("/newAccount", "201 Created", account_text(), "Location: /a/7\r\n");
        const ExternalAccount external{"kid-1", Secret("0123456789abcdef0123456789abcdef"), alg};
        register_account(ca.session(), key, {}, &external);
        const Jws inner = Jws::parse(sent().object_at("externalAccountBinding"));
        BOOST_TEST(inner.verify_hmac(external.mac_key));
        BOOST_TEST(inner.alg() == alg);
        BOOST_TEST(inner.header().string_at("kid") == "kid-1");
        BOOST_TEST(inner.header().string_at("url") == ca.url("/newAccount"));
        BOOST_TEST(!inner.header().find("nonce"));
        BOOST_TEST((Json::parse(inner.payload()) == to_jwk(key.public_key())));
    }
}

BOOST_AUTO_TEST_CASE(an_account_is_found_by_its_key_or_not)
{
    ca.will_answer("/newAccount", "200 OK", account_text(), "Location: /a/7\r\n");
    BOOST_TEST(find_account(ca.session(), key).value().url == ca.url("/a/7"));
    BOOST_TEST(sent().to_text() == R"({"onlyReturnExisting":true})");
    ca.will_refuse("/newAccount", "400 Bad Request", "accountDoesNotExist");
    BOOST_TEST(!find_account(ca.session(), key));
    ca.will_refuse("/newAccount", "403 Forbidden", "unauthorized", "deactivated");
    BOOST_CHECK_THROW(find_account(ca.session(), key), CaProblem);
}

BOOST_AUTO_TEST_CASE(an_account_is_read_changed_and_deactivated)
{
    const Signer here{key, ca.url("/a/7")};
    for (int i = 0; i < 3; ++i)
        ca.will_answer("/a/7", "200 OK", account_text());
    BOOST_TEST(fetch_account(ca.session(), here).contact.size() == 1U);
    BOOST_TEST(ca.last_jws().payload() == "");
    update_contact(ca.session(), here, {});
    BOOST_TEST(sent().to_text() == R"({"contact":[]})");
    deactivate_account(ca.session(), here);
    BOOST_TEST(sent().to_text() == R"({"status":"deactivated"})");
}

BOOST_AUTO_TEST_CASE(a_new_key_agrees_to_be_the_accounts)
{
    const PrivateKey new_key = PrivateKey::generate(KeyType::ec384);
    ca.will_answer("/keyChange", "200 OK", "");
    change_account_key(ca.session(), account, new_key);
    BOOST_TEST(ca.last_jws().verify(key.public_key()));
    const Jws inner = Jws::parse(ca.last_jws().payload());
    BOOST_TEST(inner.verify(new_key.public_key()));
    BOOST_TEST((inner.header().object_at("jwk") == to_jwk(new_key.public_key())));
    BOOST_TEST(inner.header().string_at("url") == ca.url("/keyChange"));
    BOOST_TEST(!inner.header().find("nonce"));
    const Json payload = Json::parse(inner.payload());
    BOOST_TEST(payload.string_at("account") == account.account_url);
    BOOST_TEST((payload.object_at("oldKey") == to_jwk(key.public_key())));
    ca.will_refuse("/keyChange", "409 Conflict", "malformed", "in use", "Location: /a/1\r\n");
    BOOST_CHECK_EXCEPTION(change_account_key(ca.session(), account, new_key), CaProblem,
                          [](const CaProblem &problem) { return problem.status == 409; });
}

BOOST_AUTO_TEST_CASE(an_order_takes_its_url_from_location)
{
    ca.will_answer("/newOrder", "201 Created", order_text(), "Location: o/1\r\nRetry-After: 2\r\n");
    const Order order = new_order(ca.session(), account, request());
    BOOST_TEST(order.url == ca.url("/o/1"));
    BOOST_TEST((order.retry_after == Seconds(2)));
    BOOST_TEST(ca.log() == "GET /dir, HEAD /newNonce, POST /newOrder");
    ca.will_answer("/newOrder", "201 Created", order_text());
    BOOST_TEST(error_of([&] { new_order(ca.session(), account, request()); }) ==
               "new order at " + ca.origin() + ": the answer has no Location");
}

BOOST_AUTO_TEST_CASE(an_order_for_other_names_is_refused)
{
    ca.will_answer("/newOrder", "201 Created", order_text("b.example"), "Location: /o/1\r\n");
    BOOST_TEST(error_of([&] { new_order(ca.session(), account, request()); }) ==
               "new order at " + ca.origin() +
                   ": asked for a.example, but the CA's order is for b.example");
    ca.will_answer("/newOrder", "201 Created", order_text("A.EXAMPLE."), "Location: /o/1\r\n");
    BOOST_TEST(error_of([&] { new_order(ca.session(), account, request()); }) == "no error");
}

BOOST_AUTO_TEST_CASE(finalize_keeps_the_url_of_the_order)
{
    ca.will_answer("/o/1", "200 OK", order_text());
    const Order order = fetch_order(ca.session(), account, ca.url("/o/1"));
    BOOST_TEST(order.url == ca.url("/o/1"));
    ca.will_answer("/finalize", "200 OK", order_text());
    const Csr csr = Csr::make(key, order.identifiers);
    BOOST_TEST(finalize_order(ca.session(), account, order, csr).url == order.url);
    BOOST_TEST(sent().string_at("csr") == base64url_encode(csr.der()));
    ca.will_refuse("/finalize", "403 Forbidden", "orderNotReady", "wait");
    BOOST_TEST(error_of([&] { finalize_order(ca.session(), account, order, csr); }) ==
               "finalize order at " + ca.origin() + ": orderNotReady: wait");
}

BOOST_AUTO_TEST_CASE(authorizations_and_challenges_are_asked_for)
{
    const std::string authorization =
        R"({"status":"pending","identifier":{"type":"dns","value":"a.example"},"challenges":[]})";
    ca.will_answer("/z/1", "200 OK", authorization, "Retry-After: 3\r\n");
    ca.will_answer("/z/1", "200 OK", authorization);
    ca.will_answer("/z/1", "200 OK", "{}");
    const std::string url = ca.url("/z/1");
    BOOST_TEST((fetch_authorization(ca.session(), account, url).retry_after == Seconds(3)));
    BOOST_TEST(deactivate_authorization(ca.session(), account, url).url == url);
    BOOST_TEST(sent().to_text() == R"({"status":"deactivated"})");
    BOOST_TEST(error_of([&] { fetch_authorization(ca.session(), account, url); }) ==
               "authorization at " + ca.origin() + ": member \"identifier\" is missing");
    ca.will_answer("/c/1", "200 OK",
                   R"({"type":"http-01","url":"https://ca.example/c/1","status":"processing",)"
                   R"("token":"abc"})");
    BOOST_TEST(trigger_challenge(ca.session(), account, ca.url("/c/1")).status == "processing");
    BOOST_TEST(ca.last_jws().payload() == "{}");
}

BOOST_AUTO_TEST_CASE(the_preferred_chain_is_looked_for_only_where_needed)
{
    TestCa other_root("Other Root");
    TestCa other("Other Intermediate", other_root);
    TestCa usual("Usual Intermediate", ca.root());
    const Csr csr = Csr::make(key, {Identifier::parse("a.example")});
    const std::string chain = usual.issue_chain(csr);
    const std::string other_chain = other.issue_chain(csr);
    const std::string links = "Link: <http://x/no>;rel=\"alternate\"\r\n"
                              "Link: </cert/2>;rel=\"alternate\", </dir>;rel=\"index\"\r\n";
    const auto download = [&](const std::string &preferred) {
        ca.will_answer("/cert/1", "200 OK", chain, links);
        ca.will_answer("/cert/2", "200 OK", other_chain);
        return download_preferred_chain(ca.session(), account, ca.url("/cert/1"), preferred).pem;
    };
    BOOST_TEST(download("") == chain);
    BOOST_TEST(download("Test Root") == chain);
    BOOST_TEST(ca.log() == "GET /dir, HEAD /newNonce, POST /cert/1, POST /cert/1");
    BOOST_TEST(download("Other Root") == other_chain);
    BOOST_TEST(download("Missing Root") == chain);
}

BOOST_AUTO_TEST_CASE(an_alternate_that_is_of_no_use_does_not_cost_the_certificate)
{
    TestCa other_root("Other Root");
    TestCa other("Other Intermediate", other_root);
    const Csr csr = Csr::make(key, {Identifier::parse("a.example")});
    const std::string chain = ca.root().issue_chain(csr);
    const auto download = [&](const std::string &status, const std::string &body) {
        ca.will_answer("/cert/1", "200 OK", chain,
                       "Link: </cert/2>;rel=\"alternate\", </cert/3>;rel=\"alternate\"\r\n");
        ca.will_answer("/cert/2", status, body);
        ca.will_answer("/cert/3", "200 OK", other.issue_chain(csr));
        return download_preferred_chain(ca.session(), account, ca.url("/cert/1"), "Other Root");
    };
    for (const char *status : {"200 OK", "404 Not Found", "403 Forbidden"})
        BOOST_TEST(download(status, "<html>").certificates.back().issuer_common_name() ==
                   "Other Root");
    // A CA in trouble may have it later: the order waits for that.
    BOOST_CHECK_THROW(download("503 Service Unavailable", ""), CaProblem);
}

BOOST_AUTO_TEST_CASE(a_chain_is_nothing_but_certificates)
{
    std::string links;
    for (int i = 0; i < 20; ++i)
        links += "Link: <https://x/" + std::to_string(i) + ">;rel=\"alternate\"\r\n";
    ca.will_answer("/cert/1", "200 OK", certificate().pem(), links);
    std::vector<std::string> alternates;
    const DownloadedChain chain =
        download_chain(ca.session(), account, ca.url("/cert/1"), &alternates);
    BOOST_TEST(chain.certificates.size() == 1U);
    BOOST_TEST(alternates.size() == 10U);
    for (const std::string &bad : {std::string(), std::string("<html>"),
                                   certificate().pem() + std::string(key.to_pem().view())}) {
        ca.will_answer("/cert/1", "200 OK", bad);
        const std::string text =
            error_of([&] { download_chain(ca.session(), account, ca.url("/cert/1")); });
        BOOST_TEST(text.starts_with("certificate at " + ca.origin() + ": "), text);
    }
    BOOST_TEST(error_of([&] { download_chain(ca.session(), account, ""); }) ==
               "the URL of the certificate is \"\", not an absolute https URL");
}

BOOST_AUTO_TEST_CASE(revocation_is_by_the_account_or_by_the_certificates_key)
{
    ca.will_answer("/revokeCert", "200 OK", "");
    BOOST_TEST(revoke_certificate(ca.session(), {key, ""}, certificate(), 1));
    BOOST_TEST(ca.last_jws().header().find("jwk"));
    BOOST_TEST(sent().int_at("reason") == 1);
    BOOST_TEST(base64url_decode(sent().string_at("certificate")).value().size() > 100U);
    ca.will_refuse("/revokeCert", "400 Bad Request", "alreadyRevoked");
    BOOST_TEST(!revoke_certificate(ca.session(), account, certificate(), {}));
    BOOST_TEST(!sent().find("reason"));
    ca.will_refuse("/revokeCert", "403 Forbidden", "unauthorized");
    BOOST_CHECK_THROW(revoke_certificate(ca.session(), account, certificate(), {}), CaProblem);
}

BOOST_AUTO_TEST_CASE(renewal_information_is_asked_for_by_certificate_id)
{
    const Certificate x = certificate();
    const std::string path = "/renewalInfo/" + x.renewal_info_id().value();
    const Time start = x.not_after() - std::chrono::days(30);
    Json window = Json::object();
    window.set("start", format_rfc3339(start));
    window.set("end", format_rfc3339(start + std::chrono::days(1)));
    ca.will_answer(path, "200 OK", Json::object().set("suggestedWindow", window).to_text(),
                   "Retry-After: 7200\r\n");
    const auto info = fetch_renewal_info(ca.session(), x);
    BOOST_TEST((info.value().start == start));
    BOOST_TEST((info.value().retry_after == Seconds(7200)));
    BOOST_TEST(ca.log() == "GET /dir, GET " + path);
    BOOST_TEST(!fetch_renewal_info(ca.session(), x)); // 404
    ca.will_refuse(path, "400 Bad Request", "malformed");
    BOOST_TEST(!fetch_renewal_info(ca.session(), x));
    ca.will_answer(path, "503 Service Unavailable", "");
    BOOST_CHECK_THROW(fetch_renewal_info(ca.session(), x), CaProblem);
    ca.will_answer(path, "200 OK", "{}");
    BOOST_TEST(error_of([&] { fetch_renewal_info(ca.session(), x); }) ==
               "renewal information at " + ca.origin() + ": member \"suggestedWindow\" is missing");
}

BOOST_AUTO_TEST_CASE(what_the_ca_does_not_offer_is_said_or_left_out)
{
    for (const char *name : {"revokeCert", "keyChange", "renewalInfo"})
        ca.set_directory(name, Json());
    BOOST_TEST(!fetch_renewal_info(ca.session(), certificate()));
    BOOST_TEST(error_of([&] {
                   revoke_certificate(ca.session(), account, certificate(), {});
               }).ends_with(": the CA does not offer revokeCert"));
    BOOST_TEST(error_of([&] {
                   change_account_key(ca.session(), account, key);
               }).ends_with(": keyChange is not offered there"));
    BOOST_TEST(ca.log() == "GET /dir");
}

BOOST_AUTO_TEST_SUITE_END()
