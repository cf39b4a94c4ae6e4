// SPDX-License-Identifier: MIT
#include "server/gateway_problem.h"

#include "http/http.h"

#include <boost/test/unit_test.hpp>
#include <system_error>

using namespace acmeproxy;

namespace {

/// "type status retry-after".
std::string shown(const Problem &problem)
{
    return problem.type + " " + std::to_string(problem.status) +
           (problem.retry_after ? " " + std::to_string(problem.retry_after->count()) : "");
}

CaProblem refusal(const std::string &type, int status, std::optional<Seconds> retry_after = {})
{
    CaProblem problem("new order at https://ca.example", type, "the CA's words", status);
    problem.retry_after = retry_after;
    return problem;
}

Problem for_client(const std::exception &e)
{
    return problem_for_client(e, "inside", false);
}

}

BOOST_AUTO_TEST_SUITE(gateway_problem_test)

BOOST_AUTO_TEST_CASE(refusals_of_the_ca_are_relayed)
{
    const std::tuple<const char *, int, const char *> table[] = {
        {"rejectedIdentifier", 400, "rejectedIdentifier 400"},
        {"caa", 403, "caa 403"},
        {"unauthorized", 403, "unauthorized 403"},
        {"alreadyReplaced", 409, "alreadyReplaced 409"},
        {"conflict", 409, "conflict 400"}, // certbot takes it for an account conflict
        {"https://ca.example/errors/x", 403, "unauthorized 403"},
        {"two words", 400, "malformed 400"},
        {"badCSR", 0, "badCSR 400"},
    };
    for (const auto &[type, status, expected] : table) {
        const Problem problem = for_client(refusal(type, status));
        BOOST_TEST(shown(problem) == expected);
        BOOST_TEST(problem.what() == "the CA's words");
    }
}

BOOST_AUTO_TEST_CASE(a_time_to_wait_is_passed_on)
{
    BOOST_TEST(shown(for_client(refusal("rateLimited", 429, Seconds(77)))) == "rateLimited 429 77");
    BOOST_TEST(shown(for_client(refusal("caa", 403, Seconds(5)))) == "caa 403");
}

BOOST_AUTO_TEST_CASE(the_text_of_what_is_no_acme_problem_is_not_shown)
{
    const std::pair<int, const char *> table[] = {
        {307, "serverInternal 500"},    {400, "serverInternal 500"}, {404, "unauthorized 404"},
        {409, "serverInternal 500"},    {429, "rateLimited 429 30"}, {502, "serverInternal 500"},
        {503, "serverInternal 503 30"},
    };
    for (const auto &[status, expected] : table) {
        const Problem problem = for_client(refusal("", status));
        BOOST_TEST(shown(problem) == expected);
        BOOST_TEST(std::string(problem.what()).find("the CA's words") == std::string::npos);
    }
    BOOST_TEST(shown(for_client(refusal("", 503, Seconds(5)))) == "serverInternal 503 5");
}

BOOST_AUTO_TEST_CASE(what_is_about_our_account_is_not_shown)
{
    for (const char *type :
         {"accountDoesNotExist", "userActionRequired", "badNonce", "externalAccountRequired"}) {
        const Problem problem = for_client(refusal(type, 400));
        BOOST_TEST(shown(problem) == "serverInternal 500");
        BOOST_TEST(std::string(problem.what()).find("CA's words") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(subproblems_are_passed_on)
{
    const CaProblem problem("", "malformed", "no", 400,
                            {{"rejectedIdentifier", "not this", "a.example"},
                             {"https://ca.example/odd", "nor this", "b.example"}});
    const Problem result = for_client(problem);
    BOOST_TEST_REQUIRE(result.subproblems.size() == 2U);
    BOOST_TEST(result.subproblems[0].type == "rejectedIdentifier");
    BOOST_TEST(result.subproblems[0].detail == "not this");
    BOOST_TEST(result.subproblems[0].identifier == "a.example");
    BOOST_TEST(result.subproblems[1].type == "malformed");
}

BOOST_AUTO_TEST_CASE(the_cause_is_found_below_what_was_being_done)
{
    try {
        try {
            throw HttpError(HttpError::Reason::connect, "GET https://ca.example/secret: refused");
        } catch (...) {
            rethrow_while("new order");
        }
    } catch (const std::exception &e) {
        const Problem problem = for_client(e);
        BOOST_TEST(shown(problem) == "serverInternal 503 30");
        BOOST_TEST(std::string(problem.what()).find("secret") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(internals_are_not_shown)
{
    const std::system_error system(std::make_error_code(std::errc::io_error), "open x");
    for (const Problem &problem : {for_client(Error("a.example is odd")), for_client(system)}) {
        BOOST_TEST(shown(problem) == "serverInternal 500");
        BOOST_TEST(problem.what() == "something is wrong here; the operator's log says what");
    }
}

BOOST_AUTO_TEST_CASE(a_problem_stays_what_it_is)
{
    BOOST_TEST(shown(for_client(no_such_thing("order"))) == "unauthorized 404");
    BOOST_TEST(no_such_thing("order").what() == "there is no such order");
}

BOOST_AUTO_TEST_CASE(an_error_member_says_what_the_ca_said)
{
    const CaProblem problem("", "unauthorized", "no file", 0, {{"dns", "no name", "192.0.2.1"}});
    BOOST_TEST(problem_json(problem).to_text() ==
               R"({"type":"urn:ietf:params:acme:error:unauthorized","detail":"no file",)"
               R"("status":403,"subproblems":[{"type":"urn:ietf:params:acme:error:dns",)"
               R"("detail":"no name","identifier":{"type":"ip","value":"192.0.2.1"}}]})");
}

BOOST_AUTO_TEST_SUITE_END()
