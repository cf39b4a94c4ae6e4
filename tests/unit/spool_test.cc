// SPDX-License-Identifier: MIT
#include "spool/spool.h"

#include "spool/layout.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;

namespace {

const SpoolPath pause_path = SpoolNames::ca(CaName::parse("pebble"), CaFile::pause);

}

BOOST_AUTO_TEST_SUITE(spool_test)

BOOST_AUTO_TEST_CASE(init_makes_the_folders_with_their_modes)
{
    const mode_t before = ::umask(077);
    SpoolFixture f;
    ::umask(before);
    std::size_t folders = 0;
    for (const PathRule &rule : layout()) {
        if (!rule.is_fixed())
            continue;
        const auto st = f.spool.dir().status(rule.pattern == "." ? "" : std::string(rule.pattern));
        BOOST_REQUIRE(st.has_value());
        BOOST_TEST((st->st_mode & 07777) == rule.mode, rule.pattern);
        ++folders;
    }
    BOOST_TEST(f.made.size() == folders);
    BOOST_TEST(init_spool(f.base, "").empty());
}

BOOST_AUTO_TEST_CASE(init_makes_what_is_missing_and_no_more)
{
    SpoolFixture f;
    f.overwrite("challenges/x", "y");
    f.remove("tmp");
    const std::vector<std::string> made = {f.base + "/tmp"};
    BOOST_TEST(init_spool(f.base, "no-such-user") == made, boost::test_tools::per_element());
    BOOST_TEST(f.content("challenges/x") == "y");
}

BOOST_AUTO_TEST_CASE(init_makes_parents_and_takes_a_slash_at_the_end)
{
    TempDir temp;
    init_spool(temp.path() + "/a/b/spool///", "");
    const Dir dir(temp.path() + "/a/b/spool");
    BOOST_TEST((dir.status("")->st_mode & 07777) == 0751U);
    BOOST_TEST(dir.exists("certs"));
    BOOST_TEST(holds(thrown_by([] { init_spool("/proc/version/spool", ""); }),
                     "make the spool /proc/version/spool: "));
}

BOOST_AUTO_TEST_CASE(root_makes_no_spool_for_a_user_that_is_not_there)
{
    if (::geteuid() != 0)
        return;
    TempDir temp;
    const std::string base = temp.path() + "/a/spool";
    const std::string text = thrown_by([&] { init_spool(base, "no-such-user"); });
    BOOST_TEST(holds(text, "make the spool " + base + ": there is no user no-such-user"), text);
    BOOST_TEST(holds(text, "systemd-sysusers"), text);
    BOOST_TEST(holds(text, "useradd --system --home-dir " + base), text);
    BOOST_TEST(!temp.dir().exists("a"));
    // On purpose: whoever makes the folder says whose it is.
    temp.dir().make_dir("mine", 0700);
    BOOST_TEST(!init_spool(temp.path() + "/mine", "no-such-user").empty());
}

BOOST_AUTO_TEST_CASE(folders_that_cannot_be_written_are_named)
{
    SpoolFixture f;
    check_writable(f.spool);
    if (::geteuid() == 0)
        return;
    BOOST_REQUIRE(::chmod((f.base + "/secrets").c_str(), 0550) == 0);
    BOOST_TEST(thrown_by([&] { check_writable(f.spool); }) ==
               "write to " + f.base + "/secrets: Permission denied");
    BOOST_REQUIRE(::chmod((f.base + "/secrets").c_str(), 0750) == 0);
}

BOOST_AUTO_TEST_CASE(a_spool_that_is_not_there_names_the_way_to_make_one)
{
    TempDir temp;
    const std::string error = thrown_by([&] { Spool(temp.path() + "/none"); });
    BOOST_TEST(error == "there is no spool at " + temp.path() +
                            "/none (make one: acmeproxy "
                            "--spool " +
                            temp.path() + "/none spool init)");
    BOOST_TEST(holds(thrown_by([] { Spool("/proc/version"); }), "open folder /proc/version"));
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_whole_with_its_mode)
{
    SpoolFixture f;
    f.spool.make_folder(SpoolNames::ca(CaName::parse("pebble")));
    BOOST_TEST(!f.spool.read(pause_path));
    f.spool.write(pause_path, "one");
    f.spool.write(pause_path, "two", Durability::transient);
    BOOST_TEST(f.spool.read(pause_path).value() == "two");
    BOOST_TEST((f.spool.dir().status(pause_path.str())->st_mode & 07777) == 0600U);
    BOOST_TEST(f.spool.dir().list("tmp").empty());
    BOOST_TEST(f.spool.remove(pause_path));
    BOOST_TEST(!f.spool.remove(pause_path));
}

BOOST_AUTO_TEST_CASE(json_files_carry_their_format)
{
    SpoolFixture f;
    f.spool.make_folder(SpoolNames::ca(CaName::parse("pebble")));
    BOOST_TEST(!f.spool.read_json(pause_path));
    f.spool.write_json(pause_path, Json::object().set("a", 1).set("format", 7));
    BOOST_TEST(Json::parse(f.spool.read(pause_path).value()).to_text() == R"({"format":1,"a":1})");
    BOOST_TEST(f.spool.read_json(pause_path).value().int_at("a") == 1);
    const struct {
        const char *content;
        const char *reason;
        bool newer;
    } table[] = {
        {"", "byte 0", false},
        {"{}", "member \"format\" is missing", false},
        {R"({"format":0})", "its format is 0, not 1", false},
        {R"({"format":2})", "its format is 2, not 1: it was made by a newer acmeproxy", true},
        {R"({"format":"1"})", "member \"format\" is not", false},
        {R"({"format":1} x)", "byte 13", false},
    };
    for (const auto &row : table) {
        f.overwrite(pause_path.str(), row.content);
        try {
            f.spool.read_json(pause_path);
            BOOST_ERROR("not refused: " << row.content);
        } catch (const std::exception &e) {
            BOOST_TEST(holds(describe(e), "read " + f.base + "/cas/pebble/pause: "), describe(e));
            BOOST_TEST(holds(describe(e), row.reason), describe(e));
            BOOST_TEST((find_cause<NewerFormat>(e) != nullptr) == row.newer);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_folder_is_put_into_place_once)
{
    SpoolFixture f;
    const SpoolPath to = SpoolNames::lineage(LineageName::parse("a.example"));
    const auto build = [&](const char *content) {
        const SpoolPath folder = SpoolNames::temporary();
        f.spool.dir().make_dir(folder.str(), 0700);
        f.spool.write_in(folder, GenerationFile::wanted, content);
        return folder;
    };
    BOOST_TEST(f.spool.put_folder(build("one"), to));
    BOOST_TEST(!f.spool.put_folder(build("two"), to));
    BOOST_TEST(f.content("certs/a.example/wanted.json") == "one");
    BOOST_TEST((f.spool.dir().status("certs/a.example/wanted.json")->st_mode & 07777) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_link_is_replaced)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    const SpoolPath live = SpoolNames::lineage(lineage.name(), LineageFile::live);
    f.spool.link("gen/0001", live);
    f.spool.link("gen/0002", live);
    BOOST_TEST(f.spool.dir().read_link(live.str()).value() == "gen/0002");
    BOOST_TEST(f.spool.dir().list("tmp").empty());
}

BOOST_AUTO_TEST_CASE(touching_keeps_what_is_there)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    const SpoolPath due = SpoolNames::lineage(lineage.name(), LineageFile::due);
    lineage.set_due(Time(Seconds(1000)));
    f.spool.touch(due);
    BOOST_TEST((lineage.due() == Time(Seconds(1000))));
    f.remove(due.str());
    f.spool.touch(due);
    BOOST_TEST(f.content(due.str()) == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_left_out_of_lists)
{
    SpoolFixture f;
    f.add("b.example");
    f.add("a.example");
    for (const char *name : {"certs/Not-A-Name", "certs/.hidden", "cas/ca.with.dots", "cas/one"})
        f.spool.dir().make_dir(name, 0700);
    const auto lineages = f.spool.lineages();
    BOOST_REQUIRE(lineages.size() == 2U);
    BOOST_TEST(lineages[0].str() == "a.example");
    BOOST_TEST(lineages[1].str() == "b.example");
    BOOST_REQUIRE(f.spool.cas().size() == 1U);
    BOOST_TEST(f.spool.cas()[0].str() == "one");
}

BOOST_AUTO_TEST_CASE(a_tree_vanishes)
{
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    f.spool.remove_tree(SpoolNames::lineage(lineage.name()));
    BOOST_TEST(f.spool.dir().list("certs").empty());
    BOOST_TEST(f.spool.dir().list("tmp").empty());
    f.spool.remove_tree(SpoolNames::lineage(lineage.name()));
}

BOOST_AUTO_TEST_SUITE_END()
