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

AgeRecipient some_recipient()
{
    return AgeIdentity::generate().recipient();
}

LineageSpec sealed_spec()
{
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
    spec.deliver = "sealed";
    spec.owner = ClientId::parse("web1");
    spec.recipients = {some_recipient(), some_recipient()};
    spec.escrow = some_recipient();
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
        {"{" + ids + R"(,"source":"mail"})", "member \"source\" is \"mail\"; it can only be "
                                             "\"acme\" or \"agent\""},
        {"{" + ids + R"(,"deliver":"post"})", "it can only be \"files\" or \"sealed\""},
        {"{" + ids + R"(,"deliver":"sealed"})", "deliver \"sealed\" needs an owner"},
        {"{" + ids + R"(,"deliver":"sealed","owner":"web1"})", "needs recipients"},
        {"{" + ids + R"(,"deliver":"sealed","owner":"../x"})", "member \"owner\": client id"},
        {"{" + ids + R"(,"recipients":["age1x"]})", "member \"recipients\": read the age"},
        {"{" + ids + R"(,"escrow":"age1x"})", "member \"escrow\": read the age"},
        {"{" + ids + R"(,"owner":"web1"})", "go with deliver \"sealed\" only"},
        {"{" + ids + R"(,"source":"agent"})", "source \"agent\" needs a server"},
        {"{" + ids + R"(,"server":"https://a.example/agent/"})", "nothing else has one"},
        {"{" + ids + R"(,"source":"agent","server":"http://a.example/"})", "must be an https URL"},
        {"{" + ids + R"(,"source":"agent","server":"https://a.example"})", "ends in"},
        {"{" + ids + R"(,"source":"agent","server":"https://a.example/","deliver":"sealed"})",
         "cannot be delivered sealed again"},
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
    BOOST_TEST(!same([](LineageSpec &s) { s.server = "https://a.example/"; }));
}

BOOST_AUTO_TEST_CASE(who_can_open_it_makes_a_generation_unwanted)
{
    const LineageSpec then = sealed_spec();
    const auto same = [&](auto change) {
        LineageSpec now = then;
        change(now);
        return asks_for_the_same(now, then);
    };
    BOOST_TEST(same([](LineageSpec &) {}));
    BOOST_TEST(same([](LineageSpec &s) { std::swap(s.recipients[0], s.recipients[1]); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.recipients.pop_back(); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.recipients.push_back(some_recipient()); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.recipients[0] = some_recipient(); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.escrow = some_recipient(); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.escrow.reset(); }));
    BOOST_TEST(!same([](LineageSpec &s) { s.owner = ClientId::parse("web2"); }));
}

BOOST_AUTO_TEST_CASE(a_sealed_spec_survives_its_file)
{
    const LineageSpec spec = sealed_spec();
    const LineageSpec read = parse_lineage_spec(Json::parse(to_json(spec).to_pretty_text()));
    BOOST_TEST(to_json(read).to_text() == to_json(spec).to_text());
    BOOST_TEST(read.is_sealed());
    BOOST_TEST(read.owner->str() == "web1");
    BOOST_TEST(read.all_recipients().size() == 3U);
    BOOST_TEST(asks_for_the_same(read, spec));
}

BOOST_AUTO_TEST_CASE(a_request_needs_no_recipient)
{
    LineageSpec spec = sealed_spec();
    spec.recipients.clear();
    spec.csr = "x";
    BOOST_TEST(contradiction_in(spec) == "");
}

BOOST_AUTO_TEST_CASE(a_lineage_of_an_agent_has_its_server)
{
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
    spec.source = "agent";
    spec.server = "https://a.example/agent/";
    const LineageSpec read = parse_lineage_spec(Json::parse(to_json(spec).to_pretty_text()));
    BOOST_TEST(read.server == spec.server);
    BOOST_TEST(read.source == "agent");
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
