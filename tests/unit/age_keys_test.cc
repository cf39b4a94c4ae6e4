// SPDX-License-Identifier: MIT
#include "crypto/age.h"

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/bech32.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

// Made with age-keygen 1.1.1.
constexpr const char *identity_text =
    "AGE-SECRET-KEY-17SX7L33DP8PUXK4PUCX5XHSKMU833X3ADCM9RC26KF673E9F865QF27S4Y";
constexpr const char *recipient_text =
    "age1tnc3u3ufqx49k9xgx884w5vufk8vz42e8eeem06wktpz92h29e9qm84zuf";

std::string encoded(std::string_view prefix, const std::string &bytes)
{
    return std::string(bech32_encode(prefix, bytes).view());
}

}

BOOST_AUTO_TEST_SUITE(age_keys_test)

BOOST_AUTO_TEST_CASE(an_identity_of_age_keygen_has_the_same_recipient_here)
{
    const AgeIdentity identity = AgeIdentity::parse(identity_text);
    BOOST_TEST(identity.recipient().text() == recipient_text);
    BOOST_TEST((identity.text().view() == identity_text));
    BOOST_TEST((AgeRecipient::parse(recipient_text) == identity.recipient()));
}

BOOST_AUTO_TEST_CASE(new_identities_differ_and_survive_their_text)
{
    const AgeIdentity one = AgeIdentity::generate();
    const AgeIdentity other = AgeIdentity::generate();
    BOOST_TEST((one.recipient() != other.recipient()));
    BOOST_TEST((AgeIdentity::parse(one.text().view()).recipient() == one.recipient()));
}

BOOST_AUTO_TEST_CASE(what_is_no_recipient_is_refused_with_the_reason)
{
    const std::string key(32, 'k');
    const std::string low_order[] = {
        std::string(32, '\0'),
        std::string("\1") + std::string(31, '\0'),
        *hex_decode("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        *hex_decode("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
        *hex_decode("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        *hex_decode("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
        *hex_decode("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    };
    for (const std::string &point : low_order) {
        const std::string error = thrown_by([&] { AgeRecipient::parse(encoded("age", point)); });
        BOOST_TEST(holds(error, "low order"), error);
    }
    const struct {
        std::string text;
        const char *reason;
    } table[] = {
        {"", "no Bech32 prefix"},
        {"age1", "too short"},
        {"ssh-ed25519 AAAA", "character that Bech32 has not"},
        {encoded("AGE", key), "does not begin with \"age1\""},
        {encoded("age1tag", key), "does not begin with \"age1\""},
        {encoded("age", key + "k"), "length"},
        {encoded("age", key.substr(1)), "length"},
        {std::string(recipient_text) + "q", "checksum"},
        {"age1" + std::string(4, '\n'), "age1????"},
    };
    for (const auto &row : table) {
        const std::string error = thrown_by([&] { AgeRecipient::parse(row.text); });
        BOOST_TEST(holds(error, row.reason), row.text << ": " << error);
        BOOST_TEST(holds(error, "read the age recipient"), error);
    }
}

BOOST_AUTO_TEST_CASE(a_secret_key_is_never_in_an_error)
{
    const std::string body = std::string(identity_text).substr(20, 30);
    const std::string wrong[] = {std::string(identity_text) + "Q", to_lower(identity_text),
                                 std::string(identity_text).substr(0, 60)};
    for (const std::string &text : wrong) {
        std::string error = thrown_by([&] { AgeIdentity::parse(text); });
        BOOST_TEST(holds(error, "read an age identity: "), error);
        BOOST_TEST(!holds(to_lower(error), to_lower(body)));
        error = thrown_by([&] { AgeRecipient::parse(text); });
        BOOST_TEST(holds(error, "this is a secret key"), error);
        BOOST_TEST(!holds(to_lower(error), to_lower(body)));
        error = thrown_by([&] { parse_age_identities("# x\n\n" + text + "\n"); });
        BOOST_TEST(holds(error, "line 3: read an age identity"), error);
        BOOST_TEST(!holds(to_lower(error), to_lower(body)));
    }
}

BOOST_AUTO_TEST_CASE(files_of_keys_are_read_line_by_line)
{
    const std::string text = std::string("# created: 2026\n# public key: ") + recipient_text +
                             "\n" + identity_text + "\r\n\n  " + identity_text;
    BOOST_TEST(parse_age_identities(text).size() == 2U);
    BOOST_TEST(parse_age_recipients(std::string("#\n") + recipient_text).size() == 1U);
    BOOST_TEST(holds(thrown_by([&] { parse_age_identities("# nothing\n"); }),
                     "there is no age identity in it"));
    BOOST_TEST(
        holds(thrown_by([&] { parse_age_recipients(""); }), "there is no age recipient in it"));
    BOOST_TEST(holds(thrown_by([&] { parse_age_recipients(text); }), "line 3: "));
}

BOOST_AUTO_TEST_SUITE_END()
