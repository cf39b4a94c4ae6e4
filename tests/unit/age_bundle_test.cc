// SPDX-License-Identifier: MIT
#include "crypto/age_bundle.h"

#include "base/random.h"
#include "unit/age_samples.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(age_bundle_test)

BOOST_AUTO_TEST_CASE(secret_and_text_are_one_file)
{
    const AgeSample sample;
    const AgeIdentity other = AgeIdentity::generate();
    const std::size_t sizes[][2] = {{0, 0},        {1, 0},       {0, 1},     {63, 1},
                                    {64, 64},      {241, 0},     {241, 1},   {241, 4000},
                                    {3272, 16000}, {241, 65295}, {65536, 0}, {0, 65536}};
    for (const auto &size : sizes) {
        const std::string secret = random_bytes(size[0]);
        const std::string text = random_bytes(size[1]);
        const std::string begun =
            begin_bundle({other.recipient(), sample.identity.recipient()}, secret);
        const auto opened = sample.open(finish_bundle(begun, text));
        BOOST_TEST(opened.error == "", size[0] << "+" << size[1] << ": " << opened.error);
        BOOST_TEST((opened.text == secret + text));
    }
}

BOOST_AUTO_TEST_CASE(it_can_be_finished_again_with_the_same_result)
{
    const AgeSample sample;
    const std::string begun = begin_bundle({sample.identity.recipient()}, "secret");
    BOOST_TEST(finish_bundle(begun, "text") == finish_bundle(begun, "text"));
    BOOST_TEST(sample.open(finish_bundle(begun, "another text")).text == "secretanother text");
}

BOOST_AUTO_TEST_CASE(what_is_kept_holds_nothing_of_the_secret)
{
    const AgeSample sample;
    const std::string secret = random_bytes(300);
    const std::string begun = begin_bundle({sample.identity.recipient()}, secret);
    for (std::size_t i = 0; i + 8 <= secret.size(); ++i)
        BOOST_TEST(!holds(begun, secret.substr(i, 8)));
    // Nor can the key stream before it be had: what is sealed in its place stays sealed.
    const std::string finished = finish_bundle(begun, std::string(100, '\0'));
    const std::string ciphertext = finished.substr(finished.size() - 16 - 100 - 300, 300);
    std::string stream(300, '\0');
    for (std::size_t i = 0; i < stream.size(); ++i)
        stream[i] = static_cast<char>(ciphertext[i] ^ secret[i]);
    for (std::size_t i = 0; i + 8 <= stream.size(); ++i)
        BOOST_TEST(!holds(begun, stream.substr(i, 8)));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused)
{
    const AgeSample sample;
    const std::vector<AgeRecipient> to = {sample.identity.recipient()};
    BOOST_TEST(
        holds(thrown_by([&] { begin_bundle(to, std::string(65537, 'x')); }), "larger than 64 KiB"));
    const std::string begun = begin_bundle(to, std::string(241, 'x'));
    BOOST_TEST(holds(thrown_by([&] { finish_bundle(begun, std::string(65296, 'x')); }),
                     "65296 bytes of text do not fit behind the key (at most 65295)"));
    BOOST_TEST(holds(thrown_by([&] { begin_bundle({}, "x"); }), "no recipient"));
}

BOOST_AUTO_TEST_CASE(damage_is_noticed)
{
    const AgeSample sample;
    const std::string begun = begin_bundle({sample.identity.recipient()}, std::string(65000, 'x'));
    check_begun_bundle(begun);
    const std::string table[] = {"",
                                 "x",
                                 begun.substr(1),
                                 begun.substr(0, begun.size() - 1),
                                 begun + "x",
                                 begun.substr(0, 60)};
    for (const std::string &text : table)
        BOOST_TEST(thrown_by([&] { check_begun_bundle(text); }) == "the begun bundle is damaged");
    for (std::size_t i = 0; i < begun.size(); i += 997) {
        std::string changed = begun;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(thrown_by([&] { finish_bundle(changed, "text"); }) ==
                   "the begun bundle is damaged");
    }
}

BOOST_AUTO_TEST_SUITE_END()
