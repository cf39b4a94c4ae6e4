// SPDX-License-Identifier: MIT
#include "spool/lineage_spec.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

LineageSpec full_spec()
{
    LineageSpec spec = SpoolFixture::spec_for({"*.a.example", "192.0.2.1", "2001:db8::1"});
    spec.ca = "letsencrypt-staging";
    spec.key_type = KeyType::rsa3072;
    spec.reuse_key = true;
    spec.profile = "shortlived";
    spec.preferred_chain = "ISRG Root X1";
    spec.csr = "-----BEGIN CERTIFICATE REQUEST-----\n...";
    spec.hook = "/etc/acmeproxy/hooks/reload";
    return spec;
}

std::string refusal(const std::string &text)
{
    return thrown_by([&] { parse_lineage_spec(Json::parse(text)); });
}

}

BOOST_AUTO_TEST_SUITE(lineage_spec_test)

BOOST_AUTO_TEST_CASE(a_spec_survives_its_file)
{
    const Json json = Json::parse(to_json(full_spec()).to_pretty_text());
    const LineageSpec read = parse_lineage_spec(json);
    BOOST_TEST(to_text(read.identifiers) == "*.a.example, 192.0.2.1, 2001:db8::1");
    BOOST_TEST(to_json(read).to_text() == to_json(full_spec()).to_text());
    BOOST_TEST(read.hook == full_spec().hook);
    BOOST_TEST(read.reuse_key);
    BOOST_TEST(!read.makes_key());
}

BOOST_AUTO_TEST_CASE(what_is_left_out_has_defaults)
{
    const LineageSpec spec = parse_lineage_spec(
        Json::parse(R"({"format":1,"identifiers":[{"type":"dns","value":"A.Example"}]})"));
    BOOST_TEST(to_json(spec).to_text() == to_json(SpoolFixture::spec_for({"a.example"})).to_text());
    BOOST_TEST(spec.makes_key());
    BOOST_TEST(to_text(spec.key_type) == "ec256");
}

BOOST_AUTO_TEST_CASE(an_unsound_spec_is_refused_with_the_member)
{
    const std::string ids = R"("identifiers":[{"type":"dns","value":"a.example"}])";
    const struct {
        std::string text;
        std::string reason;
    } table[] = {
        {"[]", "not an object"},
        {"{}", "member \"identifiers\" is missing"},
        {R"({"identifiers":[]})", "member \"identifiers\" is empty"},
        {R"({"identifiers":"a.example"})", "member \"identifiers\" is not an array"},
        {R"({"identifiers":[{"type":"dns"}]})", "\"value\" is missing"},
        {R"({"identifiers":[{"type":"dns","value":"../x"}]})", "../x"},
        {R"({"identifiers":[{"type":"email","value":"a@b.example"}]})", "email"},
        {"{" + ids + R"(,"hok":"x"})", "member \"hok\" is not known"},
        {"{" + ids + R"(,"key_type":"dsa"})", "unknown key type \"dsa\""},
        {"{" + ids + R"(,"source":"agent"})", "member \"source\" is \"agent\"; it can only be "
                                              "\"acme\""},
        {"{" + ids + R"(,"deliver":"sealed"})", "it can only be \"files\""},
        {"{" + ids + R"(,"reuse_key":"yes"})", "member \"reuse_key\" is not"},
        {"{" + ids + R"(,"hook":7})", "member \"hook\" is not a string"},
    };
    for (const auto &row : table) {
        const std::string error = refusal(row.text);
        BOOST_TEST(holds(error, row.reason), row.text << ": " << error);
    }
}

BOOST_AUTO_TEST_CASE(what_makes_a_generation_unwanted)
{
    const LineageSpec then = SpoolFixture::spec_for({"a.example", "b.example"});
    const auto same = [&](auto change) {
        LineageSpec now = then;
        change(now);
        return asks_for_the_same(now, then);
    };
    BOOST_TEST(same([](LineageSpec &) {}));
    BOOST_TEST(same([](LineageSpec &s) { s.hook = "x"; }));
    BOOST_TEST(same([](LineageSpec &s) { s.preferred_chain = "x"; }));
    BOOST_TEST(same([](LineageSpec &s) { s.reuse_key = true; }));
    BOOST_TEST(same([](LineageSpec &s) { std::swap(s.identifiers[0], s.identifiers[1]); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.identifiers.pop_back(); }));
    BOOST_TEST(
        !same([](LineageSpec &s) { s.identifiers.push_back(Identifier::parse("c.example")); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.key_type = KeyType::ec384; }));
    BOOST_TEST(!same([](LineageSpec &s) { s.ca = "other"; }));
    BOOST_TEST(!same([](LineageSpec &s) { s.profile = "shortlived"; }));
    BOOST_TEST(!same([](LineageSpec &s) { s.csr = "x"; }));
    BOOST_TEST(!same([](LineageSpec &s) { s.source = "agent"; }));
    BOOST_TEST(!same([](LineageSpec &s) { s.deliver = "sealed"; }));
}

BOOST_AUTO_TEST_CASE(the_key_type_does_not_count_where_the_key_is_not_ours)
{
    LineageSpec then = SpoolFixture::spec_for({"a.example"});
    then.csr = "x";
    LineageSpec now = then;
    now.key_type = KeyType::rsa4096;
    BOOST_TEST(asks_for_the_same(now, then));
}

BOOST_AUTO_TEST_CASE(a_certificate_tells_names_and_key_type)
{
    TestCa ca;
    const struct {
        KeyType type;
        const char *text;
    } table[] = {
        {KeyType::ec256, "ec256"}, {KeyType::ec384, "ec384"}, {KeyType::rsa2048, "rsa2048"}};
    for (const auto &row : table) {
        const PrivateKey key = PrivateKey::generate(row.type);
        const LineageSpec spec = spec_from_certificate(ca.issue(
            {.key = key.public_key(), .names = "DNS:b.example,DNS:a.example,IP:192.0.2.1"}));
        BOOST_TEST(
            same_set(spec.identifiers,
                     SpoolFixture::spec_for({"a.example", "b.example", "192.0.2.1"}).identifiers));
        BOOST_TEST(to_text(spec.key_type) == row.text);
        BOOST_TEST(spec.makes_key());
    }
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    BOOST_TEST(holds(thrown_by([&] {
                         spec_from_certificate(ca.issue({.key = key.public_key(),
                                                         .names = "email:a@b.example",
                                                         .common_name = "a.example"}));
                     }),
                     "the certificate holds no DNS name and no IP address"));
}

BOOST_AUTO_TEST_SUITE_END()
