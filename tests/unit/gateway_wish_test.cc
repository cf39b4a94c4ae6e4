// SPDX-License-Identifier: MIT
#include "server/gateway_wish.h"

#include "base/problem.h"
#include "base/text.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

OrderWish wish_of(const std::string &json)
{
    return read_order_wish(Json::parse(json));
}

std::string identifiers(const std::string &list)
{
    return R"({"identifiers":[)" + list + "]}";
}

std::string dns(const std::string &value)
{
    return R"({"type":"dns","value":")" + value + "\"}";
}

/// "type status: detail" of the Problem that `act` throws; "" where it throws none.
template <class Act> std::string problem_of(Act act)
try {
    act();
    return "";
} catch (const Problem &problem) {
    return problem.type + " " + std::to_string(problem.status) + ": " + problem.what();
}

ClientPolicy policy_for(const std::vector<std::string> &patterns)
{
    ClientPolicy policy;
    for (const std::string &pattern : patterns)
        policy.names.push_back(NamePattern::parse(pattern));
    return policy;
}

std::string refusal(const std::vector<std::string> &patterns, const std::string &name)
{
    return problem_of(
        [&] { check_names_allowed(policy_for(patterns), {Identifier::parse(name)}); });
}

}

BOOST_AUTO_TEST_SUITE(gateway_wish_test)

BOOST_AUTO_TEST_CASE(names_are_canonical_and_keep_their_spelling)
{
    const OrderWish wish = wish_of(identifiers(dns("A.Example") + "," + dns("a.example") + "," +
                                               R"({"type":"ip","value":"192.0.2.1"})"));
    BOOST_TEST(to_text(wish.request.identifiers) == "a.example, 192.0.2.1");
    BOOST_TEST(join(wish.spellings, " ") == "A.Example 192.0.2.1");
}

BOOST_AUTO_TEST_CASE(the_rest_is_read)
{
    const OrderWish wish = wish_of(
        R"({"identifiers":[{"type":"dns","value":"a.example"}],"notBefore":"2026-11-24T00:00:00Z",)"
        R"("notAfter":"2026-11-25T00:00:00Z","profile":"short","replaces":"AAAA.BBBB","x":1})");
    BOOST_TEST(wish.request.not_before == "2026-11-24T00:00:00Z");
    BOOST_TEST(wish.request.not_after == "2026-11-25T00:00:00Z");
    BOOST_TEST(wish.request.profile == "short");
    BOOST_TEST(wish.request.replaces == "AAAA.BBBB");
}

BOOST_AUTO_TEST_CASE(what_is_no_order_is_malformed)
{
    for (const char *json : {
             R"({})",
             R"({"identifiers":[]})",
             R"({"identifiers":"a.example"})",
             R"({"identifiers":["a.example"]})",
             R"({"identifiers":[{"type":"dns"}]})",
             R"({"identifiers":[{"type":"dns","value":7}]})",
             R"({"identifiers":[{"type":"dns","value":"a.example"}],"notBefore":"tomorrow"})",
             R"({"identifiers":[{"type":"dns","value":"a.example"}],"notAfter":7})",
             R"({"identifiers":[{"type":"dns","value":"a.example"}],"replaces":"../x"})",
             R"({"identifiers":[{"type":"dns","value":"a.example"}],"replaces":"nodot"})",
         })
        BOOST_TEST(problem_of([&] { wish_of(json); }).starts_with("malformed 400: "), json);
    std::string many = dns("a0.example");
    for (int i = 1; i <= 100; ++i)
        many += "," + dns("a" + std::to_string(i) + ".example");
    BOOST_TEST(problem_of([&] { wish_of(identifiers(many)); }) ==
               "malformed 400: an order must have 1 to 100 identifiers");
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_named)
{
    BOOST_TEST(problem_of([] {
                   wish_of(R"({"identifiers":[{"type":"mail","value":"a@b"}]})");
               }).starts_with("unsupportedIdentifier 400: "));
    for (const char *name : {"", "a..example", "10.0.0.1", "*.*.example", "a b.example", "-.x"})
        BOOST_TEST(problem_of([&] {
                       wish_of(identifiers(dns(name)));
                   }).starts_with("rejectedIdentifier 400: " + std::string(name)),
                   name);
    try {
        wish_of(identifiers(dns("a..example") + "," + dns("a.example") + "," + dns("1.2.3.4")));
        BOOST_ERROR("it was taken");
    } catch (const Problem &problem) {
        BOOST_TEST(problem.what() == "2 names are refused");
        BOOST_TEST_REQUIRE(problem.subproblems.size() == 2U);
        BOOST_TEST(problem.subproblems[1].identifier == "1.2.3.4");
    }
}

BOOST_AUTO_TEST_CASE(names_go_by_the_policy)
{
    BOOST_TEST(refusal({"*.a.example"}, "x.a.example") == "");
    BOOST_TEST(refusal({"*.a.example"}, "x.evila.example") ==
               "rejectedIdentifier 403: x.evila.example: this client may not have it");
    BOOST_TEST(refusal({"*.a.example", "!x.a.example"}, "x.a.example") ==
               "rejectedIdentifier 403: x.a.example: this client must not have it");
    BOOST_TEST(refusal({}, "a.example") ==
               "rejectedIdentifier 403: a.example: this client may not have it");
}

BOOST_AUTO_TEST_CASE(a_refused_wildcard_is_told_why)
{
    BOOST_TEST(refusal({"**.a.example"}, "*.a.example") ==
               "rejectedIdentifier 403: *.a.example: wildcards are not allowed for this client; "
               "order the names one by one");
    BOOST_TEST(refusal({"wildcard:b.example"}, "*.a.example") ==
               "rejectedIdentifier 403: *.a.example: this client may not have this wildcard");
    BOOST_TEST(refusal({"wildcard:a.example"}, "*.a.example") == "");
}

BOOST_AUTO_TEST_CASE(profiles_are_the_cas_and_the_policys)
{
    Directory directory;
    directory.profiles = {{"classic", ""}, {"short", ""}};
    ClientPolicy policy;
    const auto refused = [&](const std::string &profile) {
        return problem_of([&] { check_profile_allowed(policy, directory, profile); });
    };
    BOOST_TEST(refused("") == "");
    BOOST_TEST(refused("short") == "");
    BOOST_TEST(refused("other") == "invalidProfile 400: the CA has no profile \"other\"");
    policy.profiles = {"classic"};
    BOOST_TEST(refused("classic") == "");
    BOOST_TEST(refused("short") ==
               "invalidProfile 400: this client may not use the profile \"short\"");
}

BOOST_AUTO_TEST_SUITE_END()
