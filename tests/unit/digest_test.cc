// SPDX-License-Identifier: MIT
#include "crypto/digest.h"

#include "base/encoding.h"
#include "base/error.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(digest_test)

BOOST_AUTO_TEST_CASE(sha256_gives_the_digests_of_fips_180)
{
    const struct {
        std::string text, expected;
    } rows[] = {{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
                {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
                {std::string(1000000, 'a'),
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
    for (const auto &row : rows)
        BOOST_TEST(hex_encode(sha256(row.text)) == row.expected);
    BOOST_TEST(hex_encode(sha256(std::string_view())) == rows[0].expected);
    BOOST_TEST(sha256(std::string("a\0b", 3)) != sha256("a"));
}

BOOST_AUTO_TEST_CASE(hmac_gives_the_tags_of_rfc_4231)
{
    const struct {
        int bits;
        std::string key, text, expected;
    } rows[] = {{256, std::string(20, '\x0b'), "Hi There",
                 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
                {384, std::string(20, '\x0b'), "Hi There",
                 "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
                 "faea9ea9076ede7f4af152e8b2fa9cb6"},
                {512, std::string(20, '\x0b'), "Hi There",
                 "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                 "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
                {256, "Jefe", "what do ya want for nothing?",
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
                {384, "Jefe", "what do ya want for nothing?",
                 "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                 "8e2240ca5e69e2c78b3239ecfab21649"},
                {512, "Jefe", "what do ya want for nothing?",
                 "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                 "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
                {256, std::string(131, '\xaa'),
                 "Test Using Larger Than Block-Size Key - Hash Key First",
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"}};
    for (const auto &row : rows)
        BOOST_TEST(hex_encode(hmac_sha2(row.bits, row.key, row.text)) == row.expected);
}

BOOST_AUTO_TEST_CASE(hmac_takes_an_empty_key_and_an_empty_text)
{
    const std::string expected = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    BOOST_TEST(hex_encode(hmac_sha2(256, "", "")) == expected);
    BOOST_TEST(hex_encode(hmac_sha2(256, {}, {})) == expected);
    // A call does not remember the key of the one before.
    BOOST_TEST(hmac_sha2(256, "key", "") != hmac_sha2(256, "", ""));
}

BOOST_AUTO_TEST_CASE(other_sizes_of_sha_2_are_refused)
{
    for (const int bits : {0, 1, 160, 224, -256})
        BOOST_CHECK_EXCEPTION(hmac_sha2(bits, "k", "t"), Error, [bits](const Error &e) {
            return std::string(e.what()) ==
                   "hmac: there is no SHA-2 of " + std::to_string(bits) + " bits";
        });
}

BOOST_AUTO_TEST_SUITE_END()
