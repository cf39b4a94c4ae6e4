// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "crypto/certificate.h"
#include "unit/key_samples.h"
#include "unit/test_ca.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(chain_test)

namespace {

constexpr Time now = TestCa::epoch;

/// A root, an intermediate and the chain of a leaf for "a.example" and 192.0.2.1.
struct Fixture {
    TestCa root;
    TestCa ca{"Test Intermediate", root};
    PrivateKey key = PrivateKey::generate(KeyType::ec256);
    std::vector<Identifier> names{Identifier::parse("a.example"), Identifier::parse("192.0.2.1")};
    std::string pem = ca.issue_chain(Csr::make(key, names));

    std::string error(const std::string &chain_pem, Time at = now) const
    {
        return error_of([&] { check_chain(parse_chain(chain_pem), key.public_key(), names, at); });
    }
    std::string leaf_pem() const { return parse_chain(pem).front().pem(); }
};

std::string parse_error(const std::string &pem)
{
    return error_of([&] { parse_chain(pem); });
}

}

BOOST_FIXTURE_TEST_CASE(a_sound_chain_is_taken, Fixture)
{
    const std::vector<Certificate> chain = parse_chain(pem);
    BOOST_TEST(chain.size() == 2U);
    BOOST_TEST(chain[0].issuer_common_name() == "Test Intermediate");
    BOOST_TEST(chain[1].issuer_common_name() == "Test Root");
    BOOST_TEST(error(pem) == "no error");
    BOOST_TEST(error(pem + root.certificate().pem()) == "no error");
    BOOST_TEST(error(leaf_pem()) == "no error");
}

BOOST_FIXTURE_TEST_CASE(order_and_repetition_of_names_do_not_matter, Fixture)
{
    names = {Identifier::parse("192.0.2.1"), Identifier::parse("A.example"),
             Identifier::parse("a.example")};
    BOOST_TEST(error(pem) == "no error");
}

BOOST_FIXTURE_TEST_CASE(another_key_is_refused, Fixture)
{
    key = PrivateKey::generate(KeyType::ec256);
    BOOST_TEST(error(pem) == "certificate chain: the certificate is for another key");
    key = PrivateKey::generate(KeyType::ed25519);
    BOOST_TEST(error(pem) == "certificate chain: the certificate is for another key");
}

BOOST_FIXTURE_TEST_CASE(other_names_are_refused, Fixture)
{
    const std::string begin =
        "certificate chain: the certificate is for \"a.example, 192.0.2.1\" instead of ";
    const std::pair<std::vector<Identifier>, std::string> rows[] = {
        {{}, "\"\""},
        {{names[0]}, "\"a.example\""},
        {{names[0], names[1], Identifier::parse("b.example")},
         "\"a.example, 192.0.2.1, b.example\""},
        {{Identifier::parse("b.example"), names[1]}, "\"b.example, 192.0.2.1\""},
        {{Identifier::parse("*.example"), names[1]}, "\"*.example, 192.0.2.1\""}};
    for (const auto &[wanted, text] : rows) {
        names = wanted;
        BOOST_TEST(error(pem) == begin + text);
    }
}

BOOST_FIXTURE_TEST_CASE(a_broken_link_is_refused, Fixture)
{
    TestCa other("Other", root);
    TestCa same_name("Test Intermediate", root);
    BOOST_TEST(error(leaf_pem() + other.certificate().pem()) ==
               "certificate chain: the certificate with serial number 40000001 is not issued by "
               "\"CN = Other\", which follows it");
    BOOST_TEST(error(leaf_pem() + same_name.certificate().pem())
                   .ends_with("is not issued by \"CN = Test Intermediate\", which follows it"));
    BOOST_TEST(error(leaf_pem() + leaf_pem()).find("is not issued by") != std::string::npos);
    BOOST_TEST(error(leaf_pem() + root.certificate().pem() + ca.certificate().pem())
                   .ends_with("is not issued by \"CN = Test Root\", which follows it"));
    BOOST_TEST(error(pem + other.certificate().pem()) ==
               "certificate chain: \"CN = Test Intermediate\" is not issued by \"CN = Other\", "
               "which follows it");
}

BOOST_FIXTURE_TEST_CASE(the_first_certificate_must_be_the_leaf, Fixture)
{
    BOOST_TEST(error(ca.certificate().pem() + leaf_pem()) ==
               "certificate chain: the certificate is for another key");
}

BOOST_FIXTURE_TEST_CASE(an_expired_certificate_is_refused, Fixture)
{
    const Time end = now + std::chrono::days(90);
    BOOST_TEST(error(pem, end) == "no error");
    BOOST_TEST(error(pem, end + Seconds(1)) ==
               "certificate chain: the certificate with serial number 40000001 expired at " +
                   format_rfc3339(end));
    // An intermediate that ends before the leaf.
    const std::string long_lived =
        ca.issue_chain(Csr::make(key, names), now, now + std::chrono::days(4000));
    BOOST_TEST(error(long_lived, now + std::chrono::days(3651)) ==
               "certificate chain: \"CN = Test Intermediate\" expired at " +
                   format_rfc3339(now + std::chrono::days(3650)));
}

BOOST_FIXTURE_TEST_CASE(not_yet_valid_is_the_callers_to_judge, Fixture)
{
    BOOST_TEST(error(pem, now - std::chrono::days(100)) == "no error");
}

BOOST_FIXTURE_TEST_CASE(an_empty_chain_is_refused, Fixture)
{
    const std::string none = "certificate chain: there is no certificate in it";
    for (const std::string &text : {std::string(), std::string("\n"), std::string("<html></html>"),
                                    std::string(3, '\0'), parse_chain(pem).front().der()})
        BOOST_TEST(parse_error(text) == none);
    BOOST_TEST(error_of([&] { check_chain({}, key.public_key(), names, now); }) == none);
}

BOOST_FIXTURE_TEST_CASE(any_other_block_is_refused, Fixture)
{
    const std::string private_key(key.to_pem().view());
    const std::string request = Csr::make(key, names).pem();
    const std::string other = "certificate chain: a PEM block is not a certificate";
    for (const std::string &text :
         {private_key, private_key + pem, pem + private_key, request + pem,
          leaf_pem() + private_key + ca.certificate().pem()})
        BOOST_TEST(parse_error(text) == other);
    std::string trusted = pem;
    for (std::size_t at = 0; (at = trusted.find("CERTIFICATE", at)) != std::string::npos; at += 19)
        trusted.insert(at, "TRUSTED ");
    BOOST_TEST(parse_error(trusted) == other);
}

BOOST_FIXTURE_TEST_CASE(damaged_blocks_are_refused, Fixture)
{
    std::string bad_character = pem;
    bad_character[100] = '*';
    for (const std::string &text :
         {bad_character, pem.substr(0, pem.size() - 20), pem + leaf_pem().substr(0, 300)})
        BOOST_TEST(parse_error(text).starts_with("read PEM: "), parse_error(text));
    BOOST_TEST(parse_error("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
                   .starts_with("read a certificate: "));
}

BOOST_FIXTURE_TEST_CASE(text_and_other_line_ends_are_taken, Fixture)
{
    std::string dos = "A note\n" + pem + "\nanother\n";
    for (std::size_t at = 0; (at = dos.find('\n', at)) != std::string::npos; at += 2)
        dos.insert(at, "\r");
    BOOST_TEST(error(dos) == "no error");
    // Without a final line end.
    BOOST_TEST(error(pem.substr(0, pem.size() - 1)) == "no error");
}

BOOST_FIXTURE_TEST_CASE(huge_chains_are_refused, Fixture)
{
    std::string text;
    for (int i = 0; i < 20; ++i)
        text += leaf_pem();
    BOOST_TEST(parse_chain(text).size() == 20U);
    BOOST_TEST(parse_error(text + leaf_pem()) == "certificate chain: more than 20 certificates");
    BOOST_TEST(parse_error(std::string((1 << 20) + 1, 'x')) == "read PEM: larger than 1 MiB");
}

BOOST_AUTO_TEST_SUITE_END()
