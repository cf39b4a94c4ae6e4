// SPDX-License-Identifier: MIT
#include "crypto/hkdf.h"

#include "base/encoding.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(hkdf_test)

// RFC 5869, appendix A: the first block of each.
BOOST_AUTO_TEST_CASE(the_vectors_of_rfc_5869_come_out)
{
    const struct {
        const char *input;
        const char *salt;
        const char *info;
        const char *output;
    } table[] = {
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
         "f0f1f2f3f4f5f6f7f8f9",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"},
        {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"},
    };
    for (const auto &row : table) {
        const Secret output =
            hkdf_sha256(*hex_decode(row.input), *hex_decode(row.salt), *hex_decode(row.info));
        BOOST_TEST(hex_encode(output.view()) == row.output);
    }
}

// RFC 4231, test case 2.
BOOST_AUTO_TEST_CASE(a_vector_of_rfc_4231_comes_out)
{
    BOOST_TEST(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?").view()) ==
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

BOOST_AUTO_TEST_SUITE_END()
