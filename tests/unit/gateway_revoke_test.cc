// SPDX-License-Identifier: MIT
// Which account at the CA asks for a revocation. (gateway_test.cc has who may ask us.)
#include "unit/gateway_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

struct RevocationFixture : GatewayFixture {
    void add_own_account(const std::string &client, const std::string &pattern, bool is_used = true)
    {
        ClientPolicy own = policy();
        own.own_account = is_used;
        own.names = {NamePattern::parse(pattern)};
        const ClientId id = ClientId::parse(client);
        clients.create(id, own);
        clients.save_policy(id, own);
        const AccountFiles files(spool_files.spool, CaName::parse("inside"), id);
        files.prepare();
        files.write_key(ca_key);
        files.write_record({ca.url("/account/" + client), ca.url("/dir"), {}});
    }
    void ca_refuses(const std::string &status)
    {
        ca.will_refuse("/revokeCert", status, "unauthorized", "not of the account 7");
    }
    std::string payload()
    {
        const Certificate certificate =
            spool_files.ca.issue({.key = cert_key.public_key().copy(), .names = "DNS:a.example"});
        return Json::object().set("certificate", base64url_encode(certificate.der())).to_text();
    }
    CgiResponse by_key()
    {
        return post_as(cert_key, to_jwk(cert_key.public_key()), "/gateway/revoke-cert", payload());
    }
    CgiResponse by_account() { return post("/gateway/revoke-cert", payload()); }
    /// The last part of the account that asked last.
    std::string asked_by() const
    {
        const std::string kid = ca.last_jws("/revokeCert").header().string_at("kid");
        return kid.substr(kid.rfind('/') + 1);
    }

    const PrivateKey cert_key = PrivateKey::generate(KeyType::ec256);
};

/// "403 unauthorized".
std::string refusal_in(const CgiResponse &response)
{
    const std::string type = Json::parse(response.body).string_or("type", "");
    return std::to_string(response.status) + " " + type.substr(type.rfind(':') + 1);
}

}

BOOST_AUTO_TEST_SUITE(gateway_revoke_test)

BOOST_FIXTURE_TEST_CASE(a_key_revokes_what_was_made_under_a_clients_own_account, RevocationFixture)
{
    add_own_account("other", "b.example");
    add_own_account("own", "a.example");
    ca_refuses("401 Unauthorized");
    ca.will_answer("/revokeCert", "200 OK", "");
    BOOST_TEST(by_key().status == 200);
    BOOST_TEST(asked_by() == "own");
}

BOOST_FIXTURE_TEST_CASE(few_accounts_are_asked_for_who_only_has_a_key, RevocationFixture)
{
    for (int i = 0; i < 9; ++i) {
        add_own_account("own" + std::to_string(i), "a.example");
        ca_refuses("403 Forbidden");
    }
    BOOST_TEST(refusal_in(by_key()) == "403 unauthorized");
    const std::string log = ca.log();
    std::size_t asked = 0;
    for (std::size_t at = 0; (at = log.find("POST /revokeCert", at)) != std::string::npos; ++at)
        ++asked;
    BOOST_TEST(asked == 5U);
}

BOOST_FIXTURE_TEST_CASE(a_refusal_of_the_ca_to_revoke_is_no_fault_of_ours, RevocationFixture)
{
    for (const char *status : {"401 Unauthorized", "403 Forbidden"}) {
        ca_refuses(status);
        const CgiResponse by_own_key = by_key();
        BOOST_TEST(refusal_in(by_own_key) == "403 unauthorized", status);
        ca_refuses(status);
        const CgiResponse by_an_account = by_account();
        BOOST_TEST(refusal_in(by_an_account) == "403 unauthorized", status);
        BOOST_TEST(by_an_account.body.find("account 7") == std::string::npos);
    }
    ca.will_refuse("/revokeCert", "429 Too Many Requests", "rateLimited", "later");
    BOOST_TEST(refusal_in(by_key()) == "429 rateLimited");
}

BOOST_FIXTURE_TEST_CASE(an_account_revokes_what_it_had_from_its_own_account_before,
                        RevocationFixture)
{
    add_own_account("acme", "a.example", false);
    ca_refuses("403 Forbidden");
    ca.will_answer("/revokeCert", "200 OK", "");
    BOOST_TEST(by_account().status == 200);
    BOOST_TEST(asked_by() == "acme");
}

// Where clients' names overlap, an account of its own keeps it from the certificates of others.
BOOST_FIXTURE_TEST_CASE(who_has_an_own_account_is_not_helped_by_the_shared_one, RevocationFixture)
{
    add_own_account("acme", "a.example");
    ca_refuses("403 Forbidden");
    ca.will_answer("/revokeCert", "200 OK", "");
    BOOST_TEST(refusal_in(by_account()) == "403 unauthorized");
    BOOST_TEST(asked_by() == "acme");
}

BOOST_AUTO_TEST_SUITE_END()
