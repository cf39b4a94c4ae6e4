// SPDX-License-Identifier: MIT
#include "spool/ca_store.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::hours;

namespace {

constexpr Time t0 = TestCa::epoch;
const CaName pebble = CaName::parse("pebble");
const ClientId owner = ClientId::parse("default");

}

BOOST_AUTO_TEST_SUITE(ca_store_test)

BOOST_AUTO_TEST_CASE(some_cas_are_known_without_a_file)
{
    SpoolFixture f;
    BOOST_TEST(built_in_cas().size() == 2U);
    for (const CaName &name : built_in_cas()) {
        BOOST_TEST(built_in_directory(name).starts_with("https://"));
        BOOST_TEST(load_ca(f.spool, name).value().directory == built_in_directory(name));
    }
    BOOST_TEST(built_in_directory(pebble) == "");
    BOOST_TEST(!load_ca(f.spool, pebble));
}

BOOST_AUTO_TEST_CASE(a_ca_survives_its_file)
{
    SpoolFixture f;
    CaConfig config;
    config.directory = "https://ca.example/dir";
    config.ca_certificates = {"/etc/ca.pem"};
    config.contact = {"mailto:a@b.example"};
    config.profile = "shortlived";
    config.eab_kid = "kid-1";
    config.eab_key = Secret(std::string_view("\x00\xff key", 6));
    config.eab_alg = "HS512";
    save_ca(f.spool, pebble, config);
    const CaConfig read = load_ca(f.spool, pebble).value();
    BOOST_TEST(read.directory == config.directory);
    BOOST_TEST(read.ca_certificates.at(0) == "/etc/ca.pem");
    BOOST_TEST(read.contact.at(0) == "mailto:a@b.example");
    BOOST_TEST(read.profile == "shortlived");
    BOOST_TEST(read.eab_kid == "kid-1");
    BOOST_TEST((read.eab_key == config.eab_key));
    BOOST_TEST(read.eab_alg == "HS512");
    BOOST_TEST((f.spool.dir().status("cas/pebble/ca.json")->st_mode & 07777) == 0600U);
    BOOST_TEST(f.spool.cas().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_goes_before_what_is_built_in)
{
    SpoolFixture f;
    CaConfig config;
    config.directory = "https://other.example/dir";
    save_ca(f.spool, CaName::parse("letsencrypt"), config);
    BOOST_TEST(load_ca(f.spool, CaName::parse("letsencrypt")).value().directory ==
               config.directory);
}

BOOST_AUTO_TEST_CASE(a_damaged_ca_is_an_error_that_names_the_file)
{
    SpoolFixture f;
    save_ca(f.spool, pebble, {});
    const struct {
        const char *content;
        const char *reason;
    } table[] = {
        {"", "byte 0"},
        {R"({"format":1})", "member \"directory\" is missing"},
        {R"({"format":2})", "it was made by a newer acmeproxy"},
        {R"({"directory":"x"})", "member \"format\" is missing"},
        {R"({"format":1,"directory":"x","external_account":{"kid":"k","key":"a=b"}})",
         "member \"key\" of \"external_account\" is not base64url"},
        {R"({"format":1,"directory":"x","external_account":{"kid":"k"}})",
         "member \"key\" is missing"},
    };
    for (const auto &row : table) {
        f.overwrite("cas/pebble/ca.json", row.content);
        const std::string error = thrown_by([&] { load_ca(f.spool, pebble); });
        BOOST_TEST(holds(error, row.reason), row.content << ": " << error);
        BOOST_TEST(holds(error, f.base + "/cas/pebble/ca.json"), error);
    }
}

BOOST_AUTO_TEST_CASE(a_pause_lasts_until_its_end)
{
    SpoolFixture f;
    BOOST_TEST(!load_pause(f.spool, pebble, t0));
    save_pause(f.spool, pebble, {t0 + hours(1), "too many requests"}, t0);
    BOOST_TEST(f.content("cas/pebble/pause") == "2026-09-21T15:13:20Z too many requests\n");
    const Pause pause = load_pause(f.spool, pebble, t0 + hours(1) - Seconds(1)).value();
    BOOST_TEST((pause.until == t0 + hours(1)));
    BOOST_TEST(pause.why == "too many requests");
    BOOST_TEST(!load_pause(f.spool, pebble, t0 + hours(1)));
}

BOOST_AUTO_TEST_CASE(a_pause_is_never_shortened)
{
    SpoolFixture f;
    save_pause(f.spool, pebble, {t0 + hours(2), "long"}, t0);
    save_pause(f.spool, pebble, {t0 + hours(1), "short"}, t0);
    BOOST_TEST(load_pause(f.spool, pebble, t0).value().why == "long");
    save_pause(f.spool, pebble, {t0 + hours(3), "longer"}, t0);
    BOOST_TEST(load_pause(f.spool, pebble, t0).value().why == "longer");
    save_pause(f.spool, pebble, {t0 + hours(5), "later"}, t0 + hours(4));
    BOOST_TEST(load_pause(f.spool, pebble, t0 + hours(4)).value().why == "later");
}

BOOST_AUTO_TEST_CASE(a_damaged_pause_or_one_of_a_wrong_clock_is_none)
{
    SpoolFixture f;
    save_pause(f.spool, pebble, {t0 + hours(1), "x"}, t0);
    for (const char *content :
         {"", "tomorrow", "2026-09-21 15:13:20 x", "\n", "2036-09-21T15:13:20Z ten years"}) {
        f.overwrite("cas/pebble/pause", content);
        BOOST_TEST(!load_pause(f.spool, pebble, t0), content);
    }
    f.overwrite("cas/pebble/pause", "2026-09-21T15:13:20Z");
    BOOST_TEST(load_pause(f.spool, pebble, t0).value().why == "");
}

BOOST_AUTO_TEST_CASE(an_account_is_three_files)
{
    SpoolFixture f;
    const AccountFiles files(f.spool, pebble, owner);
    BOOST_TEST(files.path() == f.base + "/cas/pebble/accounts/default");
    BOOST_TEST((!files.key() && !files.next_key() && !files.record()));
    files.prepare();
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const PrivateKey next = PrivateKey::generate(KeyType::ec256);
    files.write_key(key);
    files.write_next_key(next);
    BOOST_TEST((files.key().value().public_key() == key.public_key()));
    BOOST_TEST((files.next_key().value().public_key() == next.public_key()));
    files.promote_next_key();
    BOOST_TEST((files.key().value().public_key() == next.public_key()));
    BOOST_TEST(!files.next_key());
    files.drop_next_key();
    BOOST_TEST((f.spool.dir().status("cas/pebble/accounts/default/key.pem")->st_mode & 07777) ==
               0600U);
    files.write_record({"https://ca.example/a/1", "https://ca.example/dir", {"mailto:a@b"}});
    BOOST_TEST(files.record().value().url == "https://ca.example/a/1");
    BOOST_TEST(files.record().value().directory == "https://ca.example/dir");
    BOOST_TEST(files.record().value().contact.size() == 1U);
    files.drop_record();
    BOOST_TEST(!files.record());
    files.remove();
    BOOST_TEST((!files.key() && !f.spool.dir().exists("cas/pebble/accounts/default")));
}

BOOST_AUTO_TEST_CASE(a_damaged_account_key_is_an_error_and_a_damaged_record_is_none)
{
    SpoolFixture f;
    const AccountFiles files(f.spool, pebble, owner);
    files.prepare();
    for (const char *content : {"", "{", R"({"format":1,"url":7})"}) {
        f.overwrite("cas/pebble/accounts/default/account.json", content);
        BOOST_TEST(!files.record(), content);
    }
    f.overwrite("cas/pebble/accounts/default/key.pem", "not a key: s3cret");
    const std::string error = thrown_by([&] { files.key(); });
    BOOST_TEST(holds(error, f.base + "/cas/pebble/accounts/default/key.pem"), error);
    BOOST_TEST(holds(error, "put it back from a backup"), error);
    BOOST_TEST(!holds(error, "s3cret"), error);
}

BOOST_AUTO_TEST_CASE(changes_of_an_account_exclude_each_other)
{
    SpoolFixture f;
    const AccountFiles files(f.spool, pebble, owner);
    files.prepare();
    const Lock lock = files.lock();
    BOOST_TEST(!f.spool.lock(SpoolNames::ca(pebble, CaFile::lock)));
}

BOOST_AUTO_TEST_SUITE_END()
