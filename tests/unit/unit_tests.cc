// SPDX-License-Identifier: MIT
// The one runner of all unit tests: "unit_tests --list_content", "unit_tests -t key_test".
#define BOOST_TEST_MODULE acmeproxy
#include "crypto/guarded_memory.h"

#include <boost/test/unit_test.hpp>
#include <csignal>

namespace {

/// As catch_stop_signals() does in each program: a peer that hangs up must not end the runner.
struct IgnoreBrokenPipes {
    IgnoreBrokenPipes() { std::signal(SIGPIPE, SIG_IGN); }
};

}

BOOST_TEST_GLOBAL_FIXTURE(IgnoreBrokenPipes);

namespace {

/// As each main() does, before OpenSSL allocates anything.
struct GuardOpensslMemory {
    GuardOpensslMemory() { acmeproxy::guard_openssl_memory(); }
};

}

BOOST_TEST_GLOBAL_FIXTURE(GuardOpensslMemory);

BOOST_AUTO_TEST_SUITE(unit_tests)

BOOST_AUTO_TEST_CASE(expected_failure_proves_that_the_runner_sees_red,
                     *boost::unit_test::expected_failures(1))
{
    BOOST_TEST(false);
}

BOOST_AUTO_TEST_SUITE_END()
