// SPDX-License-Identifier: MIT
#include "crypto/age.h"

#include "unit/age_samples.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(age_file_test)

BOOST_AUTO_TEST_CASE(any_recipient_opens_it_and_nobody_else)
{
    const AgeSample first;
    const AgeSample second;
    const AgeSample third;
    const std::string file = age_seal({first.identity.recipient(), second.identity.recipient()},
                                      "text", AgeForm::armored);
    BOOST_TEST(first.open(file).text == "text");
    BOOST_TEST(second.open(file).text == "text");
    BOOST_TEST(third.open(file).error ==
               "none of the identities opens it: it is sealed for others");
    std::vector<AgeIdentity> identities = third.one();
    identities.push_back(AgeIdentity::parse(second.identity.text().view()));
    BOOST_TEST((age_open(identities, file).view() == "text"));
    BOOST_TEST(holds(thrown_by([&] { age_open({}, file); }), "none of the identities"));
}

BOOST_AUTO_TEST_CASE(in_memory_files_are_small)
{
    const AgeSample sample;
    BOOST_TEST(thrown_by([&] { age_open(sample.one(), std::string((1 << 20) + 1, 'x')); }) ==
               "the file is larger than 1 MiB");
    BOOST_TEST(age_open(sample.one(), age_seal({sample.identity.recipient()}, "")).empty());
}

BOOST_AUTO_TEST_CASE(what_can_be_seen_without_an_identity_is_checked)
{
    const AgeSample sample;
    const std::string file = sample.file(sample.stanza());
    check_age_file(file);
    const struct {
        std::string file;
        const char *reason;
    } table[] = {
        {"", "the file is empty"},
        {"-----BEGIN PRIVATE KEY-----\n", "this is no age file"},
        {sample.header(), "cut off after its header"},
        {sample.header() + AgeSample::nonce() + sample.chunk(0, true, ""), "cut off"},
        {file.substr(0, 60), "it is cut off"},
        {age_seal({sample.identity.recipient()}, "x", AgeForm::armored), "this is no age file"},
    };
    for (const auto &row : table) {
        const std::string error = thrown_by([&] { check_age_file(row.file); });
        BOOST_TEST(holds(error, row.reason), error);
    }
}

BOOST_AUTO_TEST_SUITE_END()
