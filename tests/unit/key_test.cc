// SPDX-License-Identifier: MIT
// Kinds of keys and signatures. Numbers: key_numbers_test.cc, PEM: key_pem_test.cc.
#include "crypto/key.h"

#include "unit/key_samples.h"
#include "unit/run_program.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(key_test)

BOOST_AUTO_TEST_CASE(key_types_have_names)
{
    const std::pair<KeyType, std::string> rows[] = {
        {KeyType::ec256, "ec256"},     {KeyType::ec384, "ec384"},     {KeyType::rsa2048, "rsa2048"},
        {KeyType::rsa3072, "rsa3072"}, {KeyType::rsa4096, "rsa4096"}, {KeyType::ed25519, "ed25519"},
    };
    for (const auto &[type, text] : rows) {
        BOOST_TEST(to_text(type) == text);
        BOOST_TEST((parse_key_type(text) == type));
    }
    for (const char *text : {"", "EC256", "ec512", "rsa1024", "rsa", " ec256", "ec256 "})
        BOOST_TEST(!parse_key_type(text), text);
}

BOOST_AUTO_TEST_CASE(generated_keys_are_what_their_type_says)
{
    const struct {
        std::string alg, kty, curve;
        int bits;
    } expected[] = {{"ES256", "EC", "P-256", 256},
                    {"ES384", "EC", "P-384", 384},
                    {"RS256", "RSA", "", 2048},
                    {"EdDSA", "OKP", "Ed25519", 256}};
    for (std::size_t i = 0; i < all_keys().size(); ++i) {
        const PrivateKey &key = all_keys()[i].second;
        const PublicKey pub = key.public_key();
        BOOST_TEST(key.jws_alg() == expected[i].alg);
        BOOST_TEST(pub.kty() == expected[i].kty);
        BOOST_TEST(pub.curve() == expected[i].curve);
        BOOST_TEST(pub.bits() == expected[i].bits);
    }
    BOOST_TEST(PrivateKey::generate(KeyType::rsa3072).public_key().bits() == 3072);
}

BOOST_AUTO_TEST_CASE(ec_keys_name_their_curve)
{
    // The object identifier of P-256 (RFC 5480, section 2.1.1.1), not its parameters.
    const std::string oid = hex_decode("06082a8648ce3d030107").value();
    const std::string spki = PrivateKey::generate(KeyType::ec256).public_key().spki();
    BOOST_TEST(spki.find(oid) != std::string::npos);
    BOOST_TEST(spki.size() == 91U);
}

BOOST_AUTO_TEST_CASE(what_a_key_signs_its_public_half_verifies)
{
    const std::string messages[] = {"", "hello", std::string("a\0b", 3), std::string(100000, 'x')};
    for (const auto &[type, key] : all_keys()) {
        const PublicKey pub = key.public_key();
        for (const std::string &message : messages) {
            const std::string signature = key.sign(message);
            BOOST_TEST(pub.verify(key.jws_alg(), message, signature));
            BOOST_TEST(!pub.verify(key.jws_alg(), message + "x", signature));
        }
        BOOST_TEST(pub.verify(key.jws_alg(), std::string_view(), key.sign(std::string_view())));
    }
}

BOOST_AUTO_TEST_CASE(a_changed_signature_is_false_and_not_an_error)
{
    for (const auto &[type, key] : all_keys()) {
        const PublicKey pub = key.public_key();
        const std::string good = key.sign("hello");
        std::string changed = good;
        changed[5] = static_cast<char>(changed[5] ^ 1);
        const std::string bad[] = {"",
                                   "x",
                                   changed,
                                   good.substr(1),
                                   good + "x",
                                   good + std::string(1, '\0'),
                                   std::string(1, '\0') + good,
                                   std::string(good.size(), '\0'),
                                   std::string(good.size(), '\xff'),
                                   std::string(100000, 'x')};
        for (const std::string &signature : bad)
            BOOST_TEST(!pub.verify(key.jws_alg(), "hello", signature));
        BOOST_TEST(!pub.verify(key.jws_alg(), "hello", std::string_view()));
        BOOST_TEST(pub.verify(key.jws_alg(), "hello", good));
    }
}

BOOST_AUTO_TEST_CASE(an_algorithm_must_fit_the_key)
{
    for (const auto &[type, key] : all_keys()) {
        const PublicKey pub = key.public_key();
        const std::string signature = key.sign("hello");
        for (const char *alg : {"", "none", "HS256", "ES256", "ES384", "ES512", "RS256", "RS384",
                                "PS256", "EdDSA", "es256", "Ed25519"}) {
            if (alg != key.jws_alg())
                BOOST_TEST(!pub.verify(alg, "hello", signature), alg);
        }
    }
}

BOOST_AUTO_TEST_CASE(another_key_does_not_verify)
{
    for (const auto &[type, key] : all_keys()) {
        const PrivateKey other = PrivateKey::generate(type);
        BOOST_TEST(!other.public_key().verify(key.jws_alg(), "hello", key.sign("hello")));
    }
}

BOOST_AUTO_TEST_CASE(ecdsa_signatures_have_the_length_of_two_coordinates)
{
    const PrivateKey p256 = PrivateKey::generate(KeyType::ec256);
    const PrivateKey p384 = PrivateKey::generate(KeyType::ec384);
    const PublicKey pub256 = p256.public_key();
    const PublicKey pub384 = p384.public_key();
    // One in 128 has a coordinate with a leading zero, which must be kept.
    bool zero_seen = false;
    for (int i = 0; i < 2000 && !zero_seen; ++i) {
        const std::string signature = p256.sign("hello");
        BOOST_REQUIRE(signature.size() == 64U);
        zero_seen = signature[0] == 0 || signature[32] == 0;
        if (zero_seen)
            BOOST_TEST(pub256.verify("ES256", "hello", signature));
    }
    BOOST_TEST(zero_seen);
    BOOST_TEST(p384.sign("hello").size() == 96U);
    BOOST_TEST(!pub384.verify("ES384", "hello", p256.sign("hello")));
}

BOOST_AUTO_TEST_CASE(a_der_signature_is_not_taken_for_a_jws_one)
{
    const TempDir temp;
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    std::ofstream(temp.path() + "/key.pem") << key.to_pem().view();
    std::ofstream(temp.path() + "/text") << "hello";
    const ProgramResult result = run_program("openssl dgst -sha256 -sign " + temp.path() +
                                             "/key.pem " + temp.path() + "/text");
    BOOST_REQUIRE(result.status == 0);
    BOOST_TEST(result.output.size() > 65U);
    BOOST_TEST(!key.public_key().verify("ES256", "hello", result.output));
}

BOOST_AUTO_TEST_CASE(the_vector_of_rfc_7515_for_es256_verifies)
{
    const PublicKey key = p256_key();
    const std::string message = "eyJhbGciOiJFUzI1NiJ9." + es256_payload;
    BOOST_TEST(key.verify("ES256", message, decode(es256_signature)));
    BOOST_TEST(!key.verify("ES256", message + "A", decode(es256_signature)));
}

BOOST_AUTO_TEST_CASE(the_vector_of_rfc_7515_for_rs256_verifies)
{
    const PublicKey key = PublicKey::from_rsa(decode(rsa_n), decode("AQAB"));
    const std::string message = "eyJhbGciOiJSUzI1NiJ9." + es256_payload;
    BOOST_TEST(key.verify("RS256", message, decode(rs256_signature)));
    BOOST_TEST(!key.verify("RS256", message + "A", decode(rs256_signature)));
}

BOOST_AUTO_TEST_CASE(the_vector_of_rfc_8037_for_eddsa_verifies)
{
    const PublicKey key = PublicKey::from_ed25519(decode(ed25519_x));
    BOOST_TEST(key.verify("EdDSA", eddsa_message, decode(eddsa_signature)));
    BOOST_TEST(!key.verify("EdDSA", eddsa_message + "A", decode(eddsa_signature)));
}

BOOST_AUTO_TEST_CASE(a_key_on_p521_has_no_jws_algorithm)
{
    const PrivateKey key = generate_p521();
    const std::string error = "sign: there is no JWS algorithm for a key on this curve";
    BOOST_TEST(error_of([&] { key.jws_alg(); }) == error);
    BOOST_TEST(error_of([&] { key.sign("hello"); }) == error);
    BOOST_TEST(!key.public_key().verify("ES512", "hello", std::string(132, 'x')));
    BOOST_TEST(!key.public_key().verify("", "hello", std::string(132, 'x')));
}

BOOST_AUTO_TEST_CASE(openssl_verifies_our_signatures)
{
    const TempDir temp;
    for (const auto &[type, key] : all_keys()) {
        if (type == KeyType::ec256 || type == KeyType::ec384)
            continue; // openssl has no r || s; certification requests cover ECDSA
        std::ofstream(temp.path() + "/key.pem") << key.to_pem().view();
        std::ofstream(temp.path() + "/text") << "hello";
        std::ofstream(temp.path() + "/sig") << key.sign("hello");
        const std::string digest = type == KeyType::ed25519 ? "" : " -digest sha256";
        BOOST_TEST(run_program("cd " + temp.path() +
                               " && openssl pkeyutl -verify -rawin -inkey key.pem -in text "
                               "-sigfile sig" +
                               digest)
                       .status == 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
