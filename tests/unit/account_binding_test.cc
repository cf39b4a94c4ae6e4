// SPDX-License-Identifier: MIT
// External account binding (RFC 8555, section 7.3.4), through newAccount.
#include "server/account_binding.h"

#include "unit/server_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture : ServerFixture {
    Fixture()
        : client(add_client("web", {"*.a.example"})), eab(add_eab(client)),
          key(PrivateKey::generate(KeyType::ec256))
    {
    }

    CgiResponse answer(const Json &binding_member)
    {
        const TestAccount nobody{PrivateKey::from_pem(key.to_pem().view()), "", ""};
        const Json payload = Json::object().set("externalAccountBinding", binding_member);
        return ask(nobody, "/auth/new-account", payload.to_text());
    }
    Json header() const
    {
        return Json::object().set("kid", eab.kid.str()).set("url", url("/auth/new-account"));
    }
    std::string jwk() const { return to_jwk(key.public_key()).to_text(); }
    Json binding_with(const Json &header) const
    {
        return sign_jws_hmac("HS256", eab.mac_key, header, jwk());
    }

    ClientId client;
    EabKey eab;
    PrivateKey key;
};

Json with(Json json, const char *name, const Json &value)
{
    return std::move(json.set(name, value));
}

}

BOOST_FIXTURE_TEST_SUITE(account_binding_test, Fixture)

BOOST_AUTO_TEST_CASE(each_hmac_of_acme_binds)
{
    for (const char *alg : {"HS256", "HS384", "HS512"}) {
        key = PrivateKey::generate(KeyType::ec256);
        BOOST_TEST(outcome(answer(binding(eab, key.public_key(), alg))) == "201", alg);
    }
}

BOOST_AUTO_TEST_CASE(the_inner_key_is_compared_by_what_makes_its_thumbprint)
{
    Json same = to_jwk(key.public_key());
    same.set("kid", "x").set("use", "sig").set("alg", "ES256");
    BOOST_TEST(outcome(answer(sign_jws_hmac("HS256", eab.mac_key, header(), same.to_text()))) ==
               "201");
}

BOOST_AUTO_TEST_CASE(a_binding_of_another_key_is_refused)
{
    const PrivateKey other = PrivateKey::generate(KeyType::ec256);
    BOOST_TEST(outcome(answer(binding(eab, other.public_key()))) == "403 unauthorized");
}

BOOST_AUTO_TEST_CASE(ill_formed_bindings_are_malformed)
{
    const Json sound = binding_with(header());
    for (const Json &bad :
         {Json("x"), Json::array(), Json::object(), Json(7), with(sound, "signature", "="),
          with(sound, "protected", ""), with(sound, "header", Json::object()),
          binding_with(with(header(), "nonce", nonce())),
          binding_with(with(header(), "url", url("/gateway/new-order"))),
          binding_with(with(header(), "url", Json())), binding_with(with(header(), "kid", 7)),
          binding_with(Json::object().set("url", url("/auth/new-account"))),
          binding_with(Json::object().set("kid", eab.kid.str())),
          sign_jws_hmac("HS256", eab.mac_key, header(), "{}"),
          sign_jws_hmac("HS256", eab.mac_key, header(), "")})
        BOOST_TEST(outcome(answer(bad)) == "400 malformed", bad.to_text());
    BOOST_TEST(list("keys").empty());
}

BOOST_AUTO_TEST_CASE(other_algorithms_are_refused)
{
    const Json by_key = Json::parse(sign_jws(key, header(), jwk()));
    BOOST_TEST(outcome(answer(by_key)) == "400 malformed");
    const std::string none = with(Json::object().set("alg", "none"), "kid", eab.kid.str())
                                 .set("url", url("/auth/new-account"))
                                 .to_text();
    const Json unsigned_one = Json::object()
                                  .set("protected", base64url_encode(none))
                                  .set("payload", base64url_encode(jwk()))
                                  .set("signature", "");
    BOOST_TEST(outcome(answer(unsigned_one)) == "400 malformed");
}

BOOST_AUTO_TEST_CASE(unknown_revoked_expired_and_wrongly_signed_look_alike)
{
    const EabKey revoked = add_eab(client);
    context.clients.revoke_eab(revoked.kid, false);
    const EabKey expired =
        context.clients.add_eab(client, false, clock.now() + Seconds(60), clock.now());
    const EabKey removed = add_eab(client);
    spool.dir().remove_file(ClientNames::eab(removed.kid).str());
    clock.advance(Seconds(60));
    const Json wrong =
        sign_jws_hmac("HS256", Secret("wrong key, wrong key, wrong key."), header(), jwk());
    std::vector<Json> bindings{wrong};
    for (const EabKey *one : {&revoked, &expired, &removed})
        bindings.push_back(binding(*one, key.public_key()));
    for (const char *kid : {"", "web", "../web", "web.AAAAAAAAAAAAAAAAAAAAAA",
                            "nobody.AAAAAAAAAAAAAAAAAAAAAA", "web/../../x"})
        bindings.push_back(binding_with(with(header(), "kid", kid)));
    for (const Json &one : bindings) {
        const CgiResponse response = answer(one);
        BOOST_TEST(outcome(response) == "403 unauthorized");
        BOOST_TEST(detail_of(response) == "the external account binding is not valid");
    }
    BOOST_TEST(markers() == 0U);
    BOOST_TEST(list("keys") == std::vector<std::string>{"lock"},
               boost::test_tools::per_element()); // of the revocation
    BOOST_TEST(outcome(answer(binding_with(header()))) == "201");
}

BOOST_AUTO_TEST_CASE(a_key_works_until_it_expires)
{
    const EabKey short_lived =
        context.clients.add_eab(client, false, clock.now() + Seconds(60), clock.now());
    clock.advance(Seconds(59));
    BOOST_TEST(outcome(answer(binding(short_lived, key.public_key()))) == "201");
}

BOOST_AUTO_TEST_CASE(an_empty_secret_is_no_secret)
{
    // a file that lost its key must not turn into a key that everybody knows
    const std::string file = ClientNames::eab(eab.kid).str();
    for (const char *stored : {"", "AAAA"}) {
        const Json json = Json::object()
                              .set("format", 1)
                              .set("key", stored)
                              .set("created", "2026-11-24T00:00:00Z")
                              .set("once", false)
                              .set("revoked", false);
        replace_file(spool.dir(), "tmp", file, json.to_text(), 0600);
        for (const std::string &guess : {std::string(1, '\0'), std::string(3, '\0'),
                                         std::string(32, '\0'), std::string("undefined")})
            BOOST_TEST(outcome(answer(sign_jws_hmac("HS256", Secret(guess), header(), jwk()))) ==
                       "403 unauthorized");
    }
}

BOOST_AUTO_TEST_CASE(a_binding_key_whose_state_is_not_written_down_is_refused)
{
    const std::string file = ClientNames::eab(eab.kid).str();
    const std::string sound = spool.dir().read_file(file).value();
    const Json whole = Json::parse(sound);
    for (const char *member : {"once", "revoked", "key"}) {
        Json json = Json::object();
        for (const auto &[name, value] : *whole.as_object()) {
            if (name != member)
                json.set(name, value);
        }
        replace_file(spool.dir(), "tmp", file, json.to_text(), 0600);
        BOOST_TEST(outcome(answer(binding_with(header()))) == "403 unauthorized", member);
    }
    replace_file(spool.dir(), "tmp", file, sound, 0600);
    BOOST_TEST(outcome(answer(binding_with(header()))) == "201");
}

BOOST_AUTO_TEST_CASE(a_key_of_another_client_makes_an_account_of_that_client)
{
    const ClientId other = add_client("other", {"*.b.example"});
    const EabKey theirs = add_eab(other);
    const CgiResponse response = answer(binding(theirs, key.public_key()));
    BOOST_TEST(header_of(response, "Location").starts_with(url("/auth/account/other.")));
    BOOST_TEST(context.clients.accounts(client).empty());
}

BOOST_AUTO_TEST_SUITE_END()
