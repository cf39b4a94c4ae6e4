// SPDX-License-Identifier: MIT
#include "renew/agent_bundle.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

namespace {

struct BundleFixture {
    BundleFixture() { identities.push_back(AgeIdentity::generate()); }

    std::string chain(const PrivateKey &of, const std::string &name,
                      Time not_before = TestCa::epoch - hours(1),
                      Time not_after = TestCa::epoch + days(90))
    {
        return ca.issue_chain(Csr::make(of, {Identifier::parse(name)}), not_before, not_after);
    }
    static std::string pem(const PrivateKey &key) { return std::string(key.to_pem().view()); }
    std::string sealed(const std::string &text) const
    {
        return age_seal({identities.front().recipient()}, text);
    }
    std::string refusal(const std::string &text, const LineageSpec &wanted,
                        Time now = TestCa::epoch) const
    {
        return thrown_by(
            [&] { check_agent_bundle(open_agent_bundle(identities, sealed(text)), wanted, now); });
    }
    Certificate certificate(Time not_before)
    {
        return std::move(parse_chain(chain(key, "a.example", not_before)).front());
    }

    TestCa root;
    TestCa ca{"Test Intermediate", root};
    PrivateKey key = PrivateKey::generate(KeyType::ec256);
    PrivateKey other = PrivateKey::generate(KeyType::ec256);
    std::vector<AgeIdentity> identities;
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
};

}

BOOST_AUTO_TEST_SUITE(agent_bundle_test)

BOOST_AUTO_TEST_CASE(a_sound_bundle_has_a_key_and_a_chain)
{
    BundleFixture f;
    const std::string text = BundleFixture::pem(f.key) + f.chain(f.key, "a.example");
    const AgentBundle bundle = open_agent_bundle(f.identities, f.sealed(text));
    BOOST_TEST(bundle.key.has_value());
    BOOST_TEST((bundle.key->public_key() == f.key.public_key()));
    BOOST_TEST(bundle.chain.size() == 2U);
    check_agent_bundle(bundle, f.spec, TestCa::epoch);
}

BOOST_AUTO_TEST_CASE(what_is_not_what_was_asked_for_is_refused_with_its_reason)
{
    BundleFixture f;
    const std::string key = BundleFixture::pem(f.key);
    const std::string chain = f.chain(f.key, "a.example");
    const PrivateKey big = PrivateKey::generate(KeyType::ec384);
    const struct {
        std::string text, reason;
    } table[] = {
        {"", "there is no certificate in it"},
        {key, "there is no certificate in it"},
        {chain, "there is no private key in it"},
        {"words\n" + chain, "private key"},
        {key + chain + key, "a PEM block is not a certificate"},
        {BundleFixture::pem(f.other) + chain, "the certificate is for another key"},
        {key + f.chain(f.key, "b.example"), "is for \"b.example\" instead of \"a.example\""},
        {key + f.chain(f.key, "a.example", TestCa::epoch - days(9), TestCa::epoch - days(1)),
         "expired at"},
        {key + parse_chain(chain).front().pem() + f.root.certificate().pem(), "is not issued by"},
        {BundleFixture::pem(big) + f.chain(big, "a.example"), "its key is ec384, not ec256"},
    };
    for (const auto &row : table) {
        const std::string refusal = f.refusal(row.text, f.spec);
        BOOST_TEST(holds(refusal, row.reason), refusal + " lacks " + row.reason);
        BOOST_TEST(!holds(refusal, key.substr(40, 20)));
    }
}

BOOST_AUTO_TEST_CASE(without_a_key_of_ours_the_chain_alone_is_taken)
{
    BundleFixture f;
    f.spec.csr = Csr::make(f.key, f.spec.identifiers).pem();
    const std::string chain = f.chain(f.key, "a.example");
    BOOST_TEST(f.refusal(chain, f.spec) == "");
    BOOST_TEST(holds(f.refusal(f.chain(f.other, "a.example"), f.spec), "for another key"));
    BOOST_TEST(
        holds(f.refusal(BundleFixture::pem(f.key) + chain, f.spec), "it holds a private key"));
}

BOOST_AUTO_TEST_CASE(what_no_identity_opens_is_refused)
{
    BundleFixture f;
    const std::string text = BundleFixture::pem(f.key) + f.chain(f.key, "a.example");
    const std::string for_us = f.sealed(text);
    const std::string for_others = age_seal({AgeIdentity::generate().recipient()}, text);
    BOOST_CHECK_THROW(open_agent_bundle(f.identities, for_others), AgeError);
    BOOST_CHECK_THROW(open_agent_bundle(f.identities, for_us.substr(0, for_us.size() - 1)),
                      AgeError);
    BOOST_CHECK_THROW(open_agent_bundle(f.identities, text), AgeError);
    // One that came before is good, too.
    f.identities.insert(f.identities.begin(), AgeIdentity::generate());
    BOOST_TEST(open_agent_bundle(f.identities, for_us).key.has_value());
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_older_is_a_step_back)
{
    BundleFixture f;
    const Certificate now = f.certificate(TestCa::epoch);
    const Certificate before = f.certificate(TestCa::epoch - hours(2));
    const auto of = [](Generation number) {
        return OriginRecord{"https://a.example/agent/", number, "", "", {}};
    };
    BOOST_TEST(is_rolled_back(before, of(2), now, of(1)));
    BOOST_TEST(is_rolled_back(before, of(2), now, std::nullopt));
    // A lineage that was made anew at the server begins at 1 again.
    BOOST_TEST(!is_rolled_back(now, of(1), before, of(7)));
    BOOST_TEST(!is_rolled_back(now, of(2), now, of(1)));
    BOOST_TEST(!is_rolled_back(now, of(1), now, std::nullopt));
    BOOST_TEST(is_rolled_back(now, of(1), now, of(2)));
    OriginRecord elsewhere = of(2);
    elsewhere.server = "https://b.example/agent/";
    BOOST_TEST(!is_rolled_back(now, of(1), now, elsewhere));
}

BOOST_AUTO_TEST_SUITE_END()
