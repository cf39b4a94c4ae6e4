// SPDX-License-Identifier: MIT
#include "base/encoding.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

std::string all_bytes()
{
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    return bytes;
}

}

BOOST_AUTO_TEST_SUITE(encoding_test)

BOOST_AUTO_TEST_CASE(vectors_of_rfc_4648)
{
    const struct {
        std::string bytes, base64, base64url, hex;
    } cases[] = {
        {"", "", "", ""},
        {"f", "Zg==", "Zg", "66"},
        {"fo", "Zm8=", "Zm8", "666f"},
        {"foo", "Zm9v", "Zm9v", "666f6f"},
        {"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
        {"\xFB\xFF\xBF", "+/+/", "-_-_", "fbffbf"},
        {std::string(1, '\0'), "AA==", "AA", "00"},
    };
    for (const auto &c : cases) {
        BOOST_TEST(base64_encode(c.bytes) == c.base64);
        BOOST_TEST(base64url_encode(c.bytes) == c.base64url);
        BOOST_TEST(hex_encode(c.bytes) == c.hex);
        BOOST_TEST((base64url_decode(c.base64url) == c.bytes), c.base64url);
        BOOST_TEST((base64_decode(c.base64) == c.bytes), c.base64);
        const std::string raw = c.base64.substr(0, c.base64.find('='));
        BOOST_TEST(base64_raw_encode(c.bytes) == raw);
        BOOST_TEST((base64_raw_decode(raw) == c.bytes), raw);
        BOOST_TEST((hex_decode(c.hex) == c.bytes), c.hex);
    }
}

BOOST_AUTO_TEST_CASE(every_byte_and_every_length_comes_back)
{
    const std::string bytes = all_bytes() + all_bytes();
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const std::string part = bytes.substr(bytes.size() - size);
        BOOST_TEST((base64url_decode(base64url_encode(part)) == part));
        BOOST_TEST((hex_decode(hex_encode(part)) == part));
        BOOST_TEST(base64_encode(part).size() == (size + 2) / 3 * 4);
    }
}

BOOST_AUTO_TEST_CASE(base64_with_a_second_spelling_is_refused)
{
    for (const std::string_view text : {"A", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8", "Zm-_",
                                        "Zg==Zg==", "=", "====", "Zm9v\n", "A==="})
        BOOST_TEST(!base64_decode(text), text);
    for (const std::string_view text : {"A", "Zg==", "Zh", "Zm9=", "Zm-_", "Zm9v\n"})
        BOOST_TEST(!base64_raw_decode(text), text);
}

BOOST_AUTO_TEST_CASE(base64url_with_a_second_spelling_is_refused)
{
    const std::string_view cases[] = {
        "A",
        "AAAAA", // one character says less than a byte
        "Zg==",
        "Zm8=",
        "Zm9v====",
        "=",
        "Zg=", // padding
        "Zh",
        "Zv",
        "Z_", // bits beyond the last byte
        "Zm9",
        "Zm-",
        "Zm 9v",
        "Zm9v\n",
        " Zm9v",
        "Zm9\tv",
        "Zm9+",
        "Zm/v", // the other alphabet
        "Zm9.",
        "Zm9\xC3",
        "\xFF\xFF\xFF\xFF",
        std::string_view("Zm\0v", 4),
    };
    for (const std::string_view text : cases)
        BOOST_TEST(!base64url_decode(text), "\"" << text << '"');
}

BOOST_AUTO_TEST_CASE(each_value_has_one_spelling)
{
    // All texts of two characters: those that decode come back as they were.
    int decoded = 0;
    for (const char first : all_bytes())
        for (const char second : all_bytes()) {
            const std::string text{first, second};
            const auto bytes = base64url_decode(text);
            decoded += bytes.has_value();
            if (bytes && base64url_encode(*bytes) != text)
                BOOST_ERROR("another spelling of " + base64url_encode(*bytes));
        }
    BOOST_TEST(decoded == 256);
}

BOOST_AUTO_TEST_CASE(hex_takes_either_case_and_nothing_else)
{
    BOOST_TEST((hex_decode("aBcDeF") == "\xAB\xCD\xEF"));
    for (const std::string_view text : {"0", "000", "0g", "g0", "0x", " 00", "00 ", "0\n", "-1"})
        BOOST_TEST(!hex_decode(text), "\"" << text << '"');
    BOOST_TEST(!hex_decode(std::string_view("\0\0", 2)));
}

BOOST_AUTO_TEST_CASE(only_the_base64url_alphabet_counts)
{
    BOOST_TEST(is_base64url_text("a", 128));
    BOOST_TEST(is_base64url_text("azAZ09-_", 8));
    BOOST_TEST(!is_base64url_text("azAZ09-_", 7));
    for (const char *text : {"", "a=", "a+b", "a/b", "../x", ".", "a.b", "a b", "a\n", "\xC3\xA4"})
        BOOST_TEST(!is_base64url_text(text, 128));
    BOOST_TEST(!is_base64url_text(std::string_view("a\0b", 3), 128));
}

BOOST_AUTO_TEST_SUITE_END()
