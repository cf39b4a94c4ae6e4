// SPDX-License-Identifier: MIT
#include "crypto/bech32.h"

#include "base/encoding.h"
#include "base/random.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

std::string encoded(std::string_view prefix, std::string_view bytes)
{
    return std::string(bech32_encode(prefix, bytes).view());
}

}

BOOST_AUTO_TEST_SUITE(bech32_test)

BOOST_AUTO_TEST_CASE(the_examples_of_bip_173_are_read)
{
    const struct {
        const char *text;
        const char *prefix;
        std::size_t size;
    } table[] = {
        {"A12UEL5L", "A", 0},
        {"a12uel5l", "a", 0},
        {"?1ezyfcl", "?", 0},
        {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", 20},
        {"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", 30},
        {"an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tg"
         "s",
         "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio", 0},
    };
    for (const auto &row : table) {
        const Bech32 read = bech32_decode(row.text);
        BOOST_TEST(read.prefix == row.prefix);
        BOOST_TEST(read.bytes.size() == row.size, row.text);
        BOOST_TEST(encoded(read.prefix, read.bytes.view()) == row.text);
    }
    BOOST_TEST(
        hex_encode(bech32_decode("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw").bytes.view()) ==
        "00443214c74254b635cf84653a56d7c675be77df");
}

BOOST_AUTO_TEST_CASE(what_was_written_is_read)
{
    for (std::size_t size = 0; size < 70; ++size) {
        const std::string bytes = random_bytes(size);
        const std::string text = encoded("age", bytes);
        BOOST_TEST((bech32_decode(text).bytes.view() == bytes));
        BOOST_TEST((encoded("AGE-", bytes).find_first_of("abcdefghijklmnopqrstuvwxyz") ==
                    std::string::npos));
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_bech32_is_refused_with_the_reason)
{
    const struct {
        std::string text;
        const char *reason;
    } table[] = {
        {"", "no Bech32 prefix"},
        {"pzry9x0s0muk", "no Bech32 prefix"},
        {"1pzry9x0s0muk", "no Bech32 prefix"},
        {"x1b4n0q5v", "character that Bech32 data has not"},
        {"li1dgmt3", "too short"},
        {std::string("de1lg7wt\xff"), "character that Bech32 has not"},
        {"\x20"
         "1nwldj5",
         "character that Bech32 has not"},
        {"A1G7SGD8", "checksum is wrong"},
        {"a12UEL5L", "mixes upper and lower case"},
        {"a12uel5q", "checksum is wrong"},
        // Sound checksums, and characters or bits too many for whole bytes.
        {"age1rpdprdyv", "last bits are not zero"},
        {"age1ryqhe9j02", "more characters than its bytes need"},
        {"age1qdd35qf", "more characters than its bytes need"},
        {std::string(9000, 'q'), "too long"},
    };
    for (const auto &row : table) {
        const std::string error = thrown_by([&] { bech32_decode(row.text); });
        BOOST_TEST(holds(error, row.reason), row.text << ": " << error);
    }
}

BOOST_AUTO_TEST_CASE(a_changed_character_is_noticed)
{
    const std::string text = encoded("age", std::string(32, 'k'));
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'q' ? 'p' : 'q';
        BOOST_CHECK_THROW(bech32_decode(changed), Error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
