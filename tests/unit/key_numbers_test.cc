// SPDX-License-Identifier: MIT
#include "crypto/key.h"

#include "unit/key_samples.h"
#include "unit/run_program.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(key_numbers_test)

BOOST_AUTO_TEST_CASE(numbers_come_back_as_they_were_given)
{
    const PublicKey ec = p256_key();
    BOOST_TEST(base64url_encode(ec.number("x")) == p256_x);
    BOOST_TEST(base64url_encode(ec.number("y")) == p256_y);
    const PublicKey rsa = PublicKey::from_rsa(decode(rsa_n), decode("AQAB"));
    BOOST_TEST(base64url_encode(rsa.number("n")) == rsa_n);
    BOOST_TEST(base64url_encode(rsa.number("e")) == "AQAB");
    // Leading zeros are no part of a number.
    const PublicKey padded = PublicKey::from_rsa(std::string(3, '\0') + decode(rsa_n),
                                                 std::string(1, '\0') + decode("AQAB"));
    BOOST_TEST(base64url_encode(padded.number("n")) == rsa_n);
    BOOST_TEST((padded == rsa));
    const PublicKey ed = PublicKey::from_ed25519(decode(ed25519_x));
    BOOST_TEST(base64url_encode(ed.number("x")) == ed25519_x);
}

BOOST_AUTO_TEST_CASE(a_coordinate_keeps_its_leading_zeros)
{
    for (int i = 0; i < 5000; ++i) {
        const PublicKey key = PrivateKey::generate(KeyType::ec256).public_key();
        const std::string x = key.number("x");
        const std::string y = key.number("y");
        BOOST_REQUIRE(x.size() == 32U);
        BOOST_REQUIRE(y.size() == 32U);
        if (x[0] != 0 && y[0] != 0)
            continue;
        BOOST_TEST((PublicKey::from_ec_point("P-256", x, y) == key));
        return;
    }
    BOOST_TEST(false, "no coordinate with a leading zero was met");
}

BOOST_AUTO_TEST_CASE(unknown_numbers_are_errors)
{
    for (const char *name : {"", "n", "e", "d", "z"})
        BOOST_TEST(error_of([&] { p256_key().number(name); }) ==
                   std::string("EC keys have no number \"") + name + "\"");
    const PublicKey rsa = PublicKey::from_rsa(decode(rsa_n), decode("AQAB"));
    for (const char *name : {"x", "y", "d", "p"})
        BOOST_TEST(error_of([&] { rsa.number(name); }) ==
                   std::string("RSA keys have no number \"") + name + "\"");
    const PublicKey ed = PublicKey::from_ed25519(decode(ed25519_x));
    BOOST_TEST(error_of([&] { ed.number("y"); }) == "OKP keys have no number \"y\"");
}

BOOST_AUTO_TEST_CASE(points_of_all_curves_make_keys)
{
    const PublicKey p384 = all_keys()[1].second.public_key();
    const PublicKey p521 = generate_p521().public_key();
    for (const PublicKey *key : {&p384, &p521}) {
        const PublicKey again =
            PublicKey::from_ec_point(key->curve(), key->number("x"), key->number("y"));
        BOOST_TEST((again == *key));
    }
    BOOST_TEST(p521.curve() == "P-521");
    BOOST_TEST(p521.bits() == 521);
    BOOST_TEST(p521.number("x").size() == 66U);
}

BOOST_AUTO_TEST_CASE(what_is_no_point_on_its_curve_is_refused)
{
    const std::string x = decode(p256_x);
    const std::string y = decode(p256_y);
    std::string off = y;
    off[31] = static_cast<char>(off[31] ^ 1);
    const std::string zeros(32, '\0');
    const std::string ones(32, '\xff');
    const std::string length = "read an EC key: a coordinate has not the length of the field";
    const struct {
        std::string curve, x, y, error;
    } rows[] = {{"P-256", x, off, "read an EC key: "},
                {"P-256", zeros, zeros, "read an EC key: "},
                {"P-256", ones, ones, "read an EC key: "},
                {"P-256", y, x, "read an EC key: "},
                {"P-256", x, "", length},
                {"P-256", "", "", length},
                {"P-256", x, y.substr(1), length},
                {"P-256", x, std::string(1, '\0') + y, length},
                {"P-384", x, y, length},
                {"P-224", x, y, "read an EC key: the curve is not known"},
                {"secp256k1", x, y, "read an EC key: the curve is not known"},
                {"prime256v1", x, y, "read an EC key: the curve is not known"},
                {"", x, y, "read an EC key: the curve is not known"}};
    for (const auto &row : rows) {
        const std::string error =
            error_of([&] { PublicKey::from_ec_point(row.curve, row.x, row.y); });
        BOOST_TEST(error.starts_with(row.error), error);
    }
}

BOOST_AUTO_TEST_CASE(rsa_numbers_that_make_no_key_are_refused)
{
    const std::string n = decode(rsa_n);
    const std::string e = decode("AQAB");
    std::string even = n;
    even.back() = static_cast<char>(even.back() & ~1);
    const std::string exponent = "read an RSA key: the exponent is even, 1 or too large";
    const struct {
        std::string n, e, error;
    } rows[] = {{even, e, "read an RSA key: the modulus is even"},
                {"", e, "read an RSA key: the modulus has 0 bits"},
                {std::string(256, '\0'), e, "read an RSA key: the modulus has 0 bits"},
                {n.substr(0, 64), e, "read an RSA key: the modulus has 512 bits"},
                {std::string(2049, '\xff'), e, "read an RSA key: the modulus has 16392 bits"},
                {std::string(100000, '\xff'), e, "read an RSA key: a number is too long"},
                {n, std::string(100000, '\xff'), "read an RSA key: a number is too long"},
                {n, "", exponent},
                {n, std::string(1, '\0'), exponent},
                {n, "\x01", exponent},
                {n, "\x02", exponent},
                {n, std::string(9, '\x03'), exponent}};
    for (const auto &row : rows)
        BOOST_TEST(error_of([&] { PublicKey::from_rsa(row.n, row.e); }) == row.error);
}

BOOST_AUTO_TEST_CASE(ed25519_points_of_small_order_and_other_lengths_are_refused)
{
    const std::string error = "read an Ed25519 key: not a point on the curve";
    const std::string identity = "\x01" + std::string(31, '\0');
    for (const std::string &x :
         {std::string(), std::string(31, 'x'), std::string(33, 'x'), std::string(32, '\0'),
          identity, std::string(32, '\xff'), decode(ed25519_x) + "x"})
        BOOST_TEST(error_of([&] { PublicKey::from_ed25519(x); }) == error);
}

BOOST_AUTO_TEST_CASE(spki_comes_back_as_it_was)
{
    for (const auto &[type, key] : all_keys()) {
        const PublicKey pub = key.public_key();
        const PublicKey again = PublicKey::from_spki(pub.spki());
        BOOST_TEST((again == pub));
        BOOST_TEST(again.kty() == pub.kty());
        BOOST_TEST(again.verify(key.jws_alg(), "hello", key.sign("hello")));
        BOOST_TEST((pub.copy() == pub));
    }
    BOOST_TEST((all_keys()[0].second.public_key() != p256_key()));
}

BOOST_AUTO_TEST_CASE(compressed_points_are_the_same_key)
{
    const PublicKey key = p256_key();
    const std::string prefix =
        hex_decode("3039301306072a8648ce3d020106082a8648ce3d030107032200").value();
    const bool odd = key.number("y").back() & 1;
    const PublicKey again =
        PublicKey::from_spki(prefix + (odd ? "\x03" : "\x02") + key.number("x"));
    BOOST_TEST((again == key));
}

BOOST_AUTO_TEST_CASE(what_is_no_spki_is_refused)
{
    const std::string good = p256_key().spki();
    const std::string bad[] = {"",
                               "x",
                               std::string(100000, '\x30'),
                               good.substr(1),
                               good.substr(0, good.size() - 1),
                               std::string("\x30\x80\0\0", 4)};
    for (const std::string &der : bad)
        BOOST_TEST(error_of([&] { PublicKey::from_spki(der); }).starts_with("read a public key: "));
    BOOST_TEST(error_of([&] { PublicKey::from_spki(good + "x"); }) ==
               "read a public key: bytes follow it");
}

BOOST_AUTO_TEST_CASE(spki_of_unknown_algorithms_is_refused)
{
    const std::string error =
        "the key is neither RSA, nor EC on P-256, P-384 or P-521, nor Ed25519";
    for (const char *options :
         {"-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "-algorithm ED448",
          "-algorithm X25519", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024"}) {
        const ProgramResult result =
            run_program(std::string("openssl genpkey ") + options +
                        " 2>/dev/null | openssl pkey -pubout -outform DER");
        BOOST_REQUIRE(result.status == 0);
        BOOST_TEST(error_of([&] { PublicKey::from_spki(result.output); }) == error);
    }
    const ProgramResult spelled_out =
        run_program("openssl ecparam -genkey -noout -name prime256v1 -param_enc explicit | "
                    "openssl pkey -pubout -outform DER");
    BOOST_REQUIRE(spelled_out.status == 0);
    BOOST_TEST(error_of([&] { PublicKey::from_spki(spelled_out.output); }) ==
               "the key's curve is given by its parameters instead of its name");
}

BOOST_AUTO_TEST_CASE(weak_keys_have_a_reason)
{
    const auto reason = [](const PublicKey &key) { return weakness_of(key).value_or("none"); };
    const std::string e = decode("AQAB");
    BOOST_TEST(reason(p256_key()) == "none");
    BOOST_TEST(reason(all_keys()[1].second.public_key()) == "none");
    BOOST_TEST(reason(PublicKey::from_rsa(decode(rsa_n), e)) == "none");
    BOOST_TEST(reason(PublicKey::from_rsa(std::string(512, '\xff'), e)) == "none");
    BOOST_TEST(reason(PublicKey::from_rsa("\x7f" + std::string(255, '\xff'), e)) ==
               "an RSA key of 2047 bits is too short");
    BOOST_TEST(reason(PublicKey::from_rsa("\x01" + std::string(512, '\xff'), e)) ==
               "an RSA key of 4097 bits is longer than 4096");
    BOOST_TEST(reason(generate_p521().public_key()) ==
               "EC keys must be on P-256 or P-384, not P-521");
    BOOST_TEST(reason(PublicKey::from_ed25519(decode(ed25519_x))) ==
               "Ed25519 keys are not taken in certificates");
}

BOOST_AUTO_TEST_SUITE_END()
