// SPDX-License-Identifier: MIT
#include "spool/agent_requests.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture : SpoolFixture {
    const AgentRequests requests{spool};
    const LineageName name = LineageName::parse("web@a.example");

    const AgeRecipient recipient = AgeIdentity::generate().recipient();

    AgentWish wish(AgentWish::Kind kind) const
    {
        AgentWish wish;
        wish.kind = kind;
        wish.account = "web.AAAAAAAAAAAAAAAAAAAAAA";
        wish.made = TestCa::epoch;
        if (kind == AgentWish::Kind::revoke) {
            wish.generation = 3;
            wish.reason = 1;
        }
        if (kind == AgentWish::Kind::want) {
            wish.identifiers = spec_for({"a.example", "192.0.2.1"}).identifiers;
            wish.recipients = {recipient};
            wish.key_type = KeyType::rsa3072;
            wish.reuse_key = true;
            wish.profile = "short";
            wish.csr = "PEM";
        }
        return wish;
    }
    std::string error_of(const std::string &json)
    {
        return thrown_by([&] { parse_agent_wish(Json::parse(json)); });
    }
};

}

BOOST_FIXTURE_TEST_SUITE(agent_requests_test, Fixture)

BOOST_AUTO_TEST_CASE(a_wish_comes_back_as_it_was_put)
{
    using enum AgentWish::Kind;
    BOOST_TEST(requests.list().empty());
    for (const auto kind : {want, renew, revoke, remove}) {
        requests.put(name, wish(kind));
        BOOST_TEST(to_json(*requests.find(name)).to_text() == to_json(wish(kind)).to_text());
        BOOST_TEST(requests.list().size() == 1U); // the last one counts
    }
    BOOST_TEST(!requests.list().empty());
    BOOST_TEST((spool.dir().status("requests/web@a.example.json")->st_mode & 07777) == 0640U);
    BOOST_TEST(spool.dir().list("requests/tmp").empty());
}

BOOST_AUTO_TEST_CASE(nothing_can_be_wished_but_what_the_schema_has)
{
    const std::string head = R"({"format":1,"account":"a","made":"2026-01-01T00:00:00Z","wish":)";
    const std::string names = R"("identifiers":[{"type":"dns","value":"a.example"}])";
    BOOST_TEST(error_of(head + "\"want\"," + names + "}") == "");
    const std::vector<std::pair<std::string, std::string>> table = {
        {head + "\"want\"," + names + ",\"hook\":\"/bin/sh\"}", "\"hook\" is not known"},
        {head + "\"want\"," + names + ",\"source\":\"agent\"}", "\"source\" is not known"},
        {head + "\"want\"," + names + ",\"deliver\":\"files\"}", "\"deliver\" is not known"},
        {head + "\"want\"," + names + ",\"ca\":\"x\"}", "\"ca\" is not known"},
        {head + "\"want\"," + names + ",\"escrow\":\"x\"}", "\"escrow\" is not known"},
        {head + "\"want\"," + names + ",\"key_type\":\"dsa\"}", "\"key_type\" is no type of key"},
        {head + "\"want\"," + names + ",\"recipients\":[\"age1x\"]}", "age1x"},
        {head + "\"want\",\"identifiers\":[]}", "\"identifiers\" is empty"},
        {head + "\"want\"}", "\"identifiers\" is missing"},
        {head + R"("want","identifiers":[{"type":"dns","value":"a/../b"}]})", "a/../b"},
        {head + "\"steal\"}", "\"steal\" is not known"},
        {head + "\"revoke\"}", "\"generation\" is missing"},
        {head + "\"revoke\",\"generation\":0}", "out of range"},
        {head + "\"revoke\",\"generation\":1,\"reason\":257}", "\"reason\" is out of range"},
        {head + "\"revoke\",\"generation\":1,\"reason\":-1}", "\"reason\" is out of range"},
        {R"({"format":1,"account":"a","made":"today","wish":"renew"})", "point in time"},
        {"[]", "not an object"},
    };
    for (const auto &[json, reason] : table)
        BOOST_TEST(holds(error_of(json), reason), json << ": " << error_of(json));
}

BOOST_AUTO_TEST_CASE(a_damaged_wish_is_told_by_its_file)
{
    overwrite("requests/web@a.example.json", "{");
    BOOST_TEST(holds(thrown_by([&] { requests.find(name); }), "requests/web@a.example.json"));
}

BOOST_AUTO_TEST_CASE(the_oldest_wish_comes_first)
{
    for (const char *lineage : {"web@c", "web@a", "mail@b"}) {
        requests.put(LineageName::parse(lineage), wish(AgentWish::Kind::renew));
        spool.dir().set_mtime("requests/" + std::string(lineage) + ".json",
                              lineage == std::string("web@a") ? 5 : 9);
    }
    BOOST_TEST(requests.list().front().str() == "web@a");
    BOOST_TEST(requests.list().size() == 3U);
    BOOST_TEST(requests.list(ClientId::parse("web")).size() == 2U);
    BOOST_TEST(requests.list(ClientId::parse("we")).empty());
}

BOOST_AUTO_TEST_CASE(a_wish_made_meanwhile_stays)
{
    requests.put(name, wish(AgentWish::Kind::want));
    const AgentWish applied = *requests.find(name);
    requests.put(name, wish(AgentWish::Kind::remove));
    requests.done(name, applied);
    BOOST_TEST((requests.find(name)->kind == AgentWish::Kind::remove));
    requests.done(name, *requests.find(name));
    BOOST_TEST(!requests.find(name));
}

BOOST_AUTO_TEST_CASE(of_a_client_that_is_gone_nothing_is_told)
{
    const LineageName other = LineageName::parse("web2@a.example");
    for (const LineageName &one : {name, other}) {
        requests.put(one, wish(AgentWish::Kind::renew));
        requests.refuse(one, {"want", "rejectedIdentifier", "x", TestCa::epoch});
    }
    requests.forget_client(ClientId::parse("web"));
    BOOST_TEST(!requests.find(name));
    BOOST_TEST(!requests.refusal(name));
    BOOST_TEST(!!requests.find(other));
    BOOST_TEST(!!requests.refusal(other));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_until_the_next_wish)
{
    requests.refuse(name, {"want", "rejectedIdentifier", "x", TestCa::epoch});
    BOOST_TEST(requests.refusal(name)->detail == "x");
    BOOST_TEST(requests.refused(ClientId::parse("web")).size() == 1U);
    BOOST_TEST(requests.list().empty());
    requests.put(name, wish(AgentWish::Kind::renew));
    BOOST_TEST(!requests.refusal(name));
    overwrite("requests/web@a.example.refused", "{");
    BOOST_TEST(!requests.refusal(name));
}

BOOST_AUTO_TEST_CASE(what_is_old_is_swept_and_no_wish_is_lost)
{
    requests.put(name, wish(AgentWish::Kind::renew));
    const LineageName other = LineageName::parse("web@b.example");
    requests.refuse(other, {"want", "malformed", "x", clock.now()});
    overwrite("requests/tmp/left", "x");
    for (const char *file :
         {"requests/web@a.example.json", "requests/web@b.example.refused", "requests/tmp/left"})
        spool.dir().set_mtime(file, clock.now().time_since_epoch().count());
    BOOST_TEST(requests.sweep(clock.now() + std::chrono::hours(23)) == 0);
    BOOST_TEST(requests.sweep(clock.now() + std::chrono::days(2)) == 1);
    BOOST_TEST(requests.sweep(clock.now() + std::chrono::days(8)) == 1);
    BOOST_TEST(!requests.list().empty());
}

BOOST_AUTO_TEST_SUITE_END()
