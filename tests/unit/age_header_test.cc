// SPDX-License-Identifier: MIT
#include "crypto/age_header.h"

#include "unit/age_samples.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    return text.replace(text.find(from), from.size(), to);
}

std::string share_of(const std::string &stanza)
{
    return stanza.substr(10, 43);
}

const std::string unknown = "-> joint 1 ~!\nQUJD\n-> empty\n\n";
const std::string full_line(64, 'A');

}

BOOST_AUTO_TEST_SUITE(age_header_test)

BOOST_AUTO_TEST_CASE(what_the_format_allows_is_opened)
{
    const AgeSample sample;
    const AgeIdentity other = AgeIdentity::generate();
    const std::string ours = sample.stanza();
    const std::string table[] = {
        ours,
        sample.stanza_for(other.recipient()) + ours,
        ours + sample.stanza_for(other.recipient()),
        ours + ours,
        unknown + ours,
        ours + unknown,
        // Bodies: of many lines; of one full line, which an empty one must follow.
        "-> long\n" + full_line + "\n" + full_line + "\nAAAA\n" + ours,
        "-> full\n" + full_line + "\n\n" + ours,
        "-> x25519 case matters\n\n" + ours,
    };
    for (const std::string &stanzas : table) {
        const auto opened = sample.open(sample.file(stanzas));
        BOOST_TEST(opened.error == "", stanzas << opened.error);
        BOOST_TEST(opened.text == "text");
    }
}

BOOST_AUTO_TEST_CASE(a_damaged_stanza_is_refused_with_its_reason)
{
    const AgeSample sample;
    const std::string ours = sample.stanza();
    const std::string share = share_of(ours);
    const std::string body = ours.substr(54, 43);
    const std::string longer = base64_raw_encode(*base64_raw_decode(share) + "x");
    const std::string shorter = base64_raw_encode(base64_raw_decode(share)->substr(1));
    // 43 characters hold 258 bits: the last two must be zero.
    const auto not_canonical = [](std::string text) {
        text.back() = static_cast<char>(text.back() + 1);
        return text;
    };
    AgeStanza long_key{{"X25519", share}, std::string(48, 'k')};
    const struct {
        std::string stanzas;
        const char *reason;
    } table[] = {
        {"", "it has no recipient"},
        {unknown, "none of the identities opens it"},
        {replaced(ours, "X25519", "x25519"), "none of the identities opens it"},
        {sample.stanza_for(AgeIdentity::generate().recipient()), "sealed for others"},
        {replaced(ours, "-> X25519 ", "-> X25519 extra "), "has not two arguments"},
        {replaced(ours, share, share + " x"), "has not two arguments"},
        {replaced(ours, " " + share, ""), "has not two arguments"},
        {replaced(ours, share, longer), "share of an X25519 stanza has not 32 bytes"},
        {replaced(ours, share, shorter), "share of an X25519 stanza has not 32 bytes"},
        {replaced(ours, share, not_canonical(share)), "share of an X25519 stanza is not canonical"},
        {replaced(ours, share, share + "="), "share of an X25519 stanza is not canonical"},
        {replaced(ours, share, std::string(43, 'A')), "is of low order"},
        {replaced(ours, share, "AQ" + std::string(41, 'A')), "is of low order"},
        {ours + replaced(ours, share, std::string(43, 'A')), "is of low order"},
        {replaced(ours, body, not_canonical(body)), "body is not canonical"},
        {replaced(ours, body, body + "="), "body is not canonical"},
        {replaced(ours, body, body.substr(0, 41)), "body is not canonical"},
        {replaced(ours, body, ""), "body of an X25519 stanza has not 32 bytes"},
        {replaced(ours, body, body.substr(0, 40)), "body of an X25519 stanza has not 32 bytes"},
        {AgeSample::text_of(long_key) + ours, "body of an X25519 stanza has not 32 bytes"},
        {ours + "-> X25519 a\n\n", "share of an X25519 stanza is not canonical"},
        {replaced(ours, "-> ", "->"), "does not begin with \"-> \""},
        {replaced(ours, "-> ", "--> "), "does not begin with \"-> \""},
        {replaced(ours, "-> ", "---> "), "last line is not"},
        {replaced(ours, "-> ", " -> "), "does not begin with \"-> \""},
        {replaced(ours, "-> ", "->  "), "an empty argument"},
        {replaced(ours, "X25519 ", "X25519  "), "an empty argument"},
        {replaced(ours, share, share + " "), "an empty argument"},
        {replaced(ours, share + "\n", share + "\r\n"), "not visible"},
        {replaced(ours, body + "\n", body + "\r\n"), "body is not canonical"},
        {"-> \n\n" + ours, "an empty argument"},
        {"-> a\x7f\n\n" + ours, "not visible"},
        {"-> \xc3\xa9\n\n" + ours, "not visible"},
        {"-> long\n" + full_line + "A\n" + ours, "longer than 64 columns"},
        // Without its empty last line the next stanza is taken for the body.
        {"-> full\n" + full_line + "\n" + ours, "body is not canonical"},
        {"-> short\nAAAA\nAAAA\n" + ours, "does not begin with \"-> \""},
        {"-> none\n" + ours, "body is not canonical"},
        {"\n" + ours, "does not begin with \"-> \""},
        {ours + "-> scrypt salt 10\n\n", "a passphrase beside other recipients"},
        {"-> scrypt salt 10\n\n", "sealed with a passphrase"},
        {"-> " + std::string(40000, 'x') + "\n\n" + ours, "a line is too long"},
    };
    for (const auto &row : table) {
        const auto opened = sample.open(sample.file(row.stanzas));
        BOOST_TEST(holds(opened.error, row.reason), row.stanzas.substr(0, 300)
                                                        << ": " << opened.error);
        BOOST_TEST(opened.text == "");
    }
    std::string many;
    while (many.size() < 1100000)
        many += "-> " + std::string(1000, 'x') + "\n\n";
    BOOST_TEST(sample.open(sample.file(many + ours)).error ==
               "the header is damaged: it is larger than 1 MiB");
}

BOOST_AUTO_TEST_CASE(a_damaged_first_or_last_line_is_refused_with_its_reason)
{
    const AgeSample sample;
    const std::string ours = sample.stanza();
    const std::string header = sample.header();
    const std::string mac = header.substr(header.size() - 44, 43);
    std::string other_mac = mac;
    other_mac[0] = mac[0] == 'A' ? 'B' : 'A';
    std::string not_canonical = mac;
    ++not_canonical.back();
    const struct {
        std::string header;
        const char *reason;
    } table[] = {
        {sample.header(ours, "age-encryption.org/v2"), "version of the age format is not known"},
        {sample.header(ours, "age-encryption.org/v1 "), "version of the age format is not known"},
        {sample.header(ours, "age-encryption.org/v1\r"), "version of the age format is not known"},
        {sample.header(ours, "age-encryption.org/v"), "version of the age format is not known"},
        {sample.header(ours, "Age-encryption.org/v1"), "this is no age file"},
        {sample.header(ours, ""), "this is no age file"},
        {"\n" + header, "this is no age file"},
        {"\xef\xbb\xbf" + header, "this is no age file"},
        {replaced(header, mac, other_mac), "its MAC is wrong"},
        {replaced(header, mac, not_canonical), "a MAC in canonical base64"},
        {replaced(header, mac, mac + "="), "a MAC in canonical base64"},
        {replaced(header, mac, mac.substr(0, 42)), "a MAC in canonical base64"},
        {replaced(header, mac, mac.substr(0, 40)), "a MAC in canonical base64"},
        {replaced(header, mac, mac + "AA"), "a MAC in canonical base64"},
        {replaced(header, "--- " + mac, "---"), "a MAC in canonical base64"},
        {replaced(header, "--- ", "---"), "a MAC in canonical base64"},
        {replaced(header, "--- ", "---  "), "a MAC in canonical base64"},
        {replaced(header, mac + "\n", mac + " \n"), "a MAC in canonical base64"},
        {replaced(header, mac + "\n", mac + "\r\n"), "a MAC in canonical base64"},
        {replaced(header, "--- ", "---- "), "a MAC in canonical base64"},
    };
    for (const auto &row : table) {
        const auto opened =
            sample.open(row.header + AgeSample::nonce() + sample.chunk(0, true, "text"));
        BOOST_TEST(holds(opened.error, row.reason), row.header << ": " << opened.error);
        BOOST_TEST(opened.text == "");
    }
}

BOOST_AUTO_TEST_CASE(a_header_is_refused_at_whatever_byte_it_ends)
{
    const AgeSample sample;
    const std::string header = sample.header();
    for (std::size_t size = 0; size < header.size(); ++size) {
        const std::string error = sample.open(header.substr(0, size)).error;
        const char *reason = size == 0   ? "the file is empty"
                             : size < 19 ? "the file is cut off"
                                         : "the header is damaged: it is cut off";
        BOOST_TEST(error == reason, size << ": " << error);
    }
    BOOST_TEST(sample.open(header).error == "the file is cut off after its header");
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_anywhere_is_refused)
{
    const AgeSample sample;
    const std::string file = sample.file(unknown + sample.stanza());
    for (std::size_t i = 0; i < file.size(); ++i) {
        std::string changed = file;
        changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 7)));
        const auto opened = sample.open(changed);
        BOOST_TEST(opened.error != "", "byte " << i);
        BOOST_TEST(opened.text == "");
    }
}

BOOST_AUTO_TEST_CASE(without_a_recipient_nothing_is_sealed)
{
    BOOST_TEST(thrown_by([] { age_seal({}, "text"); }) == "seal: there is no recipient");
}

BOOST_AUTO_TEST_SUITE_END()
