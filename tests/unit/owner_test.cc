// SPDX-License-Identifier: MIT
// What needs root is tried in a child, since it is for good.
#include "spool/owner.h"

#include "base/error.h"
#include "unit/as_root.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace acmeproxy;

namespace {

/// Whether `claim` holds in a child process.
bool holds_in_a_child(const std::function<bool()> &claim)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        bool good = false;
        try {
            good = claim();
        } catch (const std::exception &) {
        }
        ::_exit(good ? 0 : 1);
    }
    int status = -1;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

const SpoolOwner somebody{12345, 12346, ""};

}

BOOST_AUTO_TEST_SUITE(owner_test)

BOOST_AUTO_TEST_CASE(the_owner_is_who_owns_the_folder)
{
    TempDir temp;
    const auto owner = owner_of(temp.path());
    BOOST_REQUIRE(owner.has_value());
    BOOST_TEST(owner->uid == ::geteuid());
    BOOST_TEST(!owner_of(temp.path() + "/none"));
    BOOST_TEST(is_root() == (::getuid() == 0));
}

BOOST_AUTO_TEST_CASE(an_owner_without_a_name_has_a_number,
                     *boost::unit_test::label("root") *
                         boost::unit_test::precondition(started_by_root))
{
    TempDir temp;
    BOOST_REQUIRE(::chown(temp.path().c_str(), 12345, 12346) == 0);
    const auto owner = owner_of(temp.path());
    BOOST_TEST(owner->uid == 12345U);
    BOOST_TEST(owner->gid == 12346U);
    BOOST_TEST(owner->name == "");
}

BOOST_AUTO_TEST_CASE(becoming_the_owner_is_for_good,
                     *boost::unit_test::label("root") *
                         boost::unit_test::precondition(started_by_root))
{
    BOOST_TEST(holds_in_a_child([] {
        become(somebody);
        gid_t group = 0;
        return ::getuid() == 12345 && ::geteuid() == 12345 && ::getgid() == 12346 &&
               ::getgroups(1, &group) == 1 && group == 12346 && ::seteuid(0) != 0 &&
               ::setuid(0) != 0;
    }));
}

BOOST_AUTO_TEST_CASE(acting_as_the_owner_can_be_taken_back,
                     *boost::unit_test::label("root") *
                         boost::unit_test::precondition(started_by_root))
{
    BOOST_TEST(holds_in_a_child([] {
        act_as(somebody);
        if (::geteuid() != 12345 || ::getegid() != 12346 || ::getuid() != 0)
            return false;
        const BeforeExec regain = regain_root();
        uid_t real = 1, effective = 1, saved = 1;
        return regain && regain() && ::getresuid(&real, &effective, &saved) == 0 && real == 0 &&
               effective == 0 && saved == 0 && ::getegid() == 0 && ::getgroups(0, nullptr) == 0;
    }));
}

BOOST_AUTO_TEST_CASE(nobody_else_becomes_anyone)
{
    const auto claim = [] {
        if (is_root())
            become(somebody);
        const uid_t before = ::geteuid();
        become({before + 1, 1, "x"});
        act_as({before + 1, 1, "x"});
        return ::geteuid() == before && !regain_root();
    };
    BOOST_TEST(holds_in_a_child(claim));
}

BOOST_AUTO_TEST_CASE(where_root_owns_the_spool_root_stays)
{
    BOOST_TEST(holds_in_a_child([] {
        const uid_t before = ::geteuid();
        become({0, 0, "root"});
        act_as({0, 0, "root"});
        return ::geteuid() == before;
    }));
}

BOOST_AUTO_TEST_SUITE_END()
