// SPDX-License-Identifier: MIT
// client.json: what is missing is never guessed in the client's favour.
#include "base/error.h"
#include "spool/client_store.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>

using namespace acmeproxy;

namespace {

Json sound()
{
    return Json::object()
        .set("enabled", true)
        .set("modes", Json::strings({"gateway"}))
        .set("allow", Json::strings({"*.a.example", "!x.a.example"}));
}

std::string failure(const Json &json)
try {
    parse_client_policy(json);
    return "";
} catch (const Error &e) {
    return e.what();
}

Json without(const char *member)
{
    const Json whole = sound();
    Json json = Json::object();
    for (const auto &[name, value] : *whole.as_object()) {
        if (name != member)
            json.set(name, value);
    }
    return json;
}

}

BOOST_AUTO_TEST_SUITE(client_policy_test)

BOOST_AUTO_TEST_CASE(what_is_not_said_has_a_narrow_default)
{
    const ClientPolicy policy = parse_client_policy(sound());
    BOOST_TEST(policy.enabled);
    BOOST_TEST(policy.cas.empty());
    BOOST_TEST(policy.profiles.empty());
    BOOST_TEST(!policy.orders_per_day.has_value());
    BOOST_TEST(!policy.own_account);
    BOOST_TEST(policy.max_eab_keys == 10);
    BOOST_TEST(policy.max_accounts == 50);
}

BOOST_AUTO_TEST_CASE(a_policy_survives_writing_and_reading)
{
    Json json = sound();
    json.set("enabled", false)
        .set("modes", Json::strings({"agent", "gateway"}))
        .set("cas", Json::strings({"letsencrypt-staging", "lab"}))
        .set("profiles", Json::strings({"shortlived"}))
        .set("orders_per_day", 20)
        .set("own_account", true)
        .set("max_eab_keys", 1)
        .set("max_accounts", 2);
    const Json once = to_json(parse_client_policy(json));
    BOOST_TEST((once == to_json(parse_client_policy(once))));
    for (const auto &[name, value] : *json.as_object())
        BOOST_TEST((*once.find(name) == value), name);
}

BOOST_AUTO_TEST_CASE(an_empty_list_of_names_is_kept_and_allows_nothing)
{
    const ClientPolicy policy = parse_client_policy(sound().set("allow", Json::array()));
    BOOST_TEST(policy.names.empty());
    BOOST_TEST(!decide(policy.names, Identifier::parse("a.example")).allowed);
}

BOOST_AUTO_TEST_CASE(what_must_be_said_is_missed)
{
    for (const char *member : {"enabled", "modes", "allow"})
        BOOST_TEST(failure(without(member)) == "member \"" + std::string(member) + "\" is missing");
}

BOOST_AUTO_TEST_CASE(a_malformed_policy_is_refused_as_a_whole)
{
    const std::vector<std::pair<const char *, Json>> table = {
        {"enabled", "yes"},
        {"enabled", 1},
        {"enabled", Json()},
        {"modes", "gateway"},
        {"modes", Json::strings({"Gateway"})},
        {"modes", Json::strings({"all"})},
        {"modes", Json()},
        {"allow", "*.a.example"},
        {"allow", Json()},
        {"allow", Json::strings({"*.a.example", "*"})},
        {"allow", Json::strings({"**.com"})},
        {"allow", Json::strings({""})},
        {"allow", Json(Json::Array{Json(7)})},
        {"cas", Json::strings({"../x"})},
        {"cas", "letsencrypt"},
        {"profiles", "x"},
        {"orders_per_day", -1},
        {"orders_per_day", "20"},
        {"orders_per_day", std::int64_t{1000001}},
        {"own_account", "no"},
        {"max_accounts", -1},
        {"max_eab_keys", "many"},
    };
    for (const auto &[member, value] : table)
        BOOST_TEST(!failure(sound().set(member, value)).empty(), member << " " << value.to_text());
}

BOOST_AUTO_TEST_CASE(a_quota_that_is_there_but_says_nothing_is_none_left)
{
    BOOST_TEST((parse_client_policy(sound().set("orders_per_day", Json())).orders_per_day == 0));
}

BOOST_AUTO_TEST_CASE(refusals_name_the_member_and_the_reason)
{
    BOOST_TEST(failure(sound().set("modes", Json::strings({"root"}))) ==
               "member \"modes\": unknown mode \"root\"");
    BOOST_TEST(failure(sound().set("orders_per_day", -1)) ==
               "member \"orders_per_day\" is out of range");
    BOOST_TEST(failure(sound().set("allow", Json::strings({"*"}))) ==
               "pattern \"*\": a bare star would cover the whole world; put a domain behind it");
}

BOOST_AUTO_TEST_SUITE_END()
