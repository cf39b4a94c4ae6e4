// SPDX-License-Identifier: MIT
// What a pass sweeps. That it renews is shown by the system tests.
#include "renew/pass.h"

#include "spool/challenges.h"
#include "spool/client_store.h"
#include "spool/secret_keys.h"
#include "spool/spent_nonces.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct Fixture {
    Fixture() : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base)
    {
        const Time now = clock.now();
        load_secret_keys(spool, now - std::chrono::days(31));
        spend_nonce(spool, now - std::chrono::hours(1), std::string(32, 'a'));
        spend_nonce(spool, now, std::string(32, 'b'));
        const ClientId client = ClientId::parse("web");
        const ClientStore clients(spool);
        clients.create(client, ClientPolicy());
        clients.count_order(client, 5, now - std::chrono::days(40));
        clients.count_order(client, 5, now);
    }
    std::size_t count(const std::string &folder) const { return spool.dir().list(folder).size(); }

    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    FakeClock clock;
    RenewOptions options;
};

}

BOOST_FIXTURE_TEST_SUITE(sweep_test, Fixture)

BOOST_AUTO_TEST_CASE(a_pass_sweeps_what_the_web_programs_leave)
{
    const PassResult result = run_pass(spool, options, clock);
    BOOST_TEST(result.failed == 0);
    BOOST_TEST(count("secrets") == 2U); // the old one still opens what is in flight
    BOOST_TEST(count("nonces") == 1U);
    BOOST_TEST(count("clients/web/quota") == 1U);
}

BOOST_AUTO_TEST_CASE(a_pass_over_named_lineages_sweeps_nothing)
{
    options.names.push_back(LineageName::parse("a.example"));
    BOOST_CHECK_THROW(run_pass(spool, options, clock), Error);
    BOOST_TEST(count("secrets") == 1U);
    BOOST_TEST(count("nonces") == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
