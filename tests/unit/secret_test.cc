// SPDX-License-Identifier: MIT
#include "crypto/secret.h"

#include "base/random.h"
#include "base/temp_file.h"
#include "unit/memory_scan.h"
#include "unit/run_program.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sys/stat.h>
#include <type_traits>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(secret_test)

namespace {

void put(const TempDir &temp, const std::string &name, const std::string &content)
{
    std::ofstream(temp.path() + "/" + name, std::ios::binary) << content;
}

std::string error_of_reading(const TempDir &temp, const std::string &name)
{
    try {
        read_secret_file(temp.dir(), name);
    } catch (const std::exception &e) {
        return describe(e);
    }
    return "no error";
}

}

BOOST_AUTO_TEST_CASE(a_secret_holds_its_bytes)
{
    const std::string bytes("a\0b\xff", 4);
    const Secret secret(bytes);
    BOOST_TEST(secret.view() == bytes);
    BOOST_TEST(secret.size() == 4U);
    BOOST_TEST(!secret.empty());
}

BOOST_AUTO_TEST_CASE(a_secret_is_never_copied_by_accident)
{
    BOOST_TEST(!std::is_copy_constructible_v<Secret>);
    BOOST_TEST(!std::is_copy_assignable_v<Secret>);
}

BOOST_AUTO_TEST_CASE(an_empty_secret_has_no_bytes)
{
    for (const Secret &secret : {Secret(), Secret(""), Secret::of_size(0)}) {
        BOOST_TEST(secret.empty());
        BOOST_TEST(secret.view() == "");
        BOOST_TEST((secret == Secret()));
        BOOST_TEST(secret.copy().empty());
    }
}

BOOST_AUTO_TEST_CASE(a_secret_of_a_size_is_zero_and_writable)
{
    Secret secret = Secret::of_size(100);
    BOOST_TEST(secret.view() == std::string(100, '\0'));
    secret.data()[99] = 'x';
    BOOST_TEST(secret.view().back() == 'x');
}

BOOST_AUTO_TEST_CASE(moving_leaves_an_empty_secret)
{
    Secret a("one");
    Secret b(std::move(a));
    BOOST_TEST(a.empty());
    BOOST_TEST(b.view() == "one");
    Secret c("two");
    c = std::move(b);
    BOOST_TEST(b.empty());
    BOOST_TEST(c.view() == "one");
    Secret &same = c;
    c = std::move(same);
    BOOST_TEST(c.view() == "one");
}

BOOST_AUTO_TEST_CASE(a_copy_is_its_own)
{
    Secret a("one");
    const Secret b = a.copy();
    a.data()[0] = 'X';
    BOOST_TEST(b.view() == "one");
}

BOOST_AUTO_TEST_CASE(secrets_are_compared_by_size_and_bytes)
{
    BOOST_TEST((Secret("abc") == Secret("abc")));
    BOOST_TEST((Secret("abc") != Secret("abd")));
    BOOST_TEST((Secret("abc") != Secret("ab")));
    BOOST_TEST((Secret("abc") != Secret()));
}

BOOST_AUTO_TEST_CASE(a_file_is_read_whole)
{
    const TempDir temp;
    const std::string content = std::string("a\0\n", 3) + std::string(65000, 'z');
    put(temp, "key", content);
    BOOST_TEST((read_secret_file(temp.dir(), "key")->view() == content));
    put(temp, "empty", "");
    BOOST_TEST(read_secret_file(temp.dir(), "empty")->empty());
    put(temp, "largest", std::string(65536, 'z'));
    BOOST_TEST(read_secret_file(temp.dir(), "largest")->size() == 65536U);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_answer)
{
    const TempDir temp;
    BOOST_TEST(!read_secret_file(temp.dir(), "key"));
}

BOOST_AUTO_TEST_CASE(what_is_no_small_regular_file_is_refused)
{
    const TempDir temp;
    put(temp, "large", std::string(65537, 'z'));
    BOOST_TEST(error_of_reading(temp, "large") ==
               "read " + temp.path() + "/large: larger than 64 KiB");
    temp.dir().make_dir("folder", 0700);
    BOOST_TEST(error_of_reading(temp, "folder") ==
               "read " + temp.path() + "/folder: not a regular file");
    // Opening it must not wait for a writer.
    BOOST_REQUIRE(::mkfifo((temp.path() + "/fifo").c_str(), 0600) == 0);
    BOOST_TEST(error_of_reading(temp, "fifo") ==
               "read " + temp.path() + "/fifo: not a regular file");
    BOOST_REQUIRE(::symlink("large", (temp.path() + "/link").c_str()) == 0);
    BOOST_TEST(error_of_reading(temp, "link").find("link: Too many levels of symbolic links") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(reading_a_file_leaves_no_copy_in_ordinary_memory)
{
    const TempDir temp;
    // Written by another process: it was never in our memory.
    BOOST_REQUIRE(run_program("head -c 2000 /dev/urandom >" + temp.path() + "/key").status == 0);
    const Secret secret = *read_secret_file(temp.dir(), "key");
    const MaskedBytes masked(secret.view().substr(1000, 600));
    BOOST_TEST(masked.count_in_memory(secret.view().data(), secret.size()) == 0);
    // The search does find a copy.
    const std::string copy(secret.view());
    BOOST_TEST(masked.count_in_memory(secret.view().data(), secret.size()) == 1);
    BOOST_TEST(copy.size() == 2000U);
}

BOOST_AUTO_TEST_CASE(a_secret_that_goes_is_wiped)
{
    const TempDir temp;
    BOOST_REQUIRE(run_program("head -c 2000 /dev/urandom >" + temp.path() + "/key").status == 0);
    std::optional<Secret> secret = read_secret_file(temp.dir(), "key");
    const MaskedBytes masked(secret->view());
    BOOST_TEST(masked.count_in_memory() == 1);
    secret.reset();
    BOOST_TEST(masked.count_in_memory() == 0);
}

BOOST_AUTO_TEST_CASE(wiping_a_text_clears_all_that_it_ever_held)
{
    std::string text = random_bytes(2000);
    const MaskedBytes head(std::string_view(text).substr(0, 400));
    const MaskedBytes tail(std::string_view(text).substr(1500, 400));
    text.resize(1000);
    BOOST_TEST(tail.count_in_memory() >= 1);
    wipe(text);
    BOOST_TEST(text.empty());
    BOOST_TEST(head.count_in_memory() == 0);
    BOOST_TEST(tail.count_in_memory() == 0);
    std::string small = "short";
    wipe(small);
    BOOST_TEST(small == "");
}

BOOST_AUTO_TEST_SUITE_END()
