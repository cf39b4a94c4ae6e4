// SPDX-License-Identifier: MIT
// For tests that take root. Elsewhere they are skipped, and say so; tests/system_root runs all of
// them, by their label:
//
//     BOOST_AUTO_TEST_CASE(name, *boost::unit_test::label("root") *
//                                    boost::unit_test::precondition(started_by_root))
#pragma once

#include "spool/owner.h"

#include <boost/test/unit_test.hpp>

inline boost::test_tools::assertion_result started_by_root(boost::unit_test::test_unit_id)
{
    return acmeproxy::is_root();
}
