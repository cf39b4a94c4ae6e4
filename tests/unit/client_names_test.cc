// SPDX-License-Identifier: MIT
#include "spool/client_names.h"

#include "base/error.h"
#include "base/time_text.h"
#include "spool/layout.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const std::string random22 = "AAAAAAAAAA_-bbbbbbbbbb";
const std::string print43 = std::string(40, 'a') + "-_9";

template <class Name> void check_refused(const std::vector<std::string> &texts)
{
    for (const std::string &text : texts)
        BOOST_CHECK_THROW(Name::parse(text), Error);
}

}

BOOST_AUTO_TEST_SUITE(client_names_test)

BOOST_AUTO_TEST_CASE(an_id_tells_its_client)
{
    const ClientScopedId id = ClientScopedId::parse("web-1." + random22);
    BOOST_TEST(id.client().str() == "web-1");
    BOOST_TEST(id.str() == "web-1." + random22);
    const ClientScopedId made = ClientScopedId::make(ClientId::parse("web-1"));
    BOOST_TEST((ClientScopedId::parse(made.str()) == made));
    BOOST_TEST((made != ClientScopedId::make(ClientId::parse("web-1"))));
    BOOST_TEST(made.str().find_first_of(":\"'") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_id_used_as_a_path_is_checked_first)
{
    check_refused<ClientScopedId>({"", ".", "..", "web", "web.", "." + random22, random22,
                                   "web." + random22 + "x", "web." + random22.substr(1),
                                   "../web." + random22, "web/../x." + random22,
                                   "web.../../etc/passwd12345", "web." + random22.substr(2) + "/.",
                                   "web." + random22.substr(1) + "=", "Web." + random22,
                                   "web." + random22 + ".json", std::string("web.\0", 5) + random22,
                                   "web." + random22.substr(1) + "\n", "a.b." + random22});
    check_refused<Thumbprint>({"", "..", "../" + print43.substr(3), print43 + "a", "lock",
                               print43.substr(1), print43.substr(1) + "/",
                               print43.substr(1) + "="});
    check_refused<NonceHash>({"", std::string(31, 'a'), std::string(65, 'a'), std::string(32, 'A'),
                              std::string(31, 'a') + "/", std::string(32, 'g')});
    check_refused<SecretName>({"", "20261124T135000Z", "20261124T135000Z-",
                               "20261324T135000Z-abcdefgh", "20261124T135000Z-abcdefg/",
                               "20261124T135000Z-abcdefghi", "2026-11-24T13:50:00Z-abcdefgh"});
    check_refused<Day>({"", "2026-11-31", "2026-1-02", "2026-11-24T", "../../../..", "2026/11/24"});
    check_refused<Minute>(
        {"", "2026-11-24T13:50", "2026-11-24T13:60Z", "2026-11-24T13:5/Z", "2026-11-24T13:50:00Z"});
}

BOOST_AUTO_TEST_CASE(times_are_in_the_names)
{
    const Time time = *parse_rfc3339("2026-11-24T13:50:59Z");
    BOOST_TEST(day_of(time).str() == "2026-11-24");
    BOOST_TEST(minute_of(time).str() == "2026-11-24T13:50Z");
    BOOST_TEST((time_of(minute_of(time)) == *parse_rfc3339("2026-11-24T13:50:00Z")));
    const SecretName secret = new_secret_name(time);
    BOOST_TEST(secret.str().starts_with("20261124T135059Z-"));
    BOOST_TEST((time_of(secret) == time));
}

BOOST_AUTO_TEST_CASE(each_path_has_a_rule_in_the_layout)
{
    const ClientId client = ClientId::parse("web");
    const auto id = ClientScopedId::parse("web." + random22);
    const Time time = *parse_rfc3339("2026-11-24T13:50:59Z");
    const std::vector<std::pair<SpoolPath, std::string>> table = {
        {ClientNames::folder(ClientFolder::clients), "clients"},
        {ClientNames::folder(ClientFolder::keys), "keys"},
        {ClientNames::folder(ClientFolder::nonces), "nonces"},
        {ClientNames::folder(ClientFolder::secrets), "secrets"},
        {ClientNames::client(client), "clients/web"},
        {ClientNames::client(client, ClientFile::client), "clients/web/client.json"},
        {ClientNames::client(client, ClientFile::lock), "clients/web/lock"},
        {ClientNames::client(client, ClientFile::eab), "clients/web/eab"},
        {ClientNames::client(client, ClientFile::accounts), "clients/web/accounts"},
        {ClientNames::client(client, ClientFile::quota), "clients/web/quota"},
        {ClientNames::eab(id), "clients/web/eab/web." + random22 + ".json"},
        {ClientNames::eab_used(id), "clients/web/eab/web." + random22 + ".used"},
        {ClientNames::account(id), "clients/web/accounts/web." + random22 + ".json"},
        {ClientNames::quota(client, day_of(time)), "clients/web/quota/2026-11-24"},
        {ClientNames::key(Thumbprint::parse(print43)), "keys/" + print43},
        {ClientNames::key_lock(), "keys/lock"},
        {ClientNames::nonces(minute_of(time)), "nonces/2026-11-24T13:50Z"},
        {ClientNames::nonce(minute_of(time), NonceHash::parse(std::string(32, 'a'))),
         "nonces/2026-11-24T13:50Z/" + std::string(32, 'a')},
        {ClientNames::secret(SecretName::parse("20261124T135059Z-abcdefgh")),
         "secrets/20261124T135059Z-abcdefgh"},
    };
    for (const auto &[path, text] : table) {
        BOOST_TEST(path.str() == text);
        BOOST_TEST(find_rule(text), text);
    }
}

BOOST_AUTO_TEST_CASE(files_that_are_not_of_the_client_have_no_id)
{
    const ClientId client = ClientId::parse("web");
    const auto id = ClientNames::id_of_file(client, "web." + random22 + ".json");
    BOOST_TEST_REQUIRE(id.has_value());
    BOOST_TEST(id->str() == "web." + random22);
    for (const std::string &name :
         {"other." + random22 + ".json", "web." + random22 + ".used", "web." + random22,
          std::string(".json"), std::string("junk.json"), std::string()})
        BOOST_TEST(!ClientNames::id_of_file(client, name), name);
}

BOOST_AUTO_TEST_SUITE_END()
