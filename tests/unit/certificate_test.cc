// SPDX-License-Identifier: MIT
// What one certificate says. Chains: chain_test.cc.
#include "crypto/certificate.h"

#include "base/encoding.h"
#include "base/time_text.h"
#include "unit/key_samples.h"
#include "unit/run_program.h"
#include "unit/temp_dir.h"
#include "unit/test_ca.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(certificate_test)

namespace {

TestCa &test_ca()
{
    static TestCa ca("Test CA");
    return ca;
}

PublicKey leaf_key()
{
    static const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    return key.public_key();
}

Certificate leaf(const std::string &names)
{
    return test_ca().issue({.key = leaf_key(), .names = names});
}

}

BOOST_AUTO_TEST_CASE(a_certificate_says_what_was_put_into_it)
{
    const Certificate certificate =
        test_ca().issue({.key = leaf_key(),
                         .names = "DNS:a.example,IP:192.0.2.1,IP:2001:db8::1",
                         .common_name = "a.example",
                         .not_before = parse_rfc3339("2026-01-02T03:04:05Z").value(),
                         .not_after = parse_rfc3339("2026-04-01T00:00:00Z").value(),
                         .serial = "\x01\xab\xcd"});
    BOOST_TEST(to_text(certificate.identifiers()) == "a.example, 192.0.2.1, 2001:db8::1");
    BOOST_TEST(certificate.subject() == "CN = a.example");
    BOOST_TEST(certificate.subject_common_name() == "a.example");
    BOOST_TEST(certificate.issuer() == "CN = Test CA");
    BOOST_TEST(certificate.issuer_common_name() == "Test CA");
    BOOST_TEST(format_rfc3339(certificate.not_before()) == "2026-01-02T03:04:05Z");
    BOOST_TEST(format_rfc3339(certificate.not_after()) == "2026-04-01T00:00:00Z");
    BOOST_TEST(certificate.serial() == "01ABCD");
    BOOST_TEST((certificate.public_key() == leaf_key()));
}

BOOST_AUTO_TEST_CASE(dates_before_1970_and_after_2049_are_read)
{
    // From 2050 on, DER changes to another type (RFC 5280, section 4.1.2.5).
    const Certificate certificate =
        test_ca().issue({.key = leaf_key(),
                         .names = "DNS:a.example",
                         .not_before = parse_rfc3339("1965-01-01T00:00:00Z").value(),
                         .not_after = parse_rfc3339("9999-12-31T23:59:59Z").value()});
    BOOST_TEST(format_rfc3339(certificate.not_before()) == "1965-01-01T00:00:00Z");
    BOOST_TEST(format_rfc3339(certificate.not_after()) == "9999-12-31T23:59:59Z");
}

BOOST_AUTO_TEST_CASE(a_certificate_without_subject_is_read)
{
    const Certificate certificate = leaf("DNS:a.example");
    BOOST_TEST(certificate.subject() == "");
    BOOST_TEST(certificate.subject_common_name() == "");
    BOOST_TEST(to_text(certificate.identifiers()) == "a.example");
}

BOOST_AUTO_TEST_CASE(a_subject_without_common_name_is_shown)
{
    const ProgramResult result =
        run_program("openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -utf8 -subj "
                    "'/C=XX/O=B\xc3\xbc"
                    "cher, Inc./OU=x' -outform DER 2>/dev/null");
    BOOST_REQUIRE(result.status == 0);
    const Certificate certificate = Certificate::from_der(result.output);
    BOOST_TEST(certificate.subject() == "C = XX, O = \"B\xc3\xbc"
                                        "cher, Inc.\", OU = x");
    BOOST_TEST(certificate.subject_common_name() == "");
    BOOST_TEST(certificate.issuer() == certificate.subject());
    BOOST_TEST(certificate.identifiers().empty());
    BOOST_TEST(certificate.is_issued_by(certificate));
}

BOOST_AUTO_TEST_CASE(names_cannot_forge_a_line)
{
    const Certificate certificate = test_ca().issue(
        {.key = leaf_key(), .names = "DNS:a.example", .common_name = "a\nb\x1b[2J"});
    for (const std::string &text : {certificate.subject(), certificate.subject_common_name()}) {
        BOOST_TEST(text.find('\n') == std::string::npos);
        BOOST_TEST(text.find('\x1b') == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(only_alternative_names_count)
{
    const Certificate certificate =
        test_ca().issue({.key = leaf_key(), .names = "", .common_name = "a.example"});
    BOOST_TEST(certificate.identifiers().empty());
    BOOST_TEST(to_text(leaf("DNS:B.example,DNS:a.example").identifiers()) ==
               "b.example, a.example");
}

BOOST_AUTO_TEST_CASE(names_that_are_no_identifiers_are_left_out)
{
    const Certificate certificate = leaf("email:me@a.example,DNS:a.example,URI:https://b.example,"
                                         "DNS:a_b.example,DNS:192.0.2.1,RID:1.2.3.4,DNS:*");
    BOOST_TEST(to_text(certificate.identifiers()) == "a.example");
    BOOST_TEST(leaf("DER:3000").identifiers().empty());
    BOOST_TEST(leaf("DER:0500").identifiers().empty());
}

BOOST_AUTO_TEST_CASE(der_and_pem_come_back_as_they_were)
{
    const Certificate certificate = leaf("DNS:a.example");
    BOOST_TEST(Certificate::from_der(certificate.der()).der() == certificate.der());
    BOOST_TEST(certificate.pem().starts_with("-----BEGIN CERTIFICATE-----\n"));
    BOOST_TEST(certificate.pem().ends_with("\n-----END CERTIFICATE-----\n"));
    BOOST_TEST(parse_chain(certificate.pem()).front().der() == certificate.der());
}

BOOST_AUTO_TEST_CASE(openssl_agrees)
{
    const TempDir temp;
    const Certificate certificate = test_ca().issue({.key = leaf_key(),
                                                     .names = "DNS:a.example",
                                                     .common_name = "a.example",
                                                     .serial = "\xfe\xdc\xba"});
    std::ofstream(temp.path() + "/cert.pem") << certificate.pem();
    const ProgramResult result = run_program(
        "openssl x509 -noout -serial -subject -issuer -nameopt oneline -fingerprint -sha256 -in " +
        temp.path() + "/cert.pem");
    std::string fingerprint;
    for (std::size_t i = 0; i < 64; i += 2)
        fingerprint += (i ? ":" : "") + certificate.fingerprint().substr(i, 2);
    for (char &c : fingerprint)
        c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    BOOST_TEST(result.output == "serial=" + certificate.serial() + "\nsubject=" +
                                    certificate.subject() + "\nissuer=" + certificate.issuer() +
                                    "\nsha256 Fingerprint=" + fingerprint + "\n");
    BOOST_TEST(certificate.serial() == "FEDCBA");
}

BOOST_AUTO_TEST_CASE(serial_numbers_are_shown_as_openssl_does)
{
    const std::pair<std::string, std::string> rows[] = {
        {std::string(1, '\0'), "00"},
        {"\x01", "01"},
        {"\x0f\xff", "0FFF"},
        {"\x80", "80"},
        {std::string("\0\x87\x65\x43\x21", 5), "87654321"},
        {std::string(20, '\x7f'), "7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F7F"}};
    for (const auto &[bytes, text] : rows)
        BOOST_TEST(test_ca()
                       .issue({.key = leaf_key(), .names = "DNS:a.example", .serial = bytes})
                       .serial() == text);
}

BOOST_AUTO_TEST_CASE(the_renewal_info_id_is_that_of_rfc_9773)
{
    // Section 4.1: the key identifier and serial number of its example.
    const Certificate certificate =
        test_ca().issue({.key = leaf_key(),
                         .names = "DNS:a.example",
                         .serial = "\x87\x65\x43\x21",
                         .aki = "DER:3016801469885b6b87464041e1b37b847ba0ae2cde01c8d4"});
    BOOST_TEST(certificate.renewal_info_id().value() == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
}

BOOST_AUTO_TEST_CASE(the_serial_number_of_an_id_is_that_of_the_der)
{
    const std::pair<std::string, std::string> rows[] = {{std::string(1, '\0'), "AA"},
                                                        {"\x01", "AQ"},
                                                        {"\x7f", "fw"},
                                                        {"\x80", "AIA"},
                                                        {"\x01\x80", "AYA"}};
    for (const auto &[bytes, text] : rows) {
        const Certificate certificate =
            test_ca().issue({.key = leaf_key(), .names = "DNS:a.example", .serial = bytes});
        const std::string id = certificate.renewal_info_id().value();
        BOOST_TEST(id.substr(id.find('.') + 1) == text);
    }
}

BOOST_AUTO_TEST_CASE(without_a_key_identifier_there_is_no_renewal_info_id)
{
    // None; one that names issuer and serial number alone; an empty one; a damaged one.
    const Certificate none =
        test_ca().issue({.key = leaf_key(), .names = "DNS:a.example", .with_aki = false});
    BOOST_TEST(!none.renewal_info_id());
    for (const char *aki : {"DER:3000", "DER:3003820101", "DER:30028000", "DER:0500"}) {
        const Certificate certificate =
            test_ca().issue({.key = leaf_key(), .names = "DNS:a.example", .aki = aki});
        BOOST_TEST(!certificate.renewal_info_id(), aki);
    }
}

BOOST_AUTO_TEST_CASE(the_issuer_must_fit_by_name_and_by_key)
{
    const Certificate certificate = leaf("DNS:a.example");
    BOOST_TEST(certificate.is_issued_by(test_ca().certificate()));
    BOOST_TEST(test_ca().certificate().is_issued_by(test_ca().certificate()));
    BOOST_TEST(!certificate.is_issued_by(certificate));
    BOOST_TEST(!test_ca().certificate().is_issued_by(certificate));
    BOOST_TEST(!certificate.is_issued_by(TestCa("Test CA").certificate()));
    const Certificate renamed = test_ca().issue(
        {.key = test_ca().key().public_key(), .names = "", .common_name = "Other", .is_ca = true});
    BOOST_TEST(!certificate.is_issued_by(renamed));
}

BOOST_AUTO_TEST_CASE(a_changed_certificate_is_not_issued_by_anyone)
{
    std::string der = leaf("DNS:a.example").der();
    der[der.find("a.example")] = 'b';
    const Certificate changed = Certificate::from_der(der);
    BOOST_TEST(to_text(changed.identifiers()) == "b.example");
    BOOST_TEST(!changed.is_issued_by(test_ca().certificate()));
}

BOOST_AUTO_TEST_CASE(what_is_no_certificate_is_refused)
{
    const std::string good = leaf("DNS:a.example").der();
    const auto error = [](const std::string &der) {
        return error_of([&] { Certificate::from_der(der); });
    };
    for (const std::string &der : {std::string(), std::string("x"), std::string(100000, '\x30'),
                                   good.substr(1), leaf_key().spki()})
        BOOST_TEST(error(der).starts_with("read a certificate: "));
    for (std::size_t size = 0; size < good.size(); ++size)
        BOOST_TEST(error(good.substr(0, size)).starts_with("read a certificate: "));
    BOOST_TEST(error(good + "x") == "read a certificate: bytes follow it");
    BOOST_REQUIRE(good.starts_with("\x30\x82"));
    BOOST_TEST(error("\x30\x80" + good.substr(4) + std::string(2, '\0')) ==
               "read a certificate: it is not DER");
}

BOOST_AUTO_TEST_CASE(a_key_of_an_unknown_kind_is_an_error_only_when_asked_for)
{
    const ProgramResult result =
        run_program("openssl req -x509 -newkey ED448 -nodes -keyout /dev/null -subj /CN=a "
                    "-outform DER 2>/dev/null");
    BOOST_REQUIRE(result.status == 0);
    const Certificate certificate = Certificate::from_der(result.output);
    BOOST_TEST(certificate.is_issued_by(certificate));
    BOOST_CHECK_THROW(certificate.public_key(), Error);
}

BOOST_AUTO_TEST_SUITE_END()
