// SPDX-License-Identifier: MIT
#include "spool/parsed_files.h"

#include "base/dir.h"
#include "base/temp_file.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(parsed_files_test)

namespace {

struct Fixture {
    TempDir temp;
    Dir dir{temp.path()};
    ParsedFiles<std::string> files;
    int parsed = 0;

    std::string get(const std::string &name)
    {
        const auto text = files.get(name, dir.status(name).value(), [&] {
            ++parsed;
            return std::make_shared<const std::string>(dir.read_file(name, 100).value());
        });
        return text ? *text : "";
    }
};

}

BOOST_AUTO_TEST_CASE(a_file_that_stays_is_parsed_once)
{
    Fixture f;
    replace_file(f.dir, ".", "a", "one", 0600);
    BOOST_TEST(f.get("a") == "one");
    BOOST_TEST(f.get("a") == "one");
    BOOST_TEST(f.parsed == 1);
}

BOOST_AUTO_TEST_CASE(a_replaced_file_of_the_same_size_is_parsed_again)
{
    Fixture f;
    replace_file(f.dir, ".", "a", "one", 0600);
    BOOST_TEST(f.get("a") == "one");
    replace_file(f.dir, ".", "a", "two", 0600);
    BOOST_TEST(f.get("a") == "two");
    BOOST_TEST(f.parsed == 2);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_parsed_is_tried_again)
{
    Fixture f;
    replace_file(f.dir, ".", "a", "one", 0600);
    const auto nothing = [] { return std::shared_ptr<const std::string>(); };
    BOOST_TEST(!f.files.get("a", f.dir.status("a").value(), nothing));
    BOOST_TEST(f.get("a") == "one");
}

BOOST_AUTO_TEST_SUITE_END()
