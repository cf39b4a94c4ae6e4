// SPDX-License-Identifier: MIT
#include "base/dir.h"

#include "base/error.h"
#include "base/temp_file.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <system_error>

using namespace acmeproxy;

namespace {

using Names = std::vector<std::string>;

void write(const Dir &dir, const std::string &name, const std::string &content)
{
    std::ofstream(dir.path_of(name)) << content;
}

mode_t mode_of(const Dir &dir, const std::string &name)
{
    return dir.status(name)->st_mode & 07777U;
}

/// A check that the text names the whole path and the reason.
auto says(const std::string &text)
{
    return [text](const std::exception &e) {
        const std::string said = describe(e);
        BOOST_TEST(said == text);
        return said == text;
    };
}

}

BOOST_AUTO_TEST_SUITE(dir_test)

BOOST_AUTO_TEST_CASE(missing_folder_is_an_error_at_the_top_and_an_answer_below)
{
    const TempDir temp;
    const std::string missing = temp.path() + "/missing";
    BOOST_CHECK_EXCEPTION(Dir{missing}, std::system_error,
                          says("open folder " + missing + ": No such file or directory"));
    BOOST_TEST(!temp.dir().open_dir("missing"));
    write(temp.dir(), "file", "");
    BOOST_CHECK_EXCEPTION(temp.dir().open_dir("file"), std::system_error,
                          says("open folder " + temp.path() + "/file: Not a directory"));
}

BOOST_AUTO_TEST_CASE(paths_are_whole_for_messages)
{
    const TempDir temp;
    temp.dir().make_dir("a", 0700);
    const auto below = temp.dir().open_dir("a");
    BOOST_TEST_REQUIRE(below.has_value());
    BOOST_TEST(below->path() == temp.path() + "/a");
    BOOST_TEST(below->path_of("b/c") == temp.path() + "/a/b/c");
    BOOST_TEST(below->path_of("") == temp.path() + "/a");
    BOOST_TEST(Dir("/").path_of("tmp") == "/tmp");
}

BOOST_AUTO_TEST_CASE(file_is_read_whole)
{
    const TempDir temp;
    for (const std::size_t size : {0, 1, 16383, 16384, 16385, 100000, 1 << 20}) {
        const std::string content(size, '\xA5');
        write(temp.dir(), "file", content);
        BOOST_TEST((temp.dir().read_file("file") == content), size);
    }
    BOOST_TEST(!temp.dir().read_file("missing"));
    BOOST_TEST(!temp.dir().read_file("missing/file"));
}

BOOST_AUTO_TEST_CASE(file_beyond_the_limit_is_refused_before_it_is_read)
{
    const TempDir temp;
    write(temp.dir(), "file", "12345");
    BOOST_TEST((temp.dir().read_file("file", 5) == "12345"));
    BOOST_CHECK_EXCEPTION(temp.dir().read_file("file", 4), Error,
                          says("read " + temp.path() + "/file: larger than 4 bytes"));
    BOOST_TEST(::truncate(temp.dir().path_of("file").c_str(), off_t(1) << 40) == 0);
    BOOST_CHECK_THROW(temp.dir().read_file("file"), Error);
}

BOOST_AUTO_TEST_CASE(only_regular_files_are_read)
{
    const TempDir temp;
    const Dir &dir = temp.dir();
    write(dir, "file", "x");
    dir.make_dir("folder", 0700);
    dir.make_link("file", "link");
    BOOST_TEST(::mkfifo(dir.path_of("fifo").c_str(), 0600) == 0);
    BOOST_CHECK_EXCEPTION(dir.read_file("folder"), Error,
                          says("read " + temp.path() + "/folder: not a regular file"));
    BOOST_CHECK_EXCEPTION(dir.read_file("fifo"), Error,
                          says("read " + temp.path() + "/fifo: not a regular file"));
    BOOST_CHECK_EXCEPTION(dir.read_file("link"), std::system_error,
                          says("open " + temp.path() + "/link: Too many levels of symbolic links"));
}

BOOST_AUTO_TEST_CASE(links_are_not_followed)
{
    const TempDir temp;
    const Dir &dir = temp.dir();
    dir.make_dir("folder", 0700);
    write(dir, "folder/file", "x");
    dir.make_link("folder", "link");
    dir.make_link("nowhere", "dangling");
    BOOST_CHECK_THROW(dir.open_dir("link"), std::system_error);
    BOOST_CHECK_THROW(dir.list("link"), std::system_error);
    BOOST_CHECK_THROW(dir.open_file("dangling", O_WRONLY | O_CREAT, 0600), std::system_error);
    BOOST_TEST(!dir.exists("nowhere"));
    BOOST_TEST(S_ISLNK(dir.status("link")->st_mode));
    dir.remove_tree("link");
    BOOST_TEST(!dir.exists("link"));
    BOOST_TEST(dir.exists("folder/file"));
}

BOOST_AUTO_TEST_CASE(link_says_where_it_points)
{
    const TempDir temp;
    const Dir &dir = temp.dir();
    dir.make_link("gen/0001", "live");
    write(dir, "file", "");
    BOOST_TEST((dir.read_link("live") == "gen/0001"));
    BOOST_TEST(!dir.read_link("file"));
    BOOST_TEST(!dir.read_link("missing"));
    BOOST_TEST(!dir.read_link("file/below"));
    BOOST_CHECK_EXCEPTION(dir.make_link("other", "live"), std::system_error,
                          says("make link " + temp.path() + "/live: File exists"));
}

BOOST_AUTO_TEST_CASE(existence_is_that_of_the_thing_itself)
{
    const TempDir temp;
    const Dir &dir = temp.dir();
    dir.make_link("nowhere", "dangling");
    write(dir, "file", "");
    BOOST_TEST(dir.exists(""));
    BOOST_TEST(dir.exists("file"));
    BOOST_TEST(dir.exists("dangling"));
    BOOST_TEST(!dir.exists("missing"));
    BOOST_TEST(!dir.exists("file/below"));
    BOOST_TEST(!dir.exists("missing/below"));
}

BOOST_AUTO_TEST_CASE(names_are_listed_in_order)
{
    const TempDir temp;
    const Dir &dir = temp.dir();
    BOOST_TEST(dir.list() == Names{});
    BOOST_TEST(dir.list("missing") == Names{});
    for (const char *name : {"b", ".hidden", "a", "..a", "B", "..."})
        write(dir, name, "");
    dir.make_dir("c", 0700);
    BOOST_TEST(dir.list() == (Names{"...", "..a", ".hidden", "B", "a", "b", "c"}));
    BOOST_TEST(dir.list("c") == Names{});
    BOOST_CHECK_THROW(dir.list("a"), std::system_error);
}

BOOST_AUTO_TEST_CASE(listing_twice_through_one_folder_begins_anew)
{
    const TempDir temp;
    write(temp.dir(), "a", "");
    BOOST_TEST(temp.dir().list().size() == 1U);
    BOOST_TEST(temp.dir().list().size() == 1U);
}

BOOST_AUTO_TEST_CASE(folder_gets_exactly_its_mode)
{
    const TempDir temp;
    const mode_t before = ::umask(0077);
    const bool made = temp.dir().make_dir("folder", 02755);
    ::umask(before);
    BOOST_TEST(made);
    BOOST_TEST(mode_of(temp.dir(), "folder") == 02755U);
    BOOST_TEST(!temp.dir().make_dir("folder", 0700));
    BOOST_TEST(mode_of(temp.dir(), "folder") == 02755U); // as it was
    BOOST_CHECK_EXCEPTION(
        temp.dir().make_dir("missing/folder", 0700), std::system_error,
        says("make folder " + temp.path() + "/missing/folder: No such file or directory"));
}

BOOST_AUTO_TEST_CASE(rename_new_replaces_nothing)
{
    TempDir temp;
    const Dir &dir = temp.dir();
    write_new_file(dir, "a", "one", 0600);
    write_new_file(dir, "b", "two", 0600);
    BOOST_TEST(!dir.rename_new("a", "b"));
    BOOST_TEST(dir.rename_new("a", "c"));
    BOOST_TEST((dir.read_file("b") == "two"));
    BOOST_TEST((dir.read_file("c") == "one"));
    BOOST_CHECK_EXCEPTION(dir.rename_new("a", "d"), std::system_error,
                          says("rename " + temp.path() + "/a to d: No such file or directory"));
}

BOOST_AUTO_TEST_CASE(rename_replaces)
{
    const TempDir temp;
    write(temp.dir(), "a", "new");
    write(temp.dir(), "b", "old");
    temp.dir().rename("a", "b");
    BOOST_TEST((temp.dir().read_file("b") == "new"));
    BOOST_TEST(!temp.dir().exists("a"));
    BOOST_CHECK_EXCEPTION(temp.dir().rename("a", "b"), std::system_error,
                          says("rename " + temp.path() + "/a to b: No such file or directory"));
}

BOOST_AUTO_TEST_CASE(removing_what_is_not_there_is_an_answer)
{
    const TempDir temp;
    const Dir &dir = temp.dir();
    write(dir, "file", "");
    dir.make_dir("folder", 0700);
    BOOST_TEST(dir.remove_file("file"));
    BOOST_TEST(!dir.remove_file("file"));
    BOOST_CHECK_THROW(dir.remove_file("folder"), std::system_error);
    BOOST_TEST(dir.exists("folder"));
    BOOST_CHECK_NO_THROW(dir.remove_tree("missing"));
}

BOOST_AUTO_TEST_CASE(tree_is_removed_and_nothing_beside_it)
{
    const TempDir temp;
    const Dir &dir = temp.dir();
    for (const char *folder : {"a", "a/b", "a/b/c", "kept"})
        dir.make_dir(folder, 0700);
    for (const char *file : {"a/1", "a/b/2", "a/b/c/3", "kept/4"})
        write(dir, file, "");
    dir.make_link("../../kept", "a/b/link");
    dir.remove_tree("a");
    BOOST_TEST(dir.list() == Names{"kept"});
    BOOST_TEST(dir.list("kept") == Names{"4"});
}

BOOST_AUTO_TEST_CASE(folder_is_synced)
{
    const TempDir temp;
    temp.dir().make_dir("folder", 0700);
    BOOST_CHECK_NO_THROW(temp.dir().sync());
    BOOST_CHECK_NO_THROW(temp.dir().sync("folder"));
    BOOST_CHECK_EXCEPTION(
        temp.dir().sync("missing"), std::system_error,
        says("sync folder " + temp.path() + "/missing: No such file or directory"));
}

BOOST_AUTO_TEST_CASE(time_of_a_file_is_set)
{
    const TempDir temp;
    write(temp.dir(), "due", "");
    for (const time_t when : {time_t(0), time_t(1790000000), time_t(4102444800)}) {
        temp.dir().set_mtime("due", when);
        BOOST_TEST(temp.dir().status("due")->st_mtime == when);
    }
    BOOST_CHECK_THROW(temp.dir().set_mtime("missing", 0), std::system_error);
}

BOOST_AUTO_TEST_CASE(folder_stays_open_when_it_is_renamed)
{
    const TempDir temp;
    temp.dir().make_dir("a", 0700);
    const auto a = temp.dir().open_dir("a");
    temp.dir().rename("a", "b");
    temp.dir().make_dir("a", 0700); // another one in its place
    write(temp.dir(), "b/file", "x");
    BOOST_TEST((a->read_file("file") == "x"));
}

BOOST_AUTO_TEST_CASE(descriptors_do_not_pass_to_children)
{
    const TempDir temp;
    write(temp.dir(), "file", "");
    const Fd fd = temp.dir().open_file("file", O_RDONLY);
    BOOST_TEST((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST((::fcntl(temp.dir().fd(), F_GETFD) & FD_CLOEXEC) != 0);
    BOOST_TEST(!temp.dir().open_file("missing", O_RDONLY));
    BOOST_CHECK_THROW(temp.dir().open_file("file", O_WRONLY | O_CREAT | O_EXCL, 0600),
                      std::system_error);
}

BOOST_AUTO_TEST_CASE(fd_closes_what_it_owns_once)
{
    int raw = -1;
    {
        Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        raw = first.get();
        Fd second(std::move(first));
        BOOST_TEST(!first); // NOLINT: what is left is empty
        BOOST_TEST(second.get() == raw);
        Fd third;
        third = std::move(second);
        BOOST_TEST(third.get() == raw);
    }
    BOOST_TEST(::fcntl(raw, F_GETFD) == -1);
    Fd released(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    raw = released.release();
    BOOST_TEST(!released);
    BOOST_TEST(::close(raw) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
