// SPDX-License-Identifier: MIT
// Lineages whose key is for a client alone, on disk.
#include "spool/lineage.h"

#include "crypto/age_bundle.h"
#include "spool/check.h"
#include "unit/age_samples.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct SealedFixture : SpoolFixture {
    SealedFixture() : lineage(add("web1@a.example", sealed_spec())) {}

    LineageSpec sealed_spec() const
    {
        LineageSpec spec = spec_for({"a.example"});
        spec.deliver = "sealed";
        spec.owner = ClientId::parse("web1");
        spec.recipients = {sample.identity.recipient()};
        return spec;
    }
    void begin_sealed(Generation number) { SpoolFixture::begin_sealed(lineage, number); }
    GenerationFacts facts(std::vector<std::string> *damage = nullptr) const
    {
        return lineage.facts(lineage.spec(), damage).generations.back();
    }
    std::string sealed_content(GenerationFile which) const
    {
        return content(file(lineage, 1, which));
    }

    std::string what_is_wrong() const
    {
        std::string text;
        for (const Finding &finding : check_spool(spool, Repair::no, clock.now()))
            text += finding.path + " " + finding.what + "\n";
        return text;
    }

    AgeSample sample;
    Lineage lineage;
};

}

BOOST_FIXTURE_TEST_SUITE(lineage_sealed_test, SealedFixture)

BOOST_AUTO_TEST_CASE(a_generation_holds_the_key_as_ciphertext_only)
{
    begin_sealed(1);
    BOOST_TEST(facts().usable);
    commit(lineage, 1);
    BOOST_TEST(facts().sound);
    const auto key = sample.open(sealed_content(GenerationFile::privkey_age));
    const auto bundle = sample.open(sealed_content(GenerationFile::bundle_age));
    BOOST_TEST(key.text.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    BOOST_TEST(bundle.text == key.text + sealed_content(GenerationFile::fullchain));
    BOOST_TEST(!lineage.private_key(1));
    BOOST_TEST(sealed_content(GenerationFile::privkey) == "(none)");
    lineage.switch_live(1);
    lineage.set_due(clock.now());
    BOOST_TEST(what_is_wrong() == "");
}

BOOST_AUTO_TEST_CASE(before_the_certificate_both_parts_are_needed)
{
    const GenerationFile table[] = {GenerationFile::privkey_age, GenerationFile::bundle_begun,
                                    GenerationFile::request};
    Generation number = 0;
    for (const GenerationFile which : table) {
        begin_sealed(++number);
        BOOST_TEST(facts().usable);
        overwrite(file(lineage, number, which), "x");
        BOOST_TEST(!facts().usable, file_name(which));
        remove(file(lineage, number, which));
        BOOST_TEST(!facts().usable, file_name(which));
    }
}

BOOST_AUTO_TEST_CASE(a_bundle_that_is_lost_is_made_anew_the_same)
{
    begin_sealed(1);
    commit(lineage, 1);
    const std::string before = sealed_content(GenerationFile::bundle_age);
    for (const char *damage : {"", "x", "-----BEGIN AGE ENCRYPTED FILE-----\n"}) {
        overwrite(file(lineage, 1, GenerationFile::bundle_age), damage);
        BOOST_TEST(!facts().sound);
        BOOST_TEST(lineage.lacks_bundle(1));
        BOOST_TEST(!lineage.is_complete(1));
        lineage.complete(1);
        BOOST_TEST((sealed_content(GenerationFile::bundle_age) == before));
        BOOST_TEST(facts().sound);
    }
    remove(file(lineage, 1, GenerationFile::bundle_age));
    lineage.drop_begun_bundle(1);
    std::vector<std::string> damage;
    BOOST_TEST(!facts(&damage).sound);
    BOOST_TEST(!lineage.lacks_bundle(1));
    BOOST_TEST_REQUIRE(damage.size() == 1U);
    BOOST_TEST(damage[0] == lineage.path(1, GenerationFile::privkey_age) +
                                " or bundle.pem.age is missing or damaged");
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_key_is_not_sound)
{
    begin_sealed(1);
    const LineageSpec spec = lineage.spec();
    const PrivateKey other = PrivateKey::generate(KeyType::ec256);
    lineage.commit(1, parse_chain(ca.issue_chain(Csr::make(other, spec.identifiers))));
    BOOST_TEST(!facts().sound);
}

BOOST_AUTO_TEST_CASE(a_request_of_the_client_gets_the_chain_alone)
{
    LineageSpec spec = lineage.spec();
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const Csr csr = Csr::make(key, spec.identifiers);
    spec.csr = csr.pem();
    lineage.write_spec(spec);
    lineage.begin(1, spec, nullptr, csr);
    BOOST_TEST(facts().usable);
    commit(lineage, 1);
    BOOST_TEST(facts().sound);
    BOOST_TEST(sample.open(sealed_content(GenerationFile::bundle_age)).text ==
               sealed_content(GenerationFile::fullchain));
    BOOST_TEST(sealed_content(GenerationFile::privkey_age) == "(none)");
    remove(file(lineage, 1, GenerationFile::bundle_age));
    BOOST_TEST(!facts().sound);
    lineage.complete(1);
    BOOST_TEST(facts().sound);
}

BOOST_AUTO_TEST_CASE(for_whom_it_was_sealed_is_not_guessed)
{
    begin_sealed(1);
    commit(lineage, 1);
    remove(file(lineage, LineageFile::cert));
    BOOST_TEST_REQUIRE(lineage.rebuild_spec().has_value());
    BOOST_TEST(lineage.rebuild_spec()->is_sealed());
    remove(file(lineage, 1, GenerationFile::wanted));
    BOOST_TEST(!lineage.rebuild_spec());
}

BOOST_AUTO_TEST_CASE(what_is_damaged_is_found_and_mended)
{
    begin_sealed(1);
    commit(lineage, 1);
    lineage.switch_live(1);
    lineage.set_due(clock.now());
    overwrite(file(lineage, 1, GenerationFile::bundle_age), "x");
    std::vector<Finding> findings = check_spool(spool, Repair::yes, clock.now());
    BOOST_TEST_REQUIRE(findings.size() == 1U);
    BOOST_TEST(holds(findings[0].what, "bundle.pem.age"));
    BOOST_TEST(findings[0].repaired);
    BOOST_TEST(facts().sound);
    overwrite(file(lineage, 1, GenerationFile::privkey_age), "x");
    findings = check_spool(spool, Repair::yes, clock.now());
    BOOST_TEST_REQUIRE(findings.size() == 1U);
    BOOST_TEST(holds(findings[0].path, "privkey.pem.age"));
    BOOST_TEST(!findings[0].repaired);
}

BOOST_AUTO_TEST_SUITE_END()
