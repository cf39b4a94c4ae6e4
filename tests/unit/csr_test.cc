// SPDX-License-Identifier: MIT
// Requests as a whole. Names in them: csr_names_test.cc.
#include "crypto/csr.h"

#include "unit/run_program.h"
#include "unit/temp_dir.h"
#include "unit/test_csr.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(csr_test)

namespace {

std::vector<Identifier> parse_all(const std::vector<std::string> &texts)
{
    std::vector<Identifier> identifiers;
    for (const std::string &text : texts)
        identifiers.push_back(Identifier::parse(text));
    return identifiers;
}

}

BOOST_AUTO_TEST_CASE(what_is_made_is_read_again)
{
    for (const auto &[type, key] : all_keys()) {
        const Csr made = Csr::make(
            key, parse_all({"b.example", "*.a.example", "2001:db8::1", "192.0.2.1", "b.example"}));
        const Csr read = Csr::from_der(made.der());
        for (const Csr *csr : {&made, &read}) {
            BOOST_TEST(to_text(csr->identifiers()) ==
                       "*.a.example, b.example, 192.0.2.1, 2001:db8::1");
            BOOST_TEST((csr->public_key() == key.public_key()));
        }
        BOOST_TEST(read.der() == made.der());
        BOOST_TEST(Csr::from_pem(made.pem()).der() == made.der());
    }
}

BOOST_AUTO_TEST_CASE(openssl_reads_our_requests)
{
    const TempDir temp;
    for (const auto &[type, key] : all_keys()) {
        const Csr csr = Csr::make(key, parse_all({"b.example", "a.example", "192.0.2.1", "::1"}));
        std::ofstream(temp.path() + "/csr.pem") << csr.pem();
        const ProgramResult result =
            run_program("openssl req -verify -noout -text -in " + temp.path() + "/csr.pem");
        BOOST_TEST(result.status == 0);
        for (const char *expected :
             {"self-signature verify OK", "Version: 1 (0x0)", "Subject: \n",
              "DNS:b.example, DNS:a.example, IP Address:192.0.2.1, IP Address:0:0:0:0:0:0:0:1"})
            BOOST_TEST(result.output.find(expected) != std::string::npos,
                       expected << " in " << result.output);
    }
}

BOOST_AUTO_TEST_CASE(a_request_for_nothing_is_not_made)
{
    BOOST_TEST(error_of([] { Csr::make(client_key(), {}); }) ==
               "make a certification request: there is no name to ask for");
}

BOOST_AUTO_TEST_CASE(requests_of_openssl_are_read)
{
    const ProgramResult result = run_program(
        "openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj "
        "/C=XX/O=Example/CN=A.example -addext subjectAltName=DNS:a.example,DNS:b.example "
        "-addext keyUsage=digitalSignature -addext tlsfeature=status_request 2>/dev/null");
    BOOST_REQUIRE(result.status == 0);
    const Csr csr = Csr::from_pem(result.output);
    BOOST_TEST(to_text(csr.identifiers()) == "a.example, b.example");
    BOOST_TEST(csr.public_key().bits() == 2048);
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused)
{
    const std::string good = request_for("DNS:a.example");
    const struct {
        std::string der, error;
    } rows[] = {{"", "it is empty"},
                {"x", "read it: "},
                {good.substr(0, good.size() - 1), "read it: "},
                {good.substr(1), "read it: "},
                {good + "x", "bytes follow it"},
                {good + good, "bytes follow it"},
                {std::string(128 * 1024 + 1, '\x30'), "larger than 128 KiB"},
                {std::string(128 * 1024, '\x30'), "read it: "},
                {client_key().public_key().spki(), "read it: "}};
    for (const auto &row : rows) {
        const std::string error = csr_error(row.der);
        BOOST_TEST(error.starts_with("certification request: " + row.error), error);
    }
    // The same with an indefinite length: BER.
    BOOST_REQUIRE(good.starts_with("\x30\x81"));
    BOOST_TEST(csr_error("\x30\x80" + good.substr(3) + std::string(2, '\0')) ==
               "certification request: it is not DER");
}

BOOST_AUTO_TEST_CASE(a_bad_signature_is_refused)
{
    const std::string good = request_for("DNS:a.example");
    std::string other_name = good;
    other_name[other_name.find("a.example")] = 'b';
    BOOST_TEST(csr_error(other_name) == "certification request: its signature is bad");
    // Any byte changed makes an error of some kind, never another request.
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string changed = good;
        changed[at] = static_cast<char>(changed[at] ^ 0x01);
        BOOST_TEST(csr_error(changed).starts_with("certification request: "), at);
    }
}

BOOST_AUTO_TEST_CASE(any_cut_is_refused)
{
    const std::string good = request_for("DNS:a.example");
    for (std::size_t size = 0; size < good.size(); ++size)
        BOOST_TEST(csr_error(good.substr(0, size)).starts_with("certification request: "));
}

BOOST_AUTO_TEST_CASE(a_hundred_long_names_fit)
{
    std::vector<std::string> names;
    const std::string label(60, 'a');
    for (int i = 0; i < 100; ++i)
        names.push_back("n" + std::to_string(i) + "." + label + "." + label + "." + label +
                        ".example");
    const Csr csr = Csr::make(client_key(), parse_all(names));
    BOOST_TEST(Csr::from_der(csr.der()).identifiers().size() == 100U);
}

BOOST_AUTO_TEST_CASE(pem_holds_one_request_and_nothing_else)
{
    const Csr csr = Csr::from_der(request_for("DNS:a.example"));
    const std::string pem = csr.pem();
    BOOST_TEST(pem.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    std::string old_label = pem;
    for (std::size_t at = 0; (at = old_label.find("CERTIFICATE", at)) != std::string::npos;
         at += 15)
        old_label.insert(at, "NEW ");
    BOOST_TEST(Csr::from_pem(old_label).der() == csr.der());
    BOOST_TEST(Csr::from_pem("a note\n" + pem + "another\n").der() == csr.der());
    const std::string key(client_key().to_pem().view());
    const std::pair<std::string, std::string> rows[] = {
        {"", "there is no PEM block"},
        {csr.der(), "there is no PEM block"},
        {key, "the PEM block holds something else"},
        {key + pem, "the PEM block holds something else"},
        {pem + key, "another PEM block follows it"},
        {pem + pem, "another PEM block follows it"}};
    for (const auto &[text, error] : rows)
        BOOST_TEST(error_of([&t = text] { Csr::from_pem(t); }) ==
                   "certification request: " + error);
}

BOOST_AUTO_TEST_CASE(weak_and_unknown_keys_are_told_apart)
{
    // A weak key is the caller's to judge: weakness_of() gives the words.
    const ProgramResult weak = run_program("openssl req -new -newkey rsa:1024 -nodes -keyout "
                                           "/dev/null -subj /CN=a.example 2>/dev/null");
    BOOST_REQUIRE(weak.status == 0);
    BOOST_TEST(Csr::from_pem(weak.output).public_key().bits() == 1024);
    const ProgramResult unknown =
        run_program("openssl req -new -newkey ED448 -nodes -keyout /dev/null -subj /CN=a.example "
                    "2>/dev/null");
    BOOST_REQUIRE(unknown.status == 0);
    BOOST_TEST(error_of([&] { Csr::from_pem(unknown.output); }) ==
               "certification request: the key is neither RSA, nor EC on P-256, P-384 or P-521, "
               "nor Ed25519");
}

BOOST_AUTO_TEST_SUITE_END()
