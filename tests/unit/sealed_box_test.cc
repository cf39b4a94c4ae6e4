// SPDX-License-Identifier: MIT
#include "crypto/sealed_box.h"

#include "base/error.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace acmeproxy;

namespace {

const Secret &key()
{
    static const Secret secret(std::string(box_key_size, 'k'));
    return secret;
}

const Secret &other_key()
{
    static const Secret secret(std::string(box_key_size, 'o'));
    return secret;
}

}

BOOST_AUTO_TEST_SUITE(sealed_box_test)

BOOST_AUTO_TEST_CASE(what_is_sealed_is_opened)
{
    for (const std::string &text :
         {std::string(), std::string("x"), std::string(5000, '\xff'), std::string("a\0b", 3)}) {
        BOOST_TEST((open_box(key(), seal_box(key(), text, "c"), "c") == text));
        BOOST_TEST((open_box(key(), seal_box_deterministic(key(), text, "c"), "c") == text));
    }
}

BOOST_AUTO_TEST_CASE(another_key_or_context_opens_nothing)
{
    const std::string box = seal_box(key(), "text", "context");
    BOOST_TEST(!open_box(other_key(), box, "context"));
    for (const char *context : {"", "contex", "context ", "Context"})
        BOOST_TEST(!open_box(key(), box, context), context);
}

BOOST_AUTO_TEST_CASE(each_changed_bit_and_each_cut_is_seen)
{
    const std::string box = seal_box(key(), "some text", "c");
    for (std::size_t i = 0; i < box.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = box;
            changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
            BOOST_TEST(!open_box(key(), changed, "c"));
        }
        BOOST_TEST(!open_box(key(), box.substr(0, i), "c"));
    }
    BOOST_TEST(!open_box(key(), box + "x", "c"));
}

BOOST_AUTO_TEST_CASE(one_text_has_one_deterministic_box_and_another_random_one_each_time)
{
    BOOST_TEST(
        (seal_box_deterministic(key(), "t", "c") == seal_box_deterministic(key(), "t", "c")));
    BOOST_TEST((seal_box(key(), "t", "c") != seal_box(key(), "t", "c")));
}

BOOST_AUTO_TEST_CASE(text_and_context_are_kept_apart_in_the_derived_nonce)
{
    std::set<std::string> nonces;
    for (const auto &[text, context] :
         {std::pair("ab", ""), std::pair("b", "a"), std::pair("", "ab"), std::pair("2:ab", ""),
          std::pair("", "2:ab")})
        nonces.insert(seal_box_deterministic(key(), text, context).substr(0, 24));
    nonces.insert(seal_box_deterministic(other_key(), "ab", "").substr(0, 24));
    BOOST_TEST(nonces.size() == 6U);
}

BOOST_AUTO_TEST_CASE(an_empty_or_short_key_is_an_error_not_a_default)
{
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{16}, std::size_t{31}, std::size_t{33}}) {
        const Secret bad(std::string(size, 'k'));
        BOOST_CHECK_THROW(seal_box(bad, "t", "c"), Error);
        BOOST_CHECK_THROW(seal_box_deterministic(bad, "t", "c"), Error);
        BOOST_CHECK_THROW(open_box(bad, std::string(60, 'x'), "c"), Error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
