// SPDX-License-Identifier: MIT
// Without a CA: which accounts are missing, and that nothing is asked where none is. Accounts that
// are made: tests/system/gateway_doors.bats.
#include "renew/own_accounts.h"

#include "spool/client_store.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct OwnAccountsFixture : SpoolFixture {
    OwnAccountsFixture()
    {
        options.default_ca = "none"; // there is no such CA: whatever is missing fails
        options.workers = 1;
    }
    void add_client(const std::string &name, const ClientPolicy &policy)
    {
        BOOST_TEST(ClientStore(spool).create(ClientId::parse(name), policy));
    }
    int failures() const
    {
        CaContexts cas(spool, options, clock);
        return make_own_accounts(spool, options, cas, clock);
    }
    RenewOptions options;
};

ClientPolicy own_account_at(const std::vector<CaName> &cas)
{
    ClientPolicy policy;
    policy.modes = {"gateway"};
    policy.own_account = true;
    policy.cas = cas;
    return policy;
}

}

BOOST_FIXTURE_TEST_SUITE(own_accounts_test, OwnAccountsFixture)

BOOST_AUTO_TEST_CASE(only_enabled_clients_with_an_account_of_their_own_get_one)
{
    BOOST_TEST(failures() == 0);
    ClientPolicy policy = own_account_at({});
    policy.own_account = false;
    add_client("shares", policy);
    policy.own_account = true;
    policy.enabled = false;
    add_client("disabled", policy);
    BOOST_TEST(failures() == 0);
    add_client("own", own_account_at({}));
    BOOST_TEST(failures() == 1);
}

BOOST_AUTO_TEST_CASE(each_ca_of_the_policy_counts_and_the_default_one_once)
{
    add_client("own", own_account_at({CaName::parse("other"), CaName::parse("none")}));
    BOOST_TEST(failures() == 2);
}

BOOST_AUTO_TEST_CASE(an_account_that_is_there_needs_no_ca)
{
    CaConfig config;
    config.directory = "https://127.0.0.1:1/dir";
    const CaName ca = CaName::parse("none");
    save_ca(spool, ca, config);
    add_client("own", own_account_at({}));
    BOOST_TEST(failures() == 1);
    const AccountFiles files(spool, ca, ClientId::parse("own"));
    files.prepare();
    files.write_key(PrivateKey::generate(KeyType::ec256));
    files.write_record({"https://127.0.0.1:1/account/1", config.directory, {}});
    BOOST_TEST(failures() == 0);
    // Of another CA, to which the name belonged before.
    files.write_record({"https://127.0.0.1:2/account/1", "https://127.0.0.1:2/dir", {}});
    BOOST_TEST(failures() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
