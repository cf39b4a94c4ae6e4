// SPDX-License-Identifier: MIT
#include "base/error.h"

#include "base/problem.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <system_error>

using namespace acmeproxy;

namespace {

template <class Thrower> std::string described(Thrower thrower)
{
    try {
        thrower();
    } catch (...) {
        return describe_current();
    }
    return "nothing was thrown";
}

[[noreturn]] void open_order()
{
    throw_errno("open orders/7f3a", EACCES);
}

[[noreturn]] void load_order()
{
    try {
        open_order();
    } catch (...) {
        rethrow_while("load order 7f3a");
    }
}

}

BOOST_AUTO_TEST_SUITE(error_test)

BOOST_AUTO_TEST_CASE(errno_is_taken_as_it_is_at_the_call)
{
    errno = ENOSPC;
    BOOST_CHECK_EXCEPTION(throw_errno("write x"), std::system_error, [](const auto &e) {
        return e.code() == std::errc::no_space_on_device &&
               describe(e) == "write x: No space left on device";
    });
    errno = EIO;
    BOOST_CHECK_EXCEPTION(throw_errno("write x", ENOENT), std::system_error,
                          [](const auto &e) { return e.code().value() == ENOENT; });
}

BOOST_AUTO_TEST_CASE(each_layer_adds_one_part_to_the_text)
{
    BOOST_TEST(described(load_order) == "load order 7f3a: open orders/7f3a: Permission denied");
    BOOST_TEST(described([] {
                   try {
                       load_order();
                   } catch (...) {
                       rethrow_while("renew a.example");
                   }
               }) == "renew a.example: load order 7f3a: open orders/7f3a: Permission denied");
}

BOOST_AUTO_TEST_CASE(problem_passes_as_it_is)
{
    const auto throw_problem = [] {
        try {
            throw Problem("unauthorized", "not yours");
        } catch (...) {
            rethrow_while("look at an order");
        }
    };
    BOOST_CHECK_EXCEPTION(throw_problem(), Problem, [](const Problem &p) {
        return p.type == "unauthorized" && p.status == 403 && describe(p) == "not yours";
    });
}

BOOST_AUTO_TEST_CASE(what_is_no_exception_is_described_too)
{
    BOOST_TEST(described([] { throw 7; }) == "unknown error");
    BOOST_TEST(described([] {
                   try {
                       throw 7;
                   } catch (...) {
                       rethrow_while("count");
                   }
               }) == "count: unknown error");
}

BOOST_AUTO_TEST_CASE(cause_is_found_at_any_depth)
{
    try {
        load_order();
    } catch (const std::exception &e) {
        const auto *cause = find_cause<std::system_error>(e);
        BOOST_TEST_REQUIRE(cause != nullptr);
        BOOST_TEST(cause->code().value() == EACCES);
        BOOST_TEST(find_cause<Error>(e) == &e);
        BOOST_TEST(find_cause<Problem>(e) == nullptr);
    }
    const Error alone("alone");
    BOOST_TEST(find_cause<Error>(alone) == &alone);
    BOOST_TEST(find_cause<std::system_error>(alone) == nullptr);
}

BOOST_AUTO_TEST_CASE(cause_below_something_that_is_no_exception_is_not_found)
{
    try {
        try {
            throw 7;
        } catch (...) {
            rethrow_while("count");
        }
    } catch (const std::exception &e) {
        BOOST_TEST(find_cause<std::system_error>(e) == nullptr);
    }
}

BOOST_AUTO_TEST_SUITE_END()
