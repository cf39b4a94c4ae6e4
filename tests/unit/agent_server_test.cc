// SPDX-License-Identifier: MIT
// Agents' servers among the CAs (spool/ca_store.h).
#include "spool/ca_store.h"

#include "cli/agent_server.h"
#include "cli/usage_error.h"
#include "spool/check.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const std::string url = "https://proxy.example/agent/";

void keep(const Spool &spool, const std::string &name, const std::string &server)
{
    CaConfig config;
    config.directory = agent_directory(server);
    save_ca(spool, CaName::parse(name), config);
}

std::string name_of(const std::string &server)
{
    SpoolFixture f;
    return name_for_server(f.spool, server).str();
}

}

BOOST_AUTO_TEST_SUITE(agent_server_test)

BOOST_AUTO_TEST_CASE(a_server_is_found_by_its_url)
{
    SpoolFixture f;
    BOOST_TEST(!find_server(f.spool, url));
    keep(f.spool, "one", "https://other.example/agent/");
    keep(f.spool, "two", url);
    BOOST_TEST((find_server(f.spool, url) == CaName::parse("two")));
    f.overwrite("cas/one/ca.json", "{");
    BOOST_TEST((find_server(f.spool, url) == CaName::parse("two")));
}

BOOST_AUTO_TEST_CASE(a_server_is_called_after_its_host)
{
    const struct {
        std::string server, name;
    } table[] = {
        {url, "proxy-example"},
        {"https://PROXY.example:8443/agent/", "proxy-example-8443"},
        {"https://[::1]:8443/agent/", "1--8443"},
        {"https://-/agent/", "agent"},
        {"https://letsencrypt/agent/", "letsencrypt-2"},
        {"https://" + std::string(200, 'a') + "/agent/", std::string(50, 'a')},
    };
    for (const auto &row : table)
        BOOST_TEST(name_of(row.server) == row.name);
}

BOOST_AUTO_TEST_CASE(its_url_may_be_said_in_three_ways)
{
    for (const char *text : {"https://proxy.example/agent/", "https://proxy.example/agent",
                             "https://proxy.example/agent/directory"})
        BOOST_TEST(parse_agent_url(text) == url, text);
    for (const char *text : {"", "http://proxy.example/agent/", "proxy.example"})
        BOOST_CHECK_THROW(parse_agent_url(text), UsageError);
}

BOOST_AUTO_TEST_CASE(no_name_is_used_twice)
{
    SpoolFixture f;
    keep(f.spool, "proxy-example", "https://proxy.example/other/");
    keep(f.spool, "proxy-example-2", "https://proxy.example/third/");
    BOOST_TEST(name_for_server(f.spool, url).str() == "proxy-example-3");
}

BOOST_AUTO_TEST_CASE(an_identity_is_made_once_and_for_its_owner_alone)
{
    SpoolFixture f;
    const CaName name = CaName::parse("proxy");
    keep(f.spool, "proxy", url);
    BOOST_TEST(load_identities(f.spool, name).empty());
    const auto made = ensure_identities(f.spool, name, f.clock.now());
    BOOST_TEST(made.size() == 1U);
    const auto again = ensure_identities(f.spool, name, f.clock.now());
    BOOST_TEST((again.front().recipient() == made.front().recipient()));
    BOOST_TEST((f.spool.dir().status("cas/proxy/identity.txt")->st_mode & 07777) == 0600U);
    const std::string text = f.content("cas/proxy/identity.txt");
    BOOST_TEST(holds(text, "# public key: " + made.front().recipient().text() + "\n"));
    BOOST_TEST(text.ends_with(std::string(made.front().text().view()) + "\n"));
    BOOST_TEST(check_spool(f.spool, Repair::no, f.clock.now()).empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_identity_is_told_and_not_replaced)
{
    SpoolFixture f;
    const CaName name = CaName::parse("proxy");
    keep(f.spool, "proxy", url);
    ensure_identities(f.spool, name, f.clock.now());
    f.overwrite("cas/proxy/identity.txt", "AGE-SECRET-KEY-1QQ\n");
    const std::string error = thrown_by([&] { ensure_identities(f.spool, name, f.clock.now()); });
    BOOST_TEST(holds(error, "cas/proxy/identity.txt"));
    BOOST_TEST(!holds(error, "1QQ"));
    BOOST_TEST(f.content("cas/proxy/identity.txt") == "AGE-SECRET-KEY-1QQ\n");
    const auto findings = check_spool(f.spool, Repair::yes, f.clock.now());
    BOOST_TEST(findings.size() == 1U);
    BOOST_TEST(holds(findings.at(0).path, "identity.txt"));
    BOOST_TEST(!findings.at(0).repaired);
}

BOOST_AUTO_TEST_CASE(a_lineage_of_a_server_that_is_gone_is_found)
{
    SpoolFixture f;
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
    spec.source = "agent";
    spec.server = url;
    f.add("a.example", spec).set_due(f.clock.now());
    const auto findings = check_spool(f.spool, Repair::no, f.clock.now());
    BOOST_TEST(findings.size() == 1U);
    BOOST_TEST(holds(findings.at(0).what, "of a server"));
    keep(f.spool, "proxy", url);
    BOOST_TEST(check_spool(f.spool, Repair::no, f.clock.now()).empty());
}

BOOST_AUTO_TEST_SUITE_END()
