// SPDX-License-Identifier: MIT
#include "jose/jws.h"

#include "base/encoding.h"
#include "crypto/digest.h"
#include "jose/jwk.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

// RFC 7515, appendix A.
constexpr std::string_view rfc7515_payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0d"
                                             "HA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr std::string_view ec_jwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view rsa_jwk =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJ)"
    "rcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6"
    "3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_"
    "I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
    R"(","e":"AQAB"})";
constexpr std::string_view rs256_signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5ju"
    "jGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
    "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipU"
    "TI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
// RFC 7520, section 4.
constexpr std::string_view rfc7520_payload =
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250by"
    "B0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUg"
    "eW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4";
constexpr std::string_view bilbo_jwk =
    R"({"kty":"RSA","kid":"bilbo.baggins@hobbiton.example","use":"sig","n":")"
    "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCp"
    "MaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd"
    "1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKn"
    "S2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
    R"(","e":"AQAB"})";

Json flattened(std::string_view header, std::string_view payload, std::string_view signature)
{
    return Json::object()
        .set("protected", header)
        .set("payload", payload)
        .set("signature", signature);
}

Json with_header(std::string_view header)
{
    return flattened(base64url_encode(header), "", "AAAA");
}

std::string verdict(const Json &json)
{
    try {
        Jws::parse(json);
        return "accepted";
    } catch (const JsonError &e) {
        return e.what();
    }
}

PublicKey key_of(std::string_view jwk)
{
    return from_jwk(Json::parse(jwk));
}

Secret secret_of(std::string_view text)
{
    return Secret(base64url_decode(text).value());
}

}

BOOST_AUTO_TEST_SUITE(jws_test)

BOOST_AUTO_TEST_CASE(signatures_of_the_rfcs_are_good)
{
    const Jws es256 =
        Jws::parse(flattened("eyJhbGciOiJFUzI1NiJ9", rfc7515_payload,
                             "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8I"
                             "SlSApmWQxfKTUJqPP3-Kg6NU1Q"));
    BOOST_TEST(es256.alg() == "ES256");
    BOOST_TEST(es256.payload().starts_with("{\"iss\":\"joe\",\r\n"));
    BOOST_TEST(es256.verify(key_of(ec_jwk)));
    BOOST_TEST(!es256.verify(key_of(rsa_jwk)));

    const Jws rs256 =
        Jws::parse(flattened("eyJhbGciOiJSUzI1NiJ9", rfc7515_payload, rs256_signature));
    BOOST_TEST(rs256.verify(key_of(rsa_jwk)));
    BOOST_TEST(!rs256.verify(key_of(ec_jwk)));
    BOOST_TEST(!rs256.verify(key_of(bilbo_jwk)));

    const Jws eddsa =
        Jws::parse(flattened("eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                             "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylG"
                             "jg5BhVsPt9g7sVvpAr_MuM0KAg"));
    BOOST_TEST(eddsa.payload() == "Example of Ed25519 signing");
    BOOST_TEST(eddsa.verify(key_of(R"({"kty":"OKP","crv":"Ed25519",)"
                                   R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})")));

    const Jws bilbo = Jws::parse(flattened(
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9", rfc7520_payload,
        "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xu"
        "glII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5a"
        "AE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0"
        "KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"));
    BOOST_TEST(bilbo.header().string_at("kid") == "bilbo.baggins@hobbiton.example");
    BOOST_TEST(bilbo.verify(key_of(bilbo_jwk)));
}

BOOST_AUTO_TEST_CASE(macs_of_the_rfcs_are_good)
{
    const Jws joe =
        Jws::parse(flattened("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", rfc7515_payload,
                             "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
    BOOST_TEST(joe.verify_hmac(secret_of("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aK"
                                         "tMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")));
    BOOST_TEST(!joe.verify_hmac(secret_of("AyM1")));
    BOOST_TEST(!joe.verify_hmac(Secret()));

    const Jws hobbit = Jws::parse(flattened(
        "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9",
        rfc7520_payload, "s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0"));
    BOOST_TEST(hobbit.verify_hmac(secret_of("hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg")));
}

BOOST_AUTO_TEST_CASE(what_each_type_of_key_signs_is_good_until_a_bit_changes)
{
    const std::pair<KeyType, std::string> cases[] = {{KeyType::ec256, "ES256"},
                                                     {KeyType::ec384, "ES384"},
                                                     {KeyType::rsa2048, "RS256"},
                                                     {KeyType::ed25519, "EdDSA"}};
    const PublicKey stranger = PrivateKey::generate(KeyType::ec256).public_key();
    for (const auto &[type, alg] : cases) {
        const PrivateKey key = PrivateKey::generate(type);
        const std::string text = sign_jws(
            key, Json::object().set("nonce", "n").set("url", "https://ca.example/x"), "{}");
        const Jws good = Jws::parse(text);
        BOOST_TEST(good.verify(key.public_key()), alg);
        BOOST_TEST(!good.verify(stranger), alg);
        BOOST_TEST(!good.verify_hmac(Secret("k")), alg);
        BOOST_TEST(good.header().to_text() ==
                   "{\"alg\":\"" + alg + R"(","nonce":"n","url":"https://ca.example/x"})");
        const Json json = Json::parse(text);
        BOOST_TEST(json.string_at("payload") == "e30");
        BOOST_TEST(!Jws::parse(Json(json).set("payload", "e30K")).verify(key.public_key()), alg);
        std::string signature = *base64url_decode(json.string_at("signature"));
        signature[5] ^= 1;
        const Json spoilt = Json(json).set("signature", base64url_encode(signature));
        BOOST_TEST(!Jws::parse(spoilt).verify(key.public_key()), alg);
        const Json empty = Json(json).set("signature", "");
        BOOST_TEST(!Jws::parse(empty).verify(key.public_key()), alg);
    }
}

BOOST_AUTO_TEST_CASE(a_post_as_get_has_an_empty_payload)
{
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const Json json = Json::parse(sign_jws(key, Json::object().set("kid", "k"), ""));
    BOOST_TEST(json.string_at("payload") == "");
    BOOST_TEST(Jws::parse(json).payload() == "");
    BOOST_TEST(Jws::parse(json).verify(key.public_key()));
}

BOOST_AUTO_TEST_CASE(a_mac_is_good_with_its_own_key_and_algorithm_only)
{
    const Secret key("0123456789abcdef0123456789abcdef");
    for (const std::string alg : {"HS256", "HS384", "HS512"}) {
        const Json json = sign_jws_hmac(alg, key, Json::object().set("kid", "k"), "{}");
        const Jws jws = Jws::parse(json);
        BOOST_TEST(jws.header().to_text() == "{\"alg\":\"" + alg + "\",\"kid\":\"k\"}");
        BOOST_TEST(jws.verify_hmac(key));
        BOOST_TEST(!jws.verify_hmac(Secret("0123456789abcdef0123456789abcdeF")));
        BOOST_TEST(!jws.verify_hmac(Secret()));
        const std::string other = alg == "HS256" ? "HS384" : "HS256";
        const std::string header = base64url_encode("{\"alg\":\"" + other + "\",\"kid\":\"k\"}");
        BOOST_TEST(!Jws::parse(Json(json).set("protected", header)).verify_hmac(key));
        const std::string cut = json.string_at("signature").substr(0, 4);
        BOOST_TEST(!Jws::parse(Json(json).set("signature", cut)).verify_hmac(key));
        BOOST_TEST(!Jws::parse(Json(json).set("signature", "")).verify_hmac(key));
    }
    BOOST_CHECK_EXCEPTION(sign_jws_hmac("HS1", key, Json::object(), ""), Error, [](const Error &e) {
        return e.what() == std::string("sign with a MAC: unknown algorithm HS1");
    });
    BOOST_CHECK_EXCEPTION(sign_jws_hmac("HS256", Secret(), Json::object(), ""), Error,
                          [](const Error &e) {
                              return e.what() == std::string("sign with a MAC: the key is empty");
                          });
}

BOOST_AUTO_TEST_CASE(a_mac_with_an_empty_key_is_never_good)
{
    const std::string header = base64url_encode(R"({"alg":"HS256"})");
    const std::string mac = base64url_encode(hmac_sha2(256, "", header + ".e30"));
    BOOST_TEST(!Jws::parse(flattened(header, "e30", mac)).verify_hmac(Secret()));
}

BOOST_AUTO_TEST_CASE(an_algorithm_that_does_not_fit_the_key_is_refused)
{
    // a MAC whose secret is the public key, in each form that an attacker can make of it
    for (const std::string_view jwk : {ec_jwk, rsa_jwk}) {
        const PublicKey key = key_of(jwk);
        for (const std::string &secret : {key.spki(), std::string(jwk), to_jwk(key).to_text()}) {
            const Json forged = sign_jws_hmac("HS256", Secret(secret), Json::object(), "{}");
            BOOST_TEST(!Jws::parse(forged).verify(key));
        }
    }
    const PrivateKey p256 = PrivateKey::generate(KeyType::ec256);
    const PrivateKey p384 = PrivateKey::generate(KeyType::ec384);
    const Json json = Json::parse(sign_jws(p256, Json::object(), "{}"));
    BOOST_TEST(!Jws::parse(json).verify(p384.public_key()));
    for (const std::string alg : {"none", "None", "HS256", "ES384", "ES512", "RS256", "RS1",
                                  "PS256", "EdDSA", "es256", "ES256 "}) {
        const std::string input = base64url_encode("{\"alg\":\"" + alg + "\"}") + ".e30";
        const std::string header = input.substr(0, input.find('.'));
        for (const std::string &signature : {p256.sign(input), std::string()}) {
            const Jws forged = Jws::parse(flattened(header, "e30", base64url_encode(signature)));
            BOOST_TEST(!forged.verify(p256.public_key()), alg);
            BOOST_TEST(!forged.verify_hmac(Secret("k")), alg);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_acme_forbids_is_refused_with_the_reason)
{
    const Json good = with_header(R"({"alg":"ES256"})");
    const Json no_header = Json::object().set("payload", "").set("signature", "");
    const std::pair<Json, std::string> cases[] = {
        {Json("x"), "JWS: not an object"},
        {Json::array().push(good), "JWS: not an object"},
        {Json(good).set("header", Json::object()), "JWS: member \"header\" is not allowed"},
        {Json(good).set("header", Json()), "JWS: member \"header\" is not allowed"},
        {Json(good).set("signatures", Json::array()), "JWS: member \"signatures\" is not allowed"},
        {no_header, "JWS: protected header: member \"protected\" is missing"},
        {Json(good).set("protected", 1),
         "JWS: protected header: member \"protected\" is not a string"},
        {Json(good).set("payload", Json()), "member \"payload\" is not a string"},
        {Json(good).set("signature", Json()), "member \"signature\" is not a string"},
        {Json(good).set("protected", "eyJ9="), "JWS: member \"protected\" is not base64url"},
        {Json(good).set("payload", "e30="), "JWS: member \"payload\" is not base64url"},
        {Json(good).set("payload", "e3 0"), "JWS: member \"payload\" is not base64url"},
        {Json(good).set("payload", "e31"), "JWS: member \"payload\" is not base64url"},
        {Json(good).set("signature", "+/+/"), "JWS: member \"signature\" is not base64url"},
        {with_header(""), "JWS: protected header: expected a value at byte 0"},
        {with_header("[]"), "JWS: the protected header is not an object"},
        {with_header("{}"), "JWS: protected header: member \"alg\" is missing"},
        {with_header(R"({"alg":1})"), "JWS: protected header: member \"alg\" is not a string"},
        {with_header(R"({"alg":""})"), "JWS: empty \"alg\""},
        {with_header(R"({"alg":"ES256","b64":true})"), "JWS: member \"b64\" is not allowed"},
        {with_header(R"({"alg":"ES256","crit":[]})"), "JWS: member \"crit\" is not allowed"},
        {with_header(R"({"alg":"ES256","alg":"none"})"),
         "JWS: protected header: member \"alg\" for the second time at byte 15"},
    };
    BOOST_TEST(verdict(good) == "accepted");
    BOOST_TEST(verdict(Json(good).set("unknown", 1)) == "accepted"); // RFC 7515, section 7.2.1
    for (const auto &[json, error] : cases)
        BOOST_TEST(verdict(json) == error);
}

BOOST_AUTO_TEST_SUITE_END()
