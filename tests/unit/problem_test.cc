// SPDX-License-Identifier: MIT
#include "base/problem.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(problem_test)

BOOST_AUTO_TEST_CASE(type_decides_the_status)
{
    const struct {
        const char *type;
        int status;
    } cases[] = {
        {"accountDoesNotExist", 400},
        {"alreadyReplaced", 409},
        {"alreadyRevoked", 400},
        {"badCSR", 400},
        {"badNonce", 400},
        {"badPublicKey", 400},
        {"badSignatureAlgorithm", 400},
        {"externalAccountRequired", 400},
        {"malformed", 400},
        {"orderNotReady", 403},
        {"rateLimited", 429},
        {"rejectedIdentifier", 403},
        {"serverInternal", 500},
        {"unauthorized", 403},
        {"unsupportedIdentifier", 400},
        {"userActionRequired", 403},
        {"", 400},
        {"Unauthorized", 400},
    };
    for (const auto &c : cases) {
        BOOST_TEST(status_of_problem_type(c.type) == c.status, c.type);
        BOOST_TEST(Problem(c.type, "d").status == c.status, c.type);
    }
}

BOOST_AUTO_TEST_CASE(status_may_be_given)
{
    const Problem problem("malformed", "no such URL", 404);
    BOOST_TEST(problem.type == "malformed");
    BOOST_TEST(problem.status == 404);
    BOOST_TEST(problem.what() == std::string("no such URL"));
    BOOST_TEST(!problem.retry_after);
    BOOST_TEST(problem.subproblems.empty());
}

BOOST_AUTO_TEST_SUITE_END()
