// SPDX-License-Identifier: MIT
#include "import/import_folder.h"

#include "unit/import_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

template <class Call> std::string failure(Call call)
{
    try {
        call();
        return "";
    } catch (const std::exception &e) {
        return describe(e);
    }
}

}

BOOST_AUTO_TEST_SUITE(import_folder_test)

BOOST_AUTO_TEST_CASE(links_are_followed_inside)
{
    ImportFixture f;
    f.write("archive/a1.pem", "text");
    f.link("../archive/a1.pem", "live/a.pem");
    f.link("../archive", "live/folder");
    f.link(f.temp.path() + "/archive/a1.pem", "live/absolute.pem");
    for (const char *name : {"archive/a1.pem", "live/a.pem", "live/folder/a1.pem",
                             "live/absolute.pem", "live/../archive/a1.pem"})
        BOOST_TEST(f.folder().read(name).value() == "text", name);
    BOOST_TEST(f.folder().is_folder("live/folder"));
    BOOST_TEST(!f.folder().read("live/none.pem"));
    BOOST_TEST(!f.folder().read("archive/a1.pem/below"));
    f.link("nowhere", "live/dangling.pem");
    BOOST_TEST(!f.folder().exists("live/dangling.pem"));
}

BOOST_AUTO_TEST_CASE(links_lead_nowhere_else)
{
    ImportFixture f;
    TempDir other;
    std::ofstream(other.path() + "/secret") << "text";
    f.link(other.path() + "/secret", "live/a.pem");
    f.link(other.path(), "out");
    // A folder whose name begins alike is another folder.
    std::filesystem::create_directory(f.temp.path() + "x");
    f.link(f.temp.path() + "x", "alike");
    for (const char *name : {"live/a.pem", "out/secret", "out", "alike", ".."}) {
        const auto read = failure([&] { f.folder().read(name); });
        BOOST_TEST(read.find("it leads out of") != std::string::npos, name);
        BOOST_TEST(read.find("text") == std::string::npos);
    }
    std::filesystem::remove(f.temp.path() + "x");
    f.link("loop", "loop");
    BOOST_TEST(failure([&] { f.folder().read("loop"); }).find("loop: Too many levels") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(files_are_found_at_any_level_without_going_in_circles)
{
    ImportFixture f;
    f.write("accounts/a/b/key.json", "");
    f.write("accounts/key.json", "");
    f.write("accounts/c/other.json", "");
    const std::vector<std::string> expected{"accounts/a/b", "accounts"};
    BOOST_TEST(f.folder().find("accounts", "key.json") == expected,
               boost::test_tools::per_element());
    f.link("../..", "accounts/a/up");
    BOOST_TEST(!f.folder().find("accounts", "key.json").empty());
    BOOST_TEST(f.folder().find("none", "key.json").empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_named)
{
    ImportFixture f;
    f.write("bad.json", "{\"secret\": ");
    f.write("bad.pem", "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n");
    std::filesystem::create_directory(f.temp.path() + "/folder");
    const std::string base = f.folder().path();
    const auto folder = f.folder();
    BOOST_TEST(
        failure([&] { folder.read_json("bad.json"); }).starts_with("read " + base + "/bad.json: "));
    BOOST_TEST(failure([&] { folder.read_key("none.pem"); }) ==
               "read the key " + base + "/none.pem: there is no such file");
    const std::string key = failure([&] { folder.read_key("bad.pem"); });
    BOOST_TEST(key.starts_with("read the key " + base + "/bad.pem: "));
    BOOST_TEST(key.find("secret") == std::string::npos);
    BOOST_TEST(failure([&] {
                   folder.read_chain("bad.pem");
               }).starts_with("read the certificates " + base + "/bad.pem: "));
    BOOST_TEST(failure([&] { folder.read("folder"); }).find("not a regular file") !=
               std::string::npos);
    BOOST_TEST(failure([&] { ImportFolder(base + "/none"); }) ==
               "read " + base + "/none: No such file or directory");
    BOOST_TEST(failure([&] { ImportFolder(base + "/bad.pem"); }) == base + "/bad.pem is no folder");
}

BOOST_AUTO_TEST_SUITE_END()
