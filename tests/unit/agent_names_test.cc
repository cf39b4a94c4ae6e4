// SPDX-License-Identifier: MIT
#include "spool/agent_names.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(agent_names_test)

BOOST_AUTO_TEST_CASE(each_identifier_has_a_file_name_of_its_own)
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"a.example", "a.example"},
        {"*.a.example", "_.a.example"},
        {"192.0.2.1", "ip_192.0.2.1"},
        {"2001:db8::1", "ip_2001-db8--1"},
        {"::1", "ip_--1"},
        {"0--1", "0--1"},
    };
    for (const auto &[identifier, name] : table)
        BOOST_TEST(claim_name(Identifier::parse(identifier)).str() == name);
    const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                std::string(63, 'c') + "." + std::string(61, 'd');
    BOOST_TEST(claim_name(Identifier::parse(longest)).str() == longest);
}

BOOST_AUTO_TEST_CASE(a_claim_can_neither_be_hidden_nor_a_path)
{
    for (const char *text : {"", ".", ".lock", "-a", "a/b", "A", "a b", "a\n"})
        BOOST_TEST(holds(thrown_by([&] { ClaimName::parse(text); }), "must be"), text);
}

BOOST_AUTO_TEST_CASE(files_of_requests_name_lineages_of_clients)
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"web@a.example.json", "web@a.example"},
        {"web@a.json.json", "web@a.json"},
        {"web@a.example.refused", ""},
        {"a.example.json", ""},
        {"web@.json", ""},
        {"@a.json", ""},
        {"web@a@b.json", ""},
        {"web@A.json", ""},
        {".json", ""},
        {"tmp", ""},
    };
    for (const auto &[file, lineage] : table) {
        const auto found = AgentNames::lineage_of_request(file);
        BOOST_TEST((found ? found->str() : "") == lineage, file);
    }
    BOOST_TEST(AgentNames::lineage_of_refusal("web@a.example.refused")->str() == "web@a.example");
    BOOST_TEST(!AgentNames::lineage_of_refusal("web@a.example.json"));
}

BOOST_AUTO_TEST_CASE(a_lineage_tells_its_client)
{
    const LineageName name =
        client_lineage_name(ClientId::parse("web"), LineageName::parse("_.a.example"));
    BOOST_TEST(name.str() == "web@_.a.example");
    BOOST_TEST(owner_of_lineage(name)->str() == "web");
    BOOST_TEST(local_name(name) == "_.a.example");
    BOOST_TEST(!owner_of_lineage(LineageName::parse("a.example")));
}

BOOST_AUTO_TEST_CASE(a_token_hash_is_hexadecimal)
{
    BOOST_TEST(TokenHash::parse(std::string(64, 'a')).str().size() == 64U);
    for (const std::string &bad :
         {std::string(63, 'a'), std::string(64, 'A'), std::string(64, 'g')})
        BOOST_CHECK_THROW(TokenHash::parse(bad), Error);
}

BOOST_AUTO_TEST_SUITE_END()
