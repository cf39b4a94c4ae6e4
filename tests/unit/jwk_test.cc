// SPDX-License-Identifier: MIT
#include "jose/jwk.h"

#include "base/encoding.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

// RFC 7638, section 3.1.
constexpr std::string_view rsa_modulus =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
    "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-"
    "65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
    "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
// RFC 7515, appendix A.3.
constexpr std::string_view ec_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view ec_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
// RFC 8037, appendix A.2.
constexpr std::string_view ed_x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

Json rsa_jwk()
{
    return Json::object().set("kty", "RSA").set("n", rsa_modulus).set("e", "AQAB");
}

Json ec_jwk()
{
    return Json::object().set("kty", "EC").set("crv", "P-256").set("x", ec_x).set("y", ec_y);
}

Json ed_jwk()
{
    return Json::object().set("kty", "OKP").set("crv", "Ed25519").set("x", ed_x);
}

std::string verdict(const Json &jwk)
{
    try {
        from_jwk(jwk);
        return "accepted";
    } catch (const JsonError &e) {
        return e.what();
    }
}

std::string modulus_of(std::size_t size, unsigned char first)
{
    std::string bytes(size, '\x5b');
    bytes.front() = static_cast<char>(first);
    return base64url_encode(bytes);
}

}

BOOST_AUTO_TEST_SUITE(jwk_test)

BOOST_AUTO_TEST_CASE(thumbprints_are_those_of_the_rfcs)
{
    BOOST_TEST(jwk_thumbprint(from_jwk(rsa_jwk())) ==
               "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"); // RFC 7638, section 3.1
    BOOST_TEST(jwk_thumbprint(from_jwk(ed_jwk())) ==
               "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"); // RFC 8037, appendix A.3
}

BOOST_AUTO_TEST_CASE(members_that_do_not_count_are_ignored)
{
    const Json jwk = rsa_jwk().set("alg", "RS256").set("kid", "2011-04-29").set("use", "sig");
    BOOST_TEST(jwk_thumbprint(from_jwk(jwk)) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

BOOST_AUTO_TEST_CASE(only_the_members_of_the_thumbprint_are_written_in_its_order)
{
    BOOST_TEST(to_jwk(from_jwk(rsa_jwk())).to_text() ==
               "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" + std::string(rsa_modulus) + "\"}");
    BOOST_TEST(to_jwk(from_jwk(ec_jwk())).to_text() ==
               "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" + std::string(ec_x) + "\",\"y\":\"" +
                   std::string(ec_y) + "\"}");
    BOOST_TEST(to_jwk(from_jwk(ed_jwk())).to_text() ==
               "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + std::string(ed_x) + "\"}");
}

BOOST_AUTO_TEST_CASE(each_type_of_key_survives_the_way_there_and_back)
{
    for (const KeyType type :
         {KeyType::ec256, KeyType::ec384, KeyType::rsa2048, KeyType::ed25519}) {
        const PublicKey key = PrivateKey::generate(type).public_key();
        BOOST_TEST((from_jwk(Json::parse(to_jwk(key).to_text())) == key), to_text(type));
    }
}

BOOST_AUTO_TEST_CASE(coordinates_keep_their_leading_zeros)
{
    // one key in 128 has such a coordinate: a short one would be another text and thumbprint
    for (int tries = 0; tries < 5000; ++tries) {
        const PublicKey key = PrivateKey::generate(KeyType::ec256).public_key();
        const Json jwk = to_jwk(key);
        const std::string x = *base64url_decode(jwk.string_at("x"));
        BOOST_REQUIRE(x.size() == 32u);
        if (x.front() != '\0')
            continue;
        BOOST_TEST((from_jwk(jwk) == key));
        const Json cut = Json(jwk).set("x", base64url_encode(x.substr(1)));
        BOOST_TEST(verdict(cut) == "JWK: member \"x\" is not 32 bytes long");
        return;
    }
    BOOST_TEST(false, "no key with a leading zero was found");
}

BOOST_AUTO_TEST_CASE(bad_keys_are_refused_with_the_reason)
{
    const std::string other_y = "y_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    const std::pair<Json, std::string> cases[] = {
        {Json("x"), "JWK: not an object"},
        {Json::object(), "member \"kty\" is missing"},
        {ec_jwk().set("kty", 1), "member \"kty\" is not a string"},
        {ec_jwk().set("kty", "oct"), "JWK: unknown key type \"oct\""},
        {ec_jwk().set("kty", "ec"), "JWK: unknown key type \"ec\""},
        {ec_jwk().set("crv", "P-521"), "JWK: unknown curve \"P-521\""},
        {ec_jwk().set("crv", "secp256k1"), "JWK: unknown curve \"secp256k1\""},
        {ec_jwk().set("crv", "P-384"), "JWK: member \"x\" is not 48 bytes long"},
        {ec_jwk().set("crv", Json()), "member \"crv\" is not a string"},
        {ec_jwk().set("x", ""), "JWK: member \"x\" is not base64url"},
        {ec_jwk().set("x", std::string(ec_x) + "="), "JWK: member \"x\" is not base64url"},
        {ec_jwk().set("x", "AAAA" + std::string(ec_x)), "JWK: member \"x\" is not 32 bytes long"},
        {ec_jwk().set("y", 7), "member \"y\" is not a string"},
        {ed_jwk().set("kty", "EC"), "JWK: unknown curve \"Ed25519\""},
        {ed_jwk().set("crv", "X25519"), "JWK: unknown curve \"X25519\""},
        {ed_jwk().set("crv", "Ed448"), "JWK: unknown curve \"Ed448\""},
        {ed_jwk().set("x", "AAAA"), "JWK: member \"x\" is not 32 bytes long"},
        {rsa_jwk().set("n", Json()), "member \"n\" is not a string"},
        {rsa_jwk().set("n", modulus_of(257, 0)), "JWK: member \"n\" begins with a zero byte"},
        {rsa_jwk().set("n", modulus_of(256, 0x7f)), "JWK: RSA key under 2048 bits"},
        {rsa_jwk().set("n", modulus_of(128, 0xff)), "JWK: RSA key under 2048 bits"},
        {rsa_jwk().set("n", modulus_of(513, 1)), "JWK: RSA key over 4096 bits"},
        {rsa_jwk().set("e", "AQ"), "JWK: RSA exponent that is no such thing"},
        {rsa_jwk().set("e", "AQAA"), "JWK: RSA exponent that is no such thing"},
        {rsa_jwk().set("e", "AAEAAQ"), "JWK: member \"e\" begins with a zero byte"},
        {rsa_jwk().set("e", modulus_of(9, 1)), "JWK: RSA exponent that is no such thing"},
    };
    for (const auto &[jwk, error] : cases)
        BOOST_TEST(verdict(jwk) == error);
    BOOST_TEST(verdict(ec_jwk()) == "accepted");
    BOOST_TEST(verdict(rsa_jwk()) == "accepted");
    BOOST_TEST(verdict(ed_jwk()) == "accepted");
    BOOST_TEST(verdict(rsa_jwk().set("n", modulus_of(256, 0x80))) == "accepted");
    BOOST_TEST(verdict(rsa_jwk().set("n", modulus_of(512, 0xff))) == "accepted");
    const std::string off_curve = verdict(ec_jwk().set("y", other_y));
    BOOST_TEST(off_curve.starts_with("JWK: "), off_curve);
    const std::string even =
        verdict(rsa_jwk().set("n", base64url_encode(std::string(256, '\xfe'))));
    BOOST_TEST(even.starts_with("JWK: "), even);
}

BOOST_AUTO_TEST_CASE(private_members_are_refused)
{
    for (const std::string_view name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
        for (const Json &jwk : {rsa_jwk(), ec_jwk(), ed_jwk()})
            BOOST_TEST(
                verdict(Json(jwk).set(name, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")) ==
                "JWK: private member \"" + std::string(name) + "\"");
}

BOOST_AUTO_TEST_SUITE_END()
