// SPDX-License-Identifier: MIT
// Clients, their external account binding keys and their counters.
#include "spool/client_store.h"

#include "base/encoding.h"
#include "base/time_text.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace acmeproxy;

namespace {

struct Fixture {
    Fixture() : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base), store(spool)
    {
    }
    ClientId add(const std::string &name, const std::string &pattern = "*.a.example")
    {
        ClientPolicy policy;
        policy.modes = {"gateway"};
        policy.names.push_back(NamePattern::parse(pattern));
        const ClientId id = ClientId::parse(name);
        BOOST_TEST(store.create(id, policy));
        return id;
    }
    void overwrite(const SpoolPath &path, const std::string &text)
    {
        replace_file(spool.dir(), "tmp", path.str(), text, 0600);
    }

    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    ClientStore store;
    FakeClock clock;
};

template <class Act> std::string failure(Act act)
try {
    act();
    return "";
} catch (const std::exception &e) {
    return describe(e);
}

/// What children that run `act` return, summed up; a child returns at most 255.
template <class Act> int sum_over_processes(int processes, Act act)
{
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
        const pid_t pid = ::fork();
        BOOST_TEST_REQUIRE(pid >= 0);
        if (pid == 0)
            ::_exit(act());
        children.push_back(pid);
    }
    int total = 0;
    for (const pid_t pid : children) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        BOOST_TEST_REQUIRE(WIFEXITED(status));
        total += WEXITSTATUS(status);
    }
    return total;
}

}

BOOST_FIXTURE_TEST_SUITE(client_store_test, Fixture)

BOOST_AUTO_TEST_CASE(a_client_is_made_once_and_found)
{
    const ClientId web = add("web");
    BOOST_TEST(!store.create(web, ClientPolicy()));
    BOOST_TEST(store.policy(web)->names.front().text() == "*.a.example"); // not replaced
    add("db");
    BOOST_TEST_REQUIRE(store.clients().size() == 2U);
    BOOST_TEST(store.clients().front().str() == "db");
    const auto st = spool.dir().status("clients/web/client.json");
    BOOST_TEST((st->st_mode & 07777) == 0640U);
}

BOOST_AUTO_TEST_CASE(a_client_whose_making_was_interrupted_is_made_again)
{
    const ClientId web = ClientId::parse("web");
    for (const char *folder : {"clients/web", "clients/web/eab"}) {
        spool.dir().make_dir(folder, 0700);
        BOOST_TEST(!store.policy(web));
    }
    add("web");
    BOOST_TEST(store.policy(web).has_value());
    BOOST_TEST(spool.dir().exists("clients/web/quota"));
}

BOOST_AUTO_TEST_CASE(an_unknown_client_has_no_policy)
{
    const ClientId nobody = ClientId::parse("nobody");
    BOOST_TEST(!store.policy(nobody));
    BOOST_TEST(failure([&] { store.load_policy(nobody); }) ==
               "there is no client named \"nobody\" (acmeproxy client list shows them)");
}

BOOST_AUTO_TEST_CASE(a_missing_empty_or_malformed_policy_denies_and_does_not_fail_open)
{
    const ClientId web = add("web");
    const SpoolPath file = ClientNames::client(web, ClientFile::client);
    for (const char *text : {"", " ", "{", "[]", "null", "{}", R"({"format":1})"}) {
        overwrite(file, text);
        BOOST_TEST(!store.policy(web), text);
        BOOST_TEST(failure([&] { store.load_policy(web); }).starts_with("read " + base), text);
    }
    spool.remove(file);
    BOOST_TEST(!store.policy(web));
    BOOST_TEST(failure([&] { store.load_policy(web); }) ==
               "read " + base +
                   "/clients/web/client.json: it is missing (acmeproxy client add makes it anew)");
    spool.dir().make_dir(file.str(), 0700);
    BOOST_TEST(!store.policy(web));
}

BOOST_AUTO_TEST_CASE(a_removed_client_leaves_nothing)
{
    const ClientId web = add("web");
    add("db");
    store.add_eab(web, false, std::nullopt, clock.now());
    BOOST_TEST(store.count_order(web, 5, clock.now()));
    store.remove(web);
    BOOST_TEST(!spool.dir().exists("clients/web"));
    BOOST_TEST(spool.dir().list("tmp").empty());
    BOOST_TEST(store.clients().size() == 1U);
    store.remove(web); // nothing to do
}

BOOST_AUTO_TEST_CASE(a_binding_key_is_kept_as_it_was_made)
{
    const ClientId web = add("web");
    const Time expires = clock.now() + std::chrono::days(7);
    const EabKey made = store.add_eab(web, true, expires, clock.now());
    BOOST_TEST(made.mac_key.size() == 32U);
    BOOST_TEST(made.kid.client().str() == "web");
    const auto found = store.eab(made.kid);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST((found->mac_key == made.mac_key));
    BOOST_TEST((found->expires == expires));
    BOOST_TEST((found->created == clock.now()));
    BOOST_TEST(found->once);
    BOOST_TEST(!found->revoked);
    const EabKey other = store.add_eab(web, false, std::nullopt, clock.now());
    BOOST_TEST((other.mac_key != made.mac_key));
    BOOST_TEST(!store.eab(other.kid)->expires.has_value());
    BOOST_TEST(store.eabs(web).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_binding_key_never_looks_like_an_option)
{
    const ClientId web = add("web");
    // One random key in 64 would begin so.
    for (int i = 0; i < 400; ++i) {
        const EabKey key = store.add_eab(web, false, std::nullopt, clock.now());
        BOOST_TEST(!base64url_encode(key.mac_key.view()).starts_with('-'));
        spool.remove(ClientNames::eab(key.kid));
    }
}

BOOST_AUTO_TEST_CASE(damaged_binding_keys_and_foreign_files_are_passed_over)
{
    const ClientId web = add("web");
    const EabKey sound = store.add_eab(web, false, std::nullopt, clock.now());
    const EabKey damaged = store.add_eab(web, false, std::nullopt, clock.now());
    overwrite(ClientNames::eab(damaged.kid), "{");
    for (const char *name : {"junk.json", "db.AAAAAAAAAAAAAAAAAAAAAA.json", "README"})
        replace_file(spool.dir(), "tmp", std::string("clients/web/eab/") + name, "x", 0600);
    BOOST_TEST(!store.eab(damaged.kid));
    BOOST_TEST_REQUIRE(store.eabs(web).size() == 1U);
    BOOST_TEST(store.eabs(web).front().kid.str() == sound.kid.str());
}

BOOST_AUTO_TEST_CASE(a_binding_key_needs_16_bytes_and_all_its_members)
{
    const ClientId web = add("web");
    const ClientScopedId kid = ClientScopedId::make(web);
    const auto stored = [&](const std::string &members) {
        overwrite(ClientNames::eab(kid), "{\"format\":1," + members + "}");
        return store.eab(kid).has_value();
    };
    const std::string key = R"("key":"AAAAAAAAAAAAAAAAAAAAAA")";
    const std::string rest = R"("once":false,"revoked":false)";
    BOOST_TEST(stored(key + "," + rest));
    BOOST_TEST(!stored(R"("key":"AAAAAAAAAAAAAAAAAAAA",)" + rest));
    BOOST_TEST(!stored(R"("key":"",)" + rest));
    BOOST_TEST(!stored(R"("key":"AAAAAAAAAAAAAAAAAAAAAA==",)" + rest));
    BOOST_TEST(!stored(rest));
    BOOST_TEST(!stored(key + R"(,"once":false)"));
    BOOST_TEST(!stored(key + R"(,"revoked":false)"));
    BOOST_TEST(!stored(key + R"(,"once":false,"revoked":"no")"));
    BOOST_TEST(!stored(key + "," + rest + R"(,"expires":"tomorrow")"));
}

BOOST_AUTO_TEST_CASE(no_secret_is_printed_by_an_error_path)
{
    const ClientId web = add("web");
    const EabKey key = store.add_eab(web, false, std::nullopt, clock.now());
    const std::string text = spool.read(ClientNames::eab(key.kid)).value();
    const std::string mac = base64url_encode(key.mac_key.view());
    const std::size_t at = text.find(mac);
    BOOST_TEST_REQUIRE((at != text.npos));
    std::string unquoted = text, padded = text, twice = text;
    unquoted.erase(at - 1, 1);
    padded.insert(at + mac.size(), "=");
    twice.insert(at - 8, "\"key\": \"" + mac + "\",");
    const std::string log = temp.path() + "/log";
    const int kept = ::dup(STDERR_FILENO);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ::dup2(file, STDERR_FILENO);
    for (const std::string &damaged : {unquoted, padded, twice, text + mac, mac}) {
        overwrite(ClientNames::eab(key.kid), damaged);
        BOOST_TEST(!store.eab(key.kid));
    }
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    ::close(file);
    const std::string said = temp.dir().read_file("log").value();
    BOOST_TEST(std::count(said.begin(), said.end(), '\n') == 5);
    BOOST_TEST(said.find("an EAB key of web is of no use: ") != said.npos);
    BOOST_TEST(said.find(mac.substr(0, 10)) == said.npos);
}

BOOST_AUTO_TEST_CASE(binding_keys_of_a_client_have_a_limit_and_only_usable_ones_count)
{
    const ClientId web = add("web");
    ClientPolicy policy = store.load_policy(web);
    policy.max_eab_keys = 2;
    store.save_policy(web, policy);
    store.add_eab(web, false, clock.now() + Seconds(10), clock.now());
    const EabKey second = store.add_eab(web, false, std::nullopt, clock.now());
    const std::string full = "client web has 2 EAB keys already (revoke one, or raise max_eab_keys "
                             "in its client.json)";
    const auto add_one = [&] { store.add_eab(web, false, std::nullopt, clock.now()); };
    BOOST_TEST(failure(add_one) == full);
    clock.advance(Seconds(10));
    BOOST_TEST(failure(add_one) == "");
    BOOST_TEST(failure(add_one) == full);
    store.revoke_eab(second.kid, false);
    BOOST_TEST(failure(add_one) == "");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_there_cannot_be_revoked)
{
    add("web");
    const auto kid = ClientScopedId::parse("web.AAAAAAAAAAAAAAAAAAAAAA");
    BOOST_TEST(failure([&] { store.revoke_eab(kid, false); }) ==
               "client web has no EAB key web.AAAAAAAAAAAAAAAAAAAAAA");
}

BOOST_AUTO_TEST_CASE(a_key_for_one_account_is_claimed_once_over_processes)
{
    const ClientId web = add("web");
    const EabKey key = store.add_eab(web, true, std::nullopt, clock.now());
    BOOST_TEST(!store.is_used(key.kid));
    const int winners = sum_over_processes(5, [&] {
        const Spool own(base);
        // each with another account key
        return ClientStore(own).use_once(key.kid, std::to_string(::getpid())) ? 1 : 0;
    });
    BOOST_TEST(winners == 1);
    BOOST_TEST(store.is_used(key.kid));
}

BOOST_AUTO_TEST_CASE(a_claim_says_the_same_again_after_a_crash)
{
    const ClientId web = add("web");
    const EabKey key = store.add_eab(web, true, std::nullopt, clock.now());
    BOOST_TEST(store.use_once(key.kid, "thumbprint"));
    BOOST_TEST(store.use_once(key.kid, "thumbprint"));
    BOOST_TEST(!store.use_once(key.kid, "another"));
    BOOST_TEST(!store.use_once(key.kid, ""));
}

BOOST_AUTO_TEST_CASE(orders_are_counted_up_to_the_limit_of_the_day)
{
    const ClientId web = add("web");
    const ClientId db = add("db");
    BOOST_TEST(store.orders_today(web, clock.now()) == 0);
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(store.count_order(web, 3, clock.now()));
    BOOST_TEST(!store.count_order(web, 3, clock.now()));
    BOOST_TEST(store.orders_today(web, clock.now()) == 3); // a refused one is not counted
    BOOST_TEST(store.count_order(db, 3, clock.now()));
    BOOST_TEST(store.count_order(web, 4, clock.now())); // a new limit counts at once
    clock.advance(std::chrono::days(1));
    BOOST_TEST(store.count_order(web, 3, clock.now()));
    BOOST_TEST(!store.count_order(web, 0, clock.now()));
}

BOOST_AUTO_TEST_CASE(a_day_ends_at_midnight_utc)
{
    const ClientId web = add("web");
    clock.set(*parse_rfc3339("2026-11-24T23:59:59Z"));
    BOOST_TEST(store.count_order(web, 1, clock.now()));
    BOOST_TEST(!store.count_order(web, 1, clock.now()));
    clock.advance(Seconds(1));
    BOOST_TEST(store.count_order(web, 1, clock.now()));
}

BOOST_AUTO_TEST_CASE(the_quota_holds_over_processes_and_threads)
{
    const ClientId web = add("web");
    const int counted = sum_over_processes(4, [&] {
        const Spool own(base);
        const ClientStore own_store(own);
        std::atomic<int> count = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 2; ++i)
                threads.emplace_back([&] {
                    for (int order = 0; order < 10; ++order)
                        count += own_store.count_order(web, 37, clock.now());
                });
        }
        return count.load();
    });
    BOOST_TEST(counted == 37);
    BOOST_TEST(store.orders_today(web, clock.now()) == 37);
}

BOOST_AUTO_TEST_CASE(an_order_is_counted_under_the_lock_of_its_client)
{
    const ClientId web = add("web");
    auto lock = spool.lock(ClientNames::client(web, ClientFile::lock));
    BOOST_TEST_REQUIRE(lock.has_value());
    std::atomic<bool> is_counted = false;
    std::jthread other([&] { is_counted = store.count_order(web, 1, clock.now()); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    BOOST_TEST(!is_counted);
    BOOST_TEST(store.orders_today(web, clock.now()) == 0);
    lock.reset();
    other.join();
    BOOST_TEST(is_counted);
    BOOST_TEST(store.orders_today(web, clock.now()) == 1);
}

BOOST_AUTO_TEST_CASE(counters_hold_names_of_nobody)
{
    const ClientId web = add("web");
    store.count_order(web, 5, clock.now());
    store.count_order(web, 5, clock.now());
    const SpoolPath file = ClientNames::quota(web, day_of(clock.now()));
    BOOST_TEST(spool.read(file).value() == "++");
}

BOOST_AUTO_TEST_CASE(old_counters_are_swept)
{
    const ClientId web = add("web");
    const Time start = clock.now();
    store.count_order(web, 5, start);
    store.count_order(web, 5, start + std::chrono::days(1));
    replace_file(spool.dir(), "tmp", "clients/web/quota/0README", "x", 0600);
    BOOST_TEST(store.sweep_counters(start + std::chrono::days(31)) == 0);
    BOOST_TEST(store.sweep_counters(start + std::chrono::days(32)) == 1);
    BOOST_TEST(store.sweep_counters(start + std::chrono::days(33)) == 1);
    BOOST_TEST(spool.dir().list("clients/web/quota").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
