// SPDX-License-Identifier: MIT
#include "spool/secret_keys.h"

#include "crypto/sealed_box.h"
#include "spool/client_names.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <thread>

using namespace acmeproxy;

namespace {

struct Fixture {
    Fixture() : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base) {}
    std::vector<std::string> files() const { return spool.dir().list("secrets"); }

    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    FakeClock clock;
};

std::vector<std::string> ids(const SecretKeys &keys)
{
    std::vector<std::string> all;
    for (const SecretKey &key : keys)
        all.push_back(key.id);
    return all;
}

}

BOOST_AUTO_TEST_SUITE(secret_keys_test)

BOOST_AUTO_TEST_CASE(the_first_key_is_made_and_found_again)
{
    Fixture f;
    const SecretKeys keys = load_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(keys.size() == 1U);
    BOOST_TEST(keys.front().key.size() == box_key_size);
    const SecretKeys again = load_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(ids(again) == ids(keys), boost::test_tools::per_element());
    BOOST_TEST((again.front().key == keys.front().key));
    BOOST_TEST((f.spool.dir().status("secrets/" + keys.front().id)->st_mode & 07777) == 0640U);
}

BOOST_AUTO_TEST_CASE(the_newest_key_comes_first)
{
    Fixture f;
    const std::string first = load_secret_keys(f.spool, f.clock.now()).front().id;
    f.clock.advance(std::chrono::days(30));
    rotate_secret_keys(f.spool, f.clock.now());
    const SecretKeys keys = load_secret_keys(f.spool, f.clock.now());
    BOOST_TEST_REQUIRE(keys.size() == 2U);
    BOOST_TEST(keys.front().id != first);
    BOOST_TEST(keys.back().id == first);
}

BOOST_AUTO_TEST_CASE(rotation_makes_no_first_key_and_none_before_30_days)
{
    Fixture f;
    rotate_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(f.files().empty());
    load_secret_keys(f.spool, f.clock.now());
    f.clock.advance(std::chrono::days(30) - Seconds(1));
    rotate_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(f.files().size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_key_is_dropped_before_it_was_out_of_use_for_30_days)
{
    Fixture f;
    const std::string first = load_secret_keys(f.spool, f.clock.now()).front().id;
    // the renewer did not run for long: the old key is in use until now
    f.clock.advance(std::chrono::days(100));
    for (int i = 0; i < 3; ++i)
        rotate_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(f.files().size() == 2U);
    f.clock.advance(std::chrono::days(30) - Seconds(1));
    rotate_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(f.files().size() == 2U);
    f.clock.advance(Seconds(1));
    rotate_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(f.files().size() == 2U); // a third one was due, the first one went
    BOOST_TEST(f.files().front() != first);
}

BOOST_AUTO_TEST_CASE(over_two_years_two_keys_are_kept_and_each_lives_60_days)
{
    Fixture f;
    load_secret_keys(f.spool, f.clock.now());
    for (int day = 0; day < 730; ++day) {
        f.clock.advance(std::chrono::days(1));
        rotate_secret_keys(f.spool, f.clock.now());
        BOOST_TEST(f.files().size() <= 2U);
        for (const std::string &name : f.files())
            BOOST_TEST((f.clock.now() - time_of(SecretName::parse(name)) <= std::chrono::days(60)));
    }
}

BOOST_AUTO_TEST_CASE(a_damaged_key_is_an_error_that_names_it_not_an_empty_key)
{
    Fixture f;
    for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}}) {
        const std::string name = "secrets/20261124T135000Z-abcdefgh";
        replace_file(f.spool.dir(), "tmp", name, std::string(size, 'x'), 0600);
        BOOST_CHECK_EXCEPTION(load_secret_keys(f.spool, f.clock.now()), Error, [&](const Error &e) {
            return std::string(e.what()) ==
                   "read " + f.base + "/" + name +
                       ": it does not hold 32 bytes (remove it: clients then begin their orders "
                       "anew)";
        });
    }
}

BOOST_AUTO_TEST_CASE(files_of_other_names_are_left_alone)
{
    Fixture f;
    replace_file(f.spool.dir(), "tmp", "secrets/README", "x", 0600);
    BOOST_TEST(load_secret_keys(f.spool, f.clock.now()).size() == 1U);
    f.clock.advance(std::chrono::days(100));
    rotate_secret_keys(f.spool, f.clock.now());
    BOOST_TEST(f.spool.dir().exists("secrets/README"));
}

BOOST_AUTO_TEST_CASE(a_keyring_sees_a_new_key_at_once)
{
    Fixture f;
    SecretKeyring keyring(f.spool, f.clock);
    keyring.keys(); // makes the first key, which changes the folder
    const auto before = keyring.keys();
    BOOST_TEST((keyring.keys() == before)); // not read again without need
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    f.clock.advance(std::chrono::days(31));
    rotate_secret_keys(f.spool, f.clock.now());
    const auto after = keyring.keys();
    BOOST_TEST_REQUIRE(after->size() == 2U);
    BOOST_TEST(after->back().id == before->front().id);
    BOOST_TEST(before->size() == 1U); // who holds the old list keeps it
}

BOOST_AUTO_TEST_CASE(a_keyring_is_read_by_many_threads)
{
    Fixture f;
    SecretKeyring keyring(f.spool, f.clock);
    std::vector<std::string> seen(8);
    {
        std::vector<std::jthread> threads;
        for (std::string &id : seen)
            threads.emplace_back([&] { id = keyring.keys()->front().id; });
    }
    for (const std::string &id : seen)
        BOOST_TEST(id == seen.front());
}

BOOST_AUTO_TEST_SUITE_END()
