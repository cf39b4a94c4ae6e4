// SPDX-License-Identifier: MIT
#include "jose/private_jwk.h"

#include "unit/import_fixture.h"
#include "unit/key_samples.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

std::string refusal(const Json &jwk)
{
    try {
        private_key_from_jwk(jwk);
        return "";
    } catch (const JsonError &e) {
        return e.what();
    }
}

}

BOOST_AUTO_TEST_SUITE(private_jwk_test)

BOOST_AUTO_TEST_CASE(a_key_comes_back_as_it_was)
{
    for (const KeyType type : {KeyType::rsa2048, KeyType::ec256, KeyType::ec384}) {
        const PrivateKey key = PrivateKey::generate(type);
        const PrivateKey again = private_key_from_jwk(private_jwk(key));
        BOOST_TEST(again.spki() == key.spki(), to_text(type));
        BOOST_TEST((again.to_pem() == key.to_pem()), to_text(type));
    }
}

BOOST_AUTO_TEST_CASE(numbers_that_do_not_fit_together_are_refused)
{
    const Json rsa = private_jwk(PrivateKey::generate(KeyType::rsa2048));
    const Json other = private_jwk(PrivateKey::generate(KeyType::rsa2048));
    for (const char *member : {"n", "d", "p", "q", "dp", "dq", "qi"}) {
        Json mixed = rsa;
        mixed.set(member, *other.find(member));
        BOOST_TEST(refusal(mixed).starts_with("private JWK: "), member);
    }
    Json ec = private_jwk(PrivateKey::generate(KeyType::ec256));
    ec.set("d", *private_jwk(PrivateKey::generate(KeyType::ec256)).find("d"));
    BOOST_TEST(refusal(ec).starts_with("private JWK: "));
}

BOOST_AUTO_TEST_CASE(what_is_no_private_key_is_refused)
{
    const Json rsa = private_jwk(PrivateKey::generate(KeyType::rsa2048));
    const auto with = [&](const char *member, const char *value) {
        return std::move(Json(rsa).set(member, value));
    };
    BOOST_TEST(refusal(to_jwk(PrivateKey::generate(KeyType::ec256).public_key())) ==
               "member \"d\" is missing");
    BOOST_TEST(refusal(with("qi", "+/+")) == "private JWK: member \"qi\" is not base64url");
    BOOST_TEST(refusal(with("kty", "oct")) == "private JWK: unknown key type \"oct\"");
    BOOST_TEST(refusal(with("e", "AA")).starts_with("private JWK: read an RSA key: the exponent"));
    BOOST_TEST(refusal(with("n", std::string(9000, 'A').c_str())) ==
               "private JWK: read an RSA key: a number is too long");
    BOOST_TEST(refusal(Json("x")) == "member \"kty\" is missing");
    // No part of a key is in a message.
    BOOST_TEST(refusal(with("d", "!secret!")).find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
