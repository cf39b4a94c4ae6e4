// SPDX-License-Identifier: MIT
#include "unit/import_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Dehydrated : ImportFixture {
    PrivateKey add(const std::string &name)
    {
        Pair pair = issue({name});
        const std::string base = "certs/" + name + "/";
        write_key(base + "privkey-1.pem", pair.key);
        write(base + "fullchain-1.pem", pair.chain);
        link("privkey-1.pem", base + "privkey.pem");
        link("fullchain-1.pem", base + "fullchain.pem");
        return std::move(pair.key);
    }
    PrivateKey add_account(const std::string &directory)
    {
        PrivateKey key = PrivateKey::generate(KeyType::rsa2048);
        const std::string base = "accounts/" + base64url_encode(directory + "\n") + "/";
        write_key(base + "account_key.pem", key);
        write(base + "account_id.json", R"({"url": "https://ca.example/acct/1"})");
        write(base + "registration_info.json", R"({"contact": ["mailto:me@x.example"]})");
        return key;
    }
};

}

BOOST_AUTO_TEST_SUITE(dehydrated_test)

BOOST_AUTO_TEST_CASE(the_only_account_says_which_ca_it_is)
{
    Dehydrated f;
    const PrivateKey key = f.add("a.example");
    const PrivateKey account = f.add_account("https://ca.example/dir");
    const FoundTree tree = read_dehydrated(f.folder());
    BOOST_TEST(unreadable_text(tree) == "");
    BOOST_TEST(tree.lineages.at(0).name == "a.example");
    BOOST_TEST(tree.lineages.at(0).key.spki() == key.spki());
    BOOST_TEST(tree.lineages.at(0).directory == "https://ca.example/dir");
    BOOST_TEST(tree.accounts.at(0).key.spki() == account.spki());
    BOOST_TEST(tree.accounts.at(0).directory == "https://ca.example/dir");
    BOOST_TEST(tree.accounts.at(0).url == "https://ca.example/acct/1");
    BOOST_TEST(tree.accounts.at(0).contact.at(0) == "mailto:me@x.example");
    f.add_account("https://other.example/dir");
    BOOST_TEST(read_dehydrated(f.folder()).lineages.at(0).directory == "");
}

BOOST_AUTO_TEST_CASE(the_configuration_says_it_else)
{
    struct Row {
        const char *config, *directory;
    };
    for (const Row &row :
         {Row{"CA=\"letsencrypt\"\n", "https://acme-v02.api.letsencrypt.org/directory"},
          Row{"CA=letsencrypt-test # for now\n",
              "https://acme-staging-v02.api.letsencrypt.org/directory"},
          Row{"CA=\"https://x.example/dir\"", "https://x.example/dir"}, Row{"CA=\"${X}/dir\"", ""},
          Row{"CA=https://${X}/dir", ""}, Row{"#CA=x", ""}}) {
        Dehydrated f;
        f.add("a.example");
        f.write("config", row.config);
        BOOST_TEST(read_dehydrated(f.folder()).lineages.at(0).directory == row.directory,
                   row.config);
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_may_have_a_configuration_of_its_own)
{
    Dehydrated f;
    f.add("a.example");
    f.add("b.example");
    f.write("config", "CHALLENGETYPE=dns-01\nPRIVATE_KEY_RENEW=no\nPREFERRED_CHAIN='Root X'\n");
    f.write("certs/b.example/config", "CHALLENGETYPE=http-01\nPRIVATE_KEY_RENEW=\"yes\"\n");
    f.write("certs/stray", "");
    const FoundTree tree = read_dehydrated(f.folder());
    BOOST_TEST_REQUIRE(tree.lineages.size() == 2U);
    BOOST_TEST(tree.lineages[0].dns_method == "CHALLENGETYPE=dns-01");
    BOOST_TEST(tree.lineages[0].reuse_key);
    BOOST_TEST(tree.lineages[1].dns_method == "");
    BOOST_TEST(!tree.lineages[1].reuse_key);
    BOOST_TEST(tree.lineages[1].preferred_chain == "Root X");
}

BOOST_AUTO_TEST_CASE(what_is_damaged_is_told)
{
    Dehydrated f;
    f.write("certs/a.example/fullchain.pem", "");
    f.write_key("accounts/not base64/account_key.pem", PrivateKey::generate(KeyType::ec256));
    f.write("accounts/aHR0cHM6Ly9jYS5leGFtcGxlL2RpcgosO/account_key.pem", "");
    const std::string text = unreadable_text(read_dehydrated(f.folder()));
    BOOST_TEST(text.find("certificate a.example: read the key ") != std::string::npos);
    BOOST_TEST(text.find("account not base64: the folder's name is no URL") != std::string::npos);
    BOOST_TEST(text.find("account aHR0cHM6Ly9jYS5leGFtcGxlL2RpcgosO: read the key ") !=
               std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
