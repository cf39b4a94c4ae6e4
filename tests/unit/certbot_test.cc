// SPDX-License-Identifier: MIT
#include "unit/import_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Certbot : ImportFixture {
    /// Renewed `times` times.
    PrivateKey add(const std::string &name, const std::string &settings = "", int times = 0)
    {
        Pair pair = issue({name});
        const std::string number = std::to_string(times + 1);
        for (int old = 1; old <= times; ++old) {
            const Pair before = issue({name});
            write_key("archive/" + name + "/privkey" + std::to_string(old) + ".pem", before.key);
            write("archive/" + name + "/fullchain" + std::to_string(old) + ".pem", before.chain);
        }
        write_key("archive/" + name + "/privkey" + number + ".pem", pair.key);
        write("archive/" + name + "/fullchain" + number + ".pem", pair.chain);
        for (const char *file : {"privkey", "fullchain"})
            link("../../archive/" + name + "/" + file + number + ".pem",
                 "live/" + name + "/" + file + ".pem");
        write("renewal/" + name + ".conf", "version = 2.1.0\n[renewalparams]\n"
                                           "account = 0a\nserver = https://ca.example/dir\n" +
                                               settings);
        return std::move(pair.key);
    }
};

}

BOOST_AUTO_TEST_SUITE(certbot_test)

BOOST_AUTO_TEST_CASE(a_lineage_with_its_settings)
{
    Certbot f;
    const PrivateKey key = f.add("a.example",
                                 "reuse_key = True\npreferred_chain = Root X\n"
                                 "required_profile = shortlived\nrenew_hook = reload it\n"
                                 "authenticator = webroot\n[[webroot_map]]\nserver = /x\n",
                                 2);
    const FoundTree tree = read_certbot(f.folder());
    BOOST_TEST_REQUIRE(tree.lineages.size() == 1U);
    const FoundLineage &lineage = tree.lineages.front();
    BOOST_TEST(lineage.name == "a.example");
    BOOST_TEST(lineage.key.spki() == key.spki());
    BOOST_TEST(lineage.chain.size() == 2U);
    BOOST_TEST(lineage.chain.front().spki() == key.spki());
    BOOST_TEST(lineage.directory == "https://ca.example/dir");
    BOOST_TEST(lineage.host == "ca.example");
    BOOST_TEST(lineage.account == "0a");
    BOOST_TEST(lineage.reuse_key);
    BOOST_TEST(lineage.preferred_chain == "Root X");
    BOOST_TEST(lineage.profile == "shortlived");
    BOOST_TEST(lineage.hook == "reload it");
    BOOST_TEST(lineage.dns_method == "");
    BOOST_TEST(unreadable_text(tree) == "");
}

BOOST_AUTO_TEST_CASE(without_the_links_the_newest_of_the_archive_counts)
{
    Certbot f;
    const PrivateKey key = f.add("a.example", "", 11);
    std::filesystem::remove_all(f.temp.path() + "/live");
    BOOST_TEST(read_certbot(f.folder()).lineages.at(0).key.spki() == key.spki());
}

BOOST_AUTO_TEST_CASE(what_proves_names_by_dns)
{
    struct Row {
        const char *settings, *method;
    };
    for (const Row &row : {Row{"authenticator = dns-cloudflare\n", "dns-cloudflare"},
                           Row{"authenticator = manual\npref_challs = dns-01,\n", "manual"},
                           Row{"authenticator = manual\npref_challs = http-01, dns-01\n", ""},
                           Row{"authenticator = manual\n", ""},
                           Row{"authenticator = standalone\npref_challs = dns-01,\n", ""}}) {
        Certbot f;
        f.add("a.example", row.settings);
        BOOST_TEST(read_certbot(f.folder()).lineages.at(0).dns_method == row.method, row.settings);
    }
}

BOOST_AUTO_TEST_CASE(accounts_are_known_by_their_folder)
{
    Certbot f;
    f.add("a.example");
    const PrivateKey key = PrivateKey::generate(KeyType::rsa2048);
    f.write("accounts/ca.example:14000/some/dir/0a/private_key.json", private_jwk(key).to_text());
    f.write("accounts/ca.example:14000/some/dir/0a/regr.json",
            R"({"body": {"contact": ["mailto:a@x.example"]}, "uri": "https://ca.example/acct/1"})");
    f.write("accounts/b.example/0b/private_key.json",
            private_jwk(PrivateKey::generate(KeyType::ec256)).to_text());
    f.write("accounts/c.example/dir/0c/private_key.json", "{}");
    const FoundTree tree = read_certbot(f.folder());
    BOOST_TEST_REQUIRE(tree.accounts.size() == 2U);
    BOOST_TEST(tree.accounts[0].id == "0b");
    BOOST_TEST(tree.accounts[0].directory == "https://b.example");
    BOOST_TEST(tree.accounts[1].id == "0a");
    BOOST_TEST(tree.accounts[1].directory == "https://ca.example:14000/some/dir");
    BOOST_TEST(tree.accounts[1].host == "ca.example:14000");
    BOOST_TEST(tree.accounts[1].url == "https://ca.example/acct/1");
    BOOST_TEST(tree.accounts[1].contact.at(0) == "mailto:a@x.example");
    BOOST_TEST(tree.accounts[1].key.spki() == key.spki());
    BOOST_TEST(unreadable_text(tree) ==
               "account accounts/c.example/dir/0c: member \"kty\" is missing\n");
}

BOOST_AUTO_TEST_CASE(a_damaged_lineage_does_not_hide_the_others)
{
    Certbot f;
    f.add("a.example");
    f.add("b.example");
    f.write("renewal/c.example.conf", "\xff\0 nonsense");
    f.write("renewal/README", "");
    std::filesystem::resize_file(f.temp.path() + "/archive/b.example/privkey1.pem", 0);
    const FoundTree tree = read_certbot(f.folder());
    BOOST_TEST(tree.lineages.size() == 1U);
    const std::string text = unreadable_text(tree);
    BOOST_TEST(text.find("certificate b.example: read the key ") != std::string::npos);
    BOOST_TEST(text.find("certificate c.example: read the key ") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
