// SPDX-License-Identifier: MIT
#include "unit/import_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct AcmeSh : ImportFixture {
    PrivateKey add(const std::string &place, const std::string &domain,
                   const std::string &settings = "")
    {
        Pair pair = issue({domain});
        write_key(place + "/" + domain + ".key", pair.key);
        write(place + "/fullchain.cer", pair.chain);
        write(place + "/" + domain + ".conf",
              "Le_Domain='" + domain + "'\nLe_API='https://ca.example:14000/v2/dir'\n" + settings);
        return std::move(pair.key);
    }
};

}

BOOST_AUTO_TEST_SUITE(acme_sh_test)

BOOST_AUTO_TEST_CASE(a_lineage_with_its_settings)
{
    AcmeSh f;
    const PrivateKey key =
        f.add("a.example_ecc", "a.example",
              "Le_Webroot='/var/www'\nLe_Preferred_Chain='Root X'\n"
              "Le_ReloadCmd='__ACME_BASE64__START_Y3AgYSBi__ACME_BASE64__END_'\n");
    f.add("b.example", "b.example", "Le_ForceNewDomainKey='1'\n");
    f.write("dnsapi/dns_cf.sh", "");
    const FoundTree tree = read_acme_sh(f.folder());
    BOOST_TEST(unreadable_text(tree) == "");
    BOOST_TEST_REQUIRE(tree.lineages.size() == 2U);
    BOOST_TEST(tree.lineages[0].name == "a.example");
    BOOST_TEST(tree.lineages[0].key.spki() == key.spki());
    BOOST_TEST(tree.lineages[0].directory == "https://ca.example:14000/v2/dir");
    BOOST_TEST(tree.lineages[0].preferred_chain == "Root X");
    BOOST_TEST(tree.lineages[0].hook == "cp a b");
    BOOST_TEST(tree.lineages[0].reuse_key);
    BOOST_TEST(tree.lineages[0].dns_method == "");
    BOOST_TEST(!tree.lineages[1].reuse_key);
}

BOOST_AUTO_TEST_CASE(two_certificates_of_one_domain_have_two_names)
{
    AcmeSh f;
    f.add("a.example", "a.example");
    f.add("a.example_ecc", "a.example");
    const FoundTree tree = read_acme_sh(f.folder());
    BOOST_TEST(tree.lineages.at(0).name == "a.example");
    BOOST_TEST(tree.lineages.at(1).name == "a.example_ecc");
}

BOOST_AUTO_TEST_CASE(what_proves_names_by_dns)
{
    for (const char *webroot : {"dns_cf", "dns", "no,dns_cf"}) {
        AcmeSh f;
        f.add("a.example", "a.example", "Le_Webroot='" + std::string(webroot) + "'\n");
        BOOST_TEST(read_acme_sh(f.folder()).lineages.at(0).dns_method != "", webroot);
    }
    for (const char *webroot : {"no", "/srv/dns_x", "apache", ""}) {
        AcmeSh f;
        f.add("a.example", "a.example", "Le_Webroot='" + std::string(webroot) + "'\n");
        BOOST_TEST(read_acme_sh(f.folder()).lineages.at(0).dns_method == "", webroot);
    }
}

BOOST_AUTO_TEST_CASE(accounts_lie_below_the_host_without_its_port)
{
    AcmeSh f;
    f.add("a.example", "a.example");
    const PrivateKey key = PrivateKey::generate(KeyType::rsa2048);
    f.write_key("ca/ca.example/v2/dir/account.key", key);
    f.write("ca/ca.example/v2/dir/ca.conf",
            "ACCOUNT_URL='https://ca.example/acct/1'\nCA_EMAIL='me@x.example'\n");
    f.write_key("ca/other.example/account.key", key); // as versions before 3 did
    f.write("ca/bad.example/dir/account.key", "x");
    const FoundTree tree = read_acme_sh(f.folder());
    BOOST_TEST_REQUIRE(tree.accounts.size() == 2U);
    BOOST_TEST(tree.accounts[0].directory == "https://ca.example:14000/v2/dir");
    BOOST_TEST(tree.accounts[0].host == "ca.example:14000");
    BOOST_TEST(tree.accounts[0].url == "https://ca.example/acct/1");
    BOOST_TEST(tree.accounts[0].contact.at(0) == "mailto:me@x.example");
    BOOST_TEST(tree.accounts[1].directory == "");
    BOOST_TEST(tree.accounts[1].host == "other.example");
    BOOST_TEST(unreadable_text(tree).starts_with("account ca/bad.example/dir: read the key "));
}

BOOST_AUTO_TEST_SUITE_END()
