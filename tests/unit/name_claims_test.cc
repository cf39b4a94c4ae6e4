// SPDX-License-Identifier: MIT
#include "spool/name_claims.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture : SpoolFixture {
    const ClientId web = ClientId::parse("web");
    const ClientId mail = ClientId::parse("mail");
    const NameClaims claims{spool};

    static std::vector<Identifier> names(const std::vector<std::string> &texts)
    {
        return spec_for(texts).identifiers;
    }
    std::string refused(const ClientId &client, const std::vector<std::string> &texts)
    {
        return to_text(claims.claim(client, names(texts)));
    }
    /// Claims and lineage, as the renewer makes them.
    Lineage own(const ClientId &client, const std::string &name)
    {
        BOOST_TEST(refused(client, {name}).empty());
        const std::string file = default_lineage_name(Identifier::parse(name)).str();
        return add(client.str() + "@" + file, spec_for({name}));
    }
};

}

BOOST_FIXTURE_TEST_SUITE(name_claims_test, Fixture)

BOOST_AUTO_TEST_CASE(a_name_belongs_to_one_client)
{
    own(web, "a.example");
    BOOST_TEST(refused(mail, {"a.example"}) == "a.example");
    BOOST_TEST(refused(web, {"a.example"}).empty());
    BOOST_TEST(to_text(claims.taken_from(mail, names({"b.example", "a.example"}))) == "a.example");
}

BOOST_AUTO_TEST_CASE(where_one_is_taken_none_is_claimed)
{
    own(web, "a.example");
    BOOST_TEST(refused(mail, {"b.example", "a.example"}) == "a.example");
    BOOST_TEST(spool.dir().list("names") == std::vector<std::string>{"a.example"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_the_exact_name_is_taken)
{
    own(web, "*.a.example");
    BOOST_TEST(refused(mail, {"a.example", "x.a.example"}).empty());
    BOOST_TEST(refused(mail, {"*.a.example"}) == "*.a.example");
}

BOOST_AUTO_TEST_CASE(a_dangling_claim_is_taken_over)
{
    BOOST_TEST(refused(web, {"a.example"}).empty()); // and no lineage follows
    BOOST_TEST(refused(mail, {"a.example"}).empty());
    const Lineage lineage = own(mail, "b.example");
    lineage.remove(); // by hand of the operator
    BOOST_TEST(refused(web, {"b.example"}).empty());
}

BOOST_AUTO_TEST_CASE(a_claim_whose_lineage_cannot_be_read_holds)
{
    own(web, "a.example");
    overwrite("certs/web@a.example/cert.json", "{");
    BOOST_TEST(refused(mail, {"a.example"}) == "a.example");
}

BOOST_AUTO_TEST_CASE(a_damaged_claim_is_nobodys)
{
    own(web, "a.example");
    overwrite("names/a.example", "");
    BOOST_TEST(refused(mail, {"a.example"}).empty());
}

BOOST_AUTO_TEST_CASE(a_name_is_released_with_its_last_lineage)
{
    const Lineage lineage = own(web, "a.example");
    add("web@other", spec_for({"a.example", "b.example"}));
    lineage.remove();
    claims.release(web, names({"a.example"}));
    BOOST_TEST(spool.exists(AgentNames::claim(ClaimName::parse("a.example"))));
    Lineage(spool, LineageName::parse("web@other")).remove();
    claims.release(mail, names({"a.example"}));
    BOOST_TEST(spool.exists(AgentNames::claim(ClaimName::parse("a.example"))));
    claims.release(web, names({"a.example"}));
    BOOST_TEST(!spool.exists(AgentNames::claim(ClaimName::parse("a.example"))));
}

BOOST_AUTO_TEST_CASE(a_client_has_its_own_lineages)
{
    for (const char *name : {"web@b.example", "web@a.example", "web2@a.example", "a.example"})
        add(name, spec_for({"x.example"}));
    std::string found;
    for (const LineageName &name : lineages_of(spool, web))
        found += name.str() + " ";
    BOOST_TEST(found == "web@a.example web@b.example ");
}

BOOST_AUTO_TEST_CASE(one_at_a_time_claims)
{
    const Lock lock = claims.lock();
    BOOST_TEST(!spool.lock(AgentNames::names_lock()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
