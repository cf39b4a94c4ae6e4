// SPDX-License-Identifier: MIT
#include "acme/account.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(account_test)

BOOST_AUTO_TEST_CASE(only_the_ca_itself_can_say_that_an_account_is_lost)
{
    const struct {
        const char *type;
        const char *detail;
        int status;
        bool lost;
    } table[] = {
        {"accountDoesNotExist", "", 400, true},
        {"unauthorized", "an account with that ID exists but it is deactivated", 401, true},
        {"unauthorized", "", 401, true},
        {"unauthorized", "Account is not valid, has status \"deactivated\"", 403, true},
        {"unauthorized", "Account is not valid, has status \"revoked\"", 403, true},
        {"unauthorized", "the account does not own this order", 403, false},
        {"unauthorized", "certificate was revoked", 403, false},
        {"unauthorized", "a.example: invalid response: \"account deactivated\"", 0, false},
        {"malformed", "account deactivated", 400, false},
        {"rateLimited", "too many accounts", 429, false},
        {"", "account deactivated", 503, false},
    };
    for (const auto &row : table)
        BOOST_TEST(is_account_lost(CaProblem("x", row.type, row.detail, row.status)) == row.lost,
                   row.type << " " << row.detail);
}

BOOST_AUTO_TEST_SUITE_END()
