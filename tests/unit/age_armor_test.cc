// SPDX-License-Identifier: MIT
#include "crypto/age_armor.h"

#include "base/random.h"
#include "base/text.h"
#include "unit/age_samples.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const std::string begin_line = "-----BEGIN AGE ENCRYPTED FILE-----\n";
const std::string end_line = "-----END AGE ENCRYPTED FILE-----\n";

std::string armor(std::string_view bytes)
{
    std::string text;
    const AgeSink sink = [&](std::string_view part) { text.append(part); };
    ArmorWriter writer(sink);
    // In unequal parts, as headers and chunks come.
    for (std::size_t size = 1; !bytes.empty(); size = size * 7 % 101) {
        writer.write(bytes.substr(0, size));
        bytes.remove_prefix(std::min(size, bytes.size()));
    }
    writer.finish();
    return text;
}

std::string replaced(std::string text, const std::string &from, const std::string &to)
{
    return text.replace(text.find(from), from.size(), to);
}

std::string with_crlf(const std::string &text)
{
    std::string result;
    for (const char c : text)
        result += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return result;
}

/// A sound file whose armor's last line has `columns` characters.
std::string file_with_last_line(const AgeSample &sample, std::size_t columns)
{
    for (std::size_t size = 0;; ++size) {
        const std::string text =
            armor(age_seal({sample.identity.recipient()}, std::string(size, 'x')));
        const std::string body = text.substr(0, text.size() - end_line.size() - 1);
        if (body.size() - body.rfind('\n') - 1 == columns)
            return text;
    }
}

}

BOOST_AUTO_TEST_SUITE(age_armor_test)

BOOST_AUTO_TEST_CASE(armor_is_pem_of_64_columns)
{
    const AgeSample sample;
    const std::string text = armor(sample.file(sample.stanza()));
    BOOST_TEST(text.starts_with(begin_line));
    BOOST_TEST(text.ends_with(end_line));
    const std::vector<std::string> lines = split(text, '\n');
    for (std::size_t i = 1; i + 3 < lines.size(); ++i)
        BOOST_TEST(lines[i].size() == 64U);
}

BOOST_AUTO_TEST_CASE(what_surrounds_it_or_ends_its_lines_may_differ_a_little)
{
    const AgeSample sample;
    const std::string text = armor(sample.file(sample.stanza()));
    const std::string table[] = {
        text,
        with_crlf(text),
        text.substr(0, text.size() - 1),
        " \t\r\n\n" + text,
        std::string(1024, ' ') + text,
        text + "\r\n \t\n",
        text + std::string(1024, '\n'),
        file_with_last_line(sample, 64),
        file_with_last_line(sample, 4),
        file_with_last_line(sample, 60),
    };
    for (const std::string &file : table) {
        const auto opened = sample.open(file);
        BOOST_TEST(opened.error == "", file << opened.error);
        BOOST_TEST(sample.open(file, 1).error == "");
    }
}

BOOST_AUTO_TEST_CASE(damaged_armor_is_refused_with_its_reason)
{
    const AgeSample sample;
    const std::string text = armor(sample.file(sample.stanza()));
    const std::string body =
        text.substr(begin_line.size(), text.size() - begin_line.size() - end_line.size());
    const std::string line = body.substr(0, 65);
    const std::string full = file_with_last_line(sample, 64);
    const std::string padded = file_with_last_line(sample, 60);
    const struct {
        std::string file;
        const char *reason;
    } table[] = {
        {replaced(text, "AGE ENCRYPTED FILE", "PGP MESSAGE"), "does not begin with"},
        {replaced(text, "BEGIN AGE", "BEGIN  AGE"), "does not begin with"},
        {replaced(text, begin_line, "-----BEGIN AGE ENCRYPTED FILE----- \n"), "does not begin"},
        {replaced(text, begin_line, "-----begin age encrypted file-----\n"), "this is no age file"},
        {"x\n" + text, "this is no age file"},
        {std::string(1025, ' ') + text, "this is no age file"},
        {text + "x", "something follows its end"},
        {text + text, "something follows its end"},
        {text + std::string(1025, '\n'), "something follows its end"},
        {begin_line + body, "it is cut off"},
        {begin_line + body + end_line.substr(0, 20), "it is cut off"},
        {begin_line, "it is cut off"},
        {begin_line + body + "-----END AGE ENCRYPTED FILE-----x\n", "a line follows the last one"},
        {begin_line + body + "-----END PGP MESSAGE-----\n", "a line follows the last one"},
        {begin_line + "Comment: x\n" + body + end_line, "not canonical base64"},
        {begin_line + "\n" + body + end_line, "a line is empty"},
        {begin_line + line + "\n" + body.substr(65) + end_line, "a line is empty"},
        {begin_line + body + "\n" + end_line, "a line follows the last one"},
        {begin_line + body + "=AAAA\n" + end_line, "a line follows the last one"},
        {replaced(text, line, line.substr(0, 64) + " \n"), "longer than 64 columns"},
        {replaced(text, line, " " + line), "longer than 64 columns"},
        {replaced(text, line, line.substr(0, 63) + "\n" + line.substr(63)), "not canonical base64"},
        {replaced(text, line, line.substr(0, 60) + "\n" + line.substr(60)), "follows the last one"},
        {replaced(text, line, line.substr(0, 64) + body.substr(65, 4) + "\n"), "longer than 64"},
        {replaced(text, line, line.substr(0, 64) + std::string(100, 'A')), "longer than 64"},
        {replaced(text, line, line.substr(0, 63) + "*\n"), "not canonical base64"},
        {replaced(text, line, line.substr(0, 63) + "-\n"), "not canonical base64"},
        {replaced(text, line, line.substr(0, 60) + "AA==\n"), "a line follows the last one"},
        {begin_line + end_line, "the file is empty"},
    };
    for (const auto &row : table) {
        const auto opened = sample.open(row.file);
        BOOST_TEST(holds(opened.error, row.reason), row.file << ": " << opened.error);
        BOOST_TEST(opened.text == "", row.reason);
    }
}

BOOST_AUTO_TEST_CASE(padding_must_be_there_and_canonical)
{
    const AgeSample sample;
    for (std::size_t extra = 0; extra < 3; ++extra) {
        const std::string text =
            armor(age_seal({sample.identity.recipient()}, std::string(extra, 'x')));
        const std::size_t pad = text.find('=', begin_line.size());
        if (pad == std::string::npos)
            continue;
        std::string changed = text;
        ++changed[pad - 1]; // bits that must be zero
        BOOST_TEST(holds(sample.open(changed).error, "not canonical base64"));
        changed = text;
        changed.erase(pad, 1);
        BOOST_TEST(holds(sample.open(changed).error, "not canonical base64"));
        changed = text;
        changed.insert(pad, "=");
        BOOST_TEST(holds(sample.open(changed).error, "not canonical base64"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
