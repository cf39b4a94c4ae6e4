// SPDX-License-Identifier: MIT
#include "base/temp_file.h"

#include "base/error.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>

using namespace acmeproxy;

namespace {

using Names = std::vector<std::string>;

struct Fixture {
    TempDir temp;
    const Dir &dir = temp.dir();
    Fixture() { dir.make_dir("tmp", 0700); }
};

}

BOOST_FIXTURE_TEST_SUITE(temp_file_test, Fixture)

BOOST_AUTO_TEST_CASE(file_appears_whole_under_its_name)
{
    TempFile file(dir, "tmp", 0640);
    BOOST_TEST(dir.list("tmp").size() == 1U);
    file.write("one ");
    file.write("");
    file.write("two");
    BOOST_TEST(!dir.exists("target"));
    file.rename_to("target");
    BOOST_TEST((dir.read_file("target") == "one two"));
    BOOST_TEST((dir.status("target")->st_mode & 07777U) == 0640U);
    BOOST_TEST(dir.list("tmp") == Names{});
}

BOOST_AUTO_TEST_CASE(mode_is_exact_under_any_umask)
{
    for (const mode_t mask : {0U, 0022U, 0077U, 0277U})
        for (const mode_t mode : {0600U, 0644U, 0400U}) {
            const mode_t before = ::umask(mask);
            replace_file(dir, "tmp", "target", "x", mode);
            ::umask(before);
            BOOST_TEST((dir.status("target")->st_mode & 07777U) == mode);
        }
}

BOOST_AUTO_TEST_CASE(abandoned_file_removes_itself)
{
    {
        TempFile file(dir, "tmp", 0600);
        file.write("half");
    }
    BOOST_TEST(dir.list("tmp") == Names{});
}

BOOST_AUTO_TEST_CASE(target_is_replaced_and_a_reader_keeps_the_old_one)
{
    replace_file(dir, "tmp", "target", "old", 0600);
    const Fd reader = dir.open_file("target", 0);
    replace_file(dir, "tmp", "target", "new", 0600, Durability::transient);
    char content[8] = {};
    BOOST_TEST(::read(reader.get(), content, sizeof content) == 3);
    BOOST_TEST(content == std::string("old"));
    BOOST_TEST((dir.read_file("target") == "new"));
}

BOOST_AUTO_TEST_CASE(claim_is_had_once)
{
    TempFile first(dir, "tmp", 0600);
    first.write("first");
    TempFile second(dir, "tmp", 0600);
    second.write("second");
    BOOST_TEST(first.link_to("claim"));
    BOOST_TEST(!second.link_to("claim"));
    BOOST_TEST(!first.link_to("claim"));
    BOOST_TEST((dir.read_file("claim") == "first"));
}

BOOST_AUTO_TEST_CASE(claim_outlives_its_temporary_name)
{
    {
        TempFile file(dir, "tmp", 0600);
        file.write("x");
        BOOST_TEST(file.link_to("claim", Durability::transient));
    }
    BOOST_TEST(dir.list("tmp") == Names{});
    BOOST_TEST((dir.read_file("claim") == "x"));
    BOOST_TEST(dir.status("claim")->st_nlink == 1U);
}

BOOST_AUTO_TEST_CASE(link_in_place_of_the_target_is_replaced_not_followed)
{
    replace_file(dir, "tmp", "victim", "untouched", 0600);
    dir.make_link("victim", "target");
    replace_file(dir, "tmp", "target", "new", 0600);
    BOOST_TEST((dir.read_file("victim") == "untouched"));
    BOOST_TEST((dir.read_file("target") == "new"));
}

BOOST_AUTO_TEST_CASE(failure_leaves_the_target_and_no_rest)
{
    replace_file(dir, "tmp", "target", "old", 0600);
    dir.make_dir("folder", 0700);
    BOOST_CHECK_THROW(replace_file(dir, "tmp", "folder", "x", 0600), std::system_error);
    BOOST_CHECK_THROW(replace_file(dir, "tmp", "missing/target", "x", 0600), std::system_error);
    BOOST_CHECK_EXCEPTION(replace_file(dir, "missing", "target", "x", 0600), std::system_error,
                          [&](const std::system_error &e) {
                              return describe(e).starts_with("create " + temp.path() + "/missing/");
                          });
    TempFile claim(dir, "tmp", 0600);
    BOOST_CHECK_THROW(claim.link_to("missing/claim"), std::system_error);
    BOOST_TEST((dir.read_file("target") == "old"));
    BOOST_TEST(dir.list("tmp").size() == 1U); // the claim in hand
}

BOOST_AUTO_TEST_CASE(failed_write_is_an_error_and_leaves_no_file)
{
    // A limit on the size of files stands for a disk that is full.
    struct rlimit before = {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    struct sigaction ignore = {}, action_before = {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGXFSZ, &ignore, &action_before);
    const struct rlimit small = {1000, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::string said;
    try {
        replace_file(dir, "tmp", "target", std::string(5000, 'x'), 0600);
    } catch (const std::system_error &e) {
        said = describe(e);
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::sigaction(SIGXFSZ, &action_before, nullptr);
    BOOST_TEST(said.starts_with("write " + temp.path() + "/tmp/"), said);
    BOOST_TEST(said.ends_with(": File too large"), said);
    BOOST_TEST(!dir.exists("target"));
    BOOST_TEST(dir.list("tmp") == Names{});
}

BOOST_AUTO_TEST_CASE(several_files_are_replaced_in_order)
{
    replace_file(dir, "tmp", "one", "old", 0600);
    replace_files(dir, "tmp", {{"one", "1", 0640}, {"two", "", 0600}});
    BOOST_TEST((dir.read_file("one") == "1"));
    BOOST_TEST((dir.read_file("two") == ""));
    BOOST_TEST((dir.status("one")->st_mode & 07777U) == 0640U);
    dir.make_dir("folder", 0700);
    BOOST_CHECK_THROW(
        replace_files(dir, "tmp", {{"one", "2", 0600}, {"folder", "2", 0600}, {"two", "2", 0600}}),
        std::system_error);
    BOOST_TEST((dir.read_file("one") == "2"));
    BOOST_TEST((dir.read_file("two") == ""));
    BOOST_TEST(dir.list("tmp") == Names{});
}

BOOST_AUTO_TEST_CASE(new_file_replaces_nothing)
{
    const mode_t before = ::umask(0077);
    write_new_file(dir, "tmp/file", "one", 0644);
    ::umask(before);
    BOOST_TEST((dir.read_file("tmp/file") == "one"));
    BOOST_TEST((dir.status("tmp/file")->st_mode & 07777U) == 0644U);
    BOOST_CHECK_THROW(write_new_file(dir, "tmp/file", "two", 0644), std::system_error);
    dir.make_link("tmp/file", "link");
    BOOST_CHECK_THROW(write_new_file(dir, "link", "two", 0644), std::system_error);
    BOOST_TEST((dir.read_file("tmp/file") == "one"));
}

BOOST_AUTO_TEST_CASE(names_do_not_meet)
{
    std::set<std::string> names;
    for (int i = 0; i < 1000; ++i)
        names.insert(unique_name());
    BOOST_TEST(names.size() == 1000U);
    BOOST_TEST(names.begin()->size() == 24U);
}

BOOST_AUTO_TEST_SUITE_END()
