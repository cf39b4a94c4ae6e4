// SPDX-License-Identifier: MIT
#include "unit/import_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(lego_test)

BOOST_AUTO_TEST_CASE(a_lineage_and_its_account)
{
    ImportFixture f;
    const auto pair = f.issue({"a.example"});
    f.write_key("certificates/a.example.key", pair.key);
    f.write("certificates/a.example.crt", pair.chain);
    f.write("certificates/a.example.issuer.crt", f.ca.certificate().pem());
    f.write("certificates/a.example.json", R"({"certUrl": "https://ca.example:14000/cert/1"})");
    const PrivateKey account = PrivateKey::generate(KeyType::ec384);
    f.write_key("accounts/ca.example_14000/me@x.example/keys/me@x.example.key", account);
    f.write("accounts/ca.example_14000/me@x.example/account.json",
            R"({"email": "me@x.example", "registration": {"uri": "https://ca.example/acct/1"}})");
    const FoundTree tree = read_lego(f.folder());
    BOOST_TEST(unreadable_text(tree) == "");
    BOOST_TEST_REQUIRE(tree.lineages.size() == 1U);
    BOOST_TEST(tree.lineages[0].name == "a.example");
    BOOST_TEST(tree.lineages[0].key.spki() == pair.key.spki());
    BOOST_TEST(tree.lineages[0].chain.size() == 2U);
    BOOST_TEST(tree.lineages[0].directory == "");
    BOOST_TEST(tree.lineages[0].host == "ca.example:14000");
    BOOST_TEST_REQUIRE(tree.accounts.size() == 1U);
    BOOST_TEST(tree.accounts[0].key.spki() == account.spki());
    BOOST_TEST(tree.accounts[0].host == "ca.example:14000");
    BOOST_TEST(tree.accounts[0].url == "https://ca.example/acct/1");
    BOOST_TEST(tree.accounts[0].contact.at(0) == "mailto:me@x.example");
}

BOOST_AUTO_TEST_CASE(issuers_beside_the_certificate_are_put_behind_it)
{
    ImportFixture f;
    const auto pair = f.issue({"a.example"});
    f.write_key("certificates/a.example.key", pair.key);
    f.write("certificates/a.example.crt", parse_chain(pair.chain).front().pem());
    f.write("certificates/a.example.issuer.crt", f.ca.certificate().pem());
    BOOST_TEST(read_lego(f.folder()).lineages.at(0).chain.size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_damaged_or_has_no_key_is_told)
{
    ImportFixture f;
    const auto pair = f.issue({"a.example"});
    f.write("certificates/csr.example.crt", pair.chain);
    f.write("certificates/bad.example.crt", "");
    f.write_key("certificates/bad.example.key", pair.key);
    f.write("certificates/json.example.crt", pair.chain);
    f.write_key("certificates/json.example.key", pair.key);
    f.write("certificates/json.example.json", "{");
    f.write("accounts/ca.example/me@x.example/account.json", "{}");
    f.write("accounts/stray", "");
    const FoundTree tree = read_lego(f.folder());
    const std::string text = unreadable_text(tree);
    BOOST_TEST(tree.lineages.empty());
    for (const char *part :
         {"certificate csr.example: there is no ", "certificate bad.example: read the certificates",
          "certificate json.example: read ", "account ca.example/me@x.example: read the key "})
        BOOST_TEST(text.find(part) != std::string::npos, part);
}

BOOST_AUTO_TEST_SUITE_END()
