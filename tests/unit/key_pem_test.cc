// SPDX-License-Identifier: MIT
#include "crypto/key.h"

#include "unit/key_samples.h"
#include "unit/memory_scan.h"
#include "unit/run_program.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(key_pem_test)

namespace {

std::string openssl(const std::string &arguments)
{
    const ProgramResult result = run_program("openssl " + arguments + " 2>/dev/null");
    BOOST_REQUIRE(result.status == 0);
    return result.output;
}

std::string from_pem_error(const std::string &pem)
{
    return error_of([&] { PrivateKey::from_pem(pem); });
}

std::string pem_of(const std::string &label, const std::string &der)
{
    return "-----BEGIN " + label + "-----\n" + base64_encode(der) + "\n-----END " + label +
           "-----\n";
}

}

BOOST_AUTO_TEST_CASE(a_key_comes_back_from_its_pem)
{
    for (const auto &[type, key] : all_keys()) {
        const Secret pem = key.to_pem();
        BOOST_TEST(pem.view().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        BOOST_TEST(pem.view().ends_with("\n-----END PRIVATE KEY-----\n"));
        const PrivateKey again = PrivateKey::from_pem(pem.view());
        BOOST_TEST((again.public_key() == key.public_key()));
        BOOST_TEST((again.to_pem() == pem));
        BOOST_TEST(key.public_key().verify(key.jws_alg(), "hello", again.sign("hello")));
    }
}

BOOST_AUTO_TEST_CASE(openssl_reads_our_pem)
{
    const TempDir temp;
    for (const auto &[type, key] : all_keys()) {
        std::ofstream(temp.path() + "/key.pem") << key.to_pem().view();
        BOOST_TEST(openssl("pkey -check -noout -in " + temp.path() + "/key.pem") ==
                   "Key is valid\n");
        BOOST_TEST(openssl("pkey -pubout -outform DER -in " + temp.path() + "/key.pem") ==
                   key.public_key().spki());
    }
}

BOOST_AUTO_TEST_CASE(the_forms_that_openssl_writes_are_read)
{
    const struct {
        std::string command, begin, alg;
    } rows[] = {
        {"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "PRIVATE KEY", "ES256"},
        {"ecparam -genkey -name prime256v1", "EC PARAMETERS", "ES256"},
        {"ecparam -genkey -noout -name secp384r1", "EC PRIVATE KEY", "ES384"},
        {"genrsa -traditional 2048", "RSA PRIVATE KEY", "RS256"},
        {"genrsa 2048", "PRIVATE KEY", "RS256"},
        {"genpkey -algorithm ED25519", "PRIVATE KEY", "EdDSA"},
    };
    for (const auto &row : rows) {
        const std::string pem = openssl(row.command);
        BOOST_TEST(pem.starts_with("-----BEGIN " + row.begin + "-----"));
        const PrivateKey key = PrivateKey::from_pem(pem);
        BOOST_TEST(key.jws_alg() == row.alg);
        BOOST_TEST(key.to_pem().view().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        BOOST_TEST(key.public_key().verify(row.alg, "hello", key.sign("hello")));
        // Text around it, other line ends.
        std::string dos = "A note\n" + pem + "another\n";
        for (std::size_t at = 0; (at = dos.find('\n', at)) != std::string::npos; at += 2)
            dos.insert(at, "\r");
        BOOST_TEST((PrivateKey::from_pem(dos).public_key() == key.public_key()));
    }
}

BOOST_AUTO_TEST_CASE(the_key_of_rfc_8032_signs_as_rfc_8037_says)
{
    const std::string der = hex_decode("302e020100300506032b657004220420"
                                       "9d61b19deffd5a60ba844af492ec2cc4"
                                       "4449c5697b326919703bac031cae7f60")
                                .value();
    const PrivateKey key = PrivateKey::from_pem(pem_of("PRIVATE KEY", der));
    BOOST_TEST(base64url_encode(key.public_key().number("x")) == ed25519_x);
    BOOST_TEST(base64url_encode(key.sign(eddsa_message)) == eddsa_signature);
}

BOOST_AUTO_TEST_CASE(encrypted_keys_are_refused_without_a_question)
{
    const std::string error = "read a private key: it is encrypted";
    BOOST_TEST(from_pem_error(openssl("genpkey -algorithm ED25519 -aes-256-cbc -pass pass:x")) ==
               error);
    BOOST_TEST(from_pem_error(openssl("genrsa -traditional -aes256 -passout pass:x 2048")) ==
               error);
    // With a label that lies, nothing waits for a password either.
    std::string lying = openssl("genpkey -algorithm ED25519 -aes-256-cbc -pass pass:x");
    for (std::size_t at = 0; (at = lying.find("ENCRYPTED ")) != std::string::npos;)
        lying.erase(at, 10);
    BOOST_TEST(from_pem_error(lying).starts_with("read a private key: "));
}

BOOST_AUTO_TEST_CASE(what_is_no_private_key_is_refused)
{
    const std::string good(all_keys()[0].second.to_pem().view());
    const std::string der = base64url_decode("AAECAwQF").value();
    const std::string none = "read a private key: there is no PEM block";
    const std::string other = "read a private key: the PEM block holds something else";
    const struct {
        std::string pem, error;
    } rows[] = {
        {"", none},
        {"x", none},
        {std::string(5, '\0'), none},
        {good.substr(10), none},
        {good.substr(0, 60), "read PEM: "},
        {good.substr(0, good.size() - 10), "read PEM: "},
        {std::string((1 << 20) + 1, 'x'), "read PEM: larger than 1 MiB"},
        {pem_of("PRIVATE KEY", ""), "read PEM: "},
        {pem_of("PRIVATE KEY", der), "read a private key: "},
        {pem_of("EC PRIVATE KEY", der), "read a private key: "},
        {pem_of("RSA PRIVATE KEY", der), "read a private key: "},
        {pem_of("CERTIFICATE", der), other},
        {pem_of("PUBLIC KEY", all_keys()[0].second.public_key().spki()), other},
        {pem_of("PRIVATE KEY", all_keys()[0].second.public_key().spki()), "read a private key: "}};
    for (const auto &row : rows) {
        const std::string error = from_pem_error(row.pem);
        BOOST_TEST(error.starts_with(row.error), error);
    }
}

BOOST_AUTO_TEST_CASE(bytes_after_the_key_are_refused)
{
    const ProgramResult result =
        run_program("openssl genpkey -algorithm ED25519 -outform DER 2>/dev/null");
    BOOST_REQUIRE(result.status == 0);
    BOOST_TEST(from_pem_error(pem_of("PRIVATE KEY", result.output)) == "no error");
    BOOST_TEST(from_pem_error(pem_of("PRIVATE KEY", result.output + "x"))
                   .starts_with("read a private key: "));
}

BOOST_AUTO_TEST_CASE(unknown_kinds_of_private_keys_are_refused)
{
    const std::string error =
        "the key is neither RSA, nor EC on P-256, P-384 or P-521, nor Ed25519";
    BOOST_TEST(from_pem_error(openssl("genpkey -algorithm X25519")) == error);
    BOOST_TEST(from_pem_error(openssl("ecparam -genkey -noout -name secp256k1")) == error);
    BOOST_TEST(from_pem_error(openssl("ecparam -genkey -noout -name prime256v1 "
                                      "-param_enc explicit")) ==
               "the key's curve is given by its parameters instead of its name");
}

BOOST_AUTO_TEST_CASE(a_pair_whose_halves_do_not_belong_together_is_refused)
{
    std::string der =
        openssl("ecparam -genkey -noout -name prime256v1 | openssl pkcs8 -topk8 -nocrypt "
                "-outform DER");
    const std::string other = openssl("ecparam -genkey -noout -name prime256v1 | openssl pkcs8 "
                                      "-topk8 -nocrypt -outform DER");
    BOOST_REQUIRE(der.size() == other.size());
    der.replace(der.size() - 64, 64, other, other.size() - 64, 64);
    BOOST_TEST(from_pem_error(pem_of("PRIVATE KEY", der)).starts_with("check a private key: "));
}

BOOST_AUTO_TEST_CASE(errors_never_hold_a_byte_of_the_key)
{
    const std::string good(all_keys()[0].second.to_pem().view());
    // Damage at each place, and cuts at each place.
    for (std::size_t at = 28; at < good.size(); at += 3) {
        std::string damaged = good;
        damaged[at] = '*';
        for (const std::string &pem : {damaged, good.substr(0, at)}) {
            const std::string error = from_pem_error(pem);
            for (std::size_t i = 28; i + 8 < good.size() - 26; i += 4)
                BOOST_TEST(error.find(good.substr(i, 8)) == std::string::npos, error);
        }
    }
}

BOOST_AUTO_TEST_CASE(writing_and_reading_a_key_leaves_no_pem_in_memory)
{
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    Secret pem = key.to_pem();
    // These characters hold bytes of the private number.
    const MaskedBytes masked(pem.view().substr(28 + 52, 40));
    BOOST_TEST(masked.count_in_memory() == 1);
    const PrivateKey again = PrivateKey::from_pem(pem.view());
    BOOST_TEST(masked.count_in_memory() == 1);
    pem = Secret();
    BOOST_TEST(masked.count_in_memory() == 0);
    BOOST_TEST((again.public_key() == key.public_key()));
}

BOOST_AUTO_TEST_SUITE_END()
