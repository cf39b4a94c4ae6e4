// SPDX-License-Identifier: MIT
#include "spool/lineage_owner.h"

#include "spool/client_store.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_FIXTURE_TEST_SUITE(lineage_owner_test, SpoolFixture)

BOOST_AUTO_TEST_CASE(what_a_policy_does_not_allow_is_refused_with_the_reason)
{
    const ClientStore clients(spool);
    const ClientId id = ClientId::parse("web1");
    ClientPolicy policy;
    policy.modes = {"agent"};
    policy.names = {NamePattern::parse("**.example.test"), NamePattern::parse("!b.example.test")};
    const auto refusal = [&](const std::vector<std::string> &names) {
        LineageSpec spec = spec_for(names);
        spec.owner = id;
        return thrown_by([&] { check_owner(spool, spec); });
    };
    BOOST_TEST(holds(refusal({"a.example.test"}), "there is no client named \"web1\""));
    clients.create(id, policy);
    BOOST_TEST(refusal({"a.example.test"}) == "");
    BOOST_TEST(refusal({"a.example.test", "x.c.example.test"}) == "");
    BOOST_TEST(refusal({"a.example.test", "b.example.test"}) ==
               "client web1 may not have b.example.test: its policy says !b.example.test "
               "(acmeproxy client check web1 b.example.test)");
    BOOST_TEST(holds(refusal({"a.other.test"}), "no pattern of its policy covers it"));
    BOOST_TEST(holds(refusal({"*.example.test"}), "may not have *.example.test"));
    policy.enabled = false;
    clients.save_policy(id, policy);
    BOOST_TEST(holds(refusal({"a.example.test"}), "client web1 is disabled"));
    policy.enabled = true;
    policy.modes = {"gateway"};
    clients.save_policy(id, policy);
    BOOST_TEST(holds(refusal({"a.example.test"}), "has not the mode \"agent\""));
    overwrite("clients/web1/client.json", "");
    BOOST_TEST(holds(refusal({"a.example.test"}), "client.json"));
}

BOOST_AUTO_TEST_CASE(a_policy_keeps_its_recipient)
{
    ClientPolicy policy;
    const AgeRecipient recipient = AgeIdentity::generate().recipient();
    policy.recipient = recipient;
    BOOST_TEST((parse_client_policy(to_json(policy)).recipient == recipient));
    Json json = to_json(policy);
    json.set("recipient", "age1x");
    BOOST_TEST(holds(thrown_by([&] { parse_client_policy(json); }), "read the age recipient"));
}

BOOST_AUTO_TEST_SUITE_END()
