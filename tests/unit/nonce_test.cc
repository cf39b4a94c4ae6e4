// SPDX-License-Identifier: MIT
#include "server/nonce.h"

#include "crypto/sealed_box.h"
#include "unit/server_fixture.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <set>
#include <sys/wait.h>
#include <thread>

using namespace acmeproxy;

BOOST_AUTO_TEST_SUITE(nonce_test)

BOOST_AUTO_TEST_CASE(nonces_differ_and_are_base64url)
{
    ServerFixture f;
    std::set<std::string> nonces;
    for (int i = 0; i < 100; ++i)
        nonces.insert(f.nonce());
    BOOST_TEST(nonces.size() == 100U);
    for (const std::string &nonce : nonces)
        BOOST_TEST(base64url_decode(nonce).has_value());
    BOOST_TEST(f.list("nonces").empty()); // making one leaves nothing
}

BOOST_AUTO_TEST_CASE(a_nonce_lives_ten_minutes_and_may_be_a_minute_early)
{
    ServerFixture f;
    const std::string nonce = f.nonce();
    const Time made = f.clock.now();
    const std::vector<std::pair<int, bool>> table = {
        {0, true},      {599, true}, {600, true},  {601, false},
        {86400, false}, {-60, true}, {-61, false},
    };
    for (const auto &[seconds, expected] : table) {
        f.clock.set(made + Seconds(seconds));
        BOOST_TEST(is_our_nonce(f.context, nonce) == expected, seconds);
    }
}

BOOST_AUTO_TEST_CASE(what_we_did_not_make_is_none)
{
    ServerFixture f;
    const std::string nonce = f.nonce();
    std::string changed = nonce;
    changed[10] = changed[10] == 'A' ? 'B' : 'A';
    for (const std::string &text :
         {std::string(), std::string("AAAA"), changed, nonce + "A", nonce + "=", nonce + "\n",
          nonce.substr(1), std::string("../../etc/passwd"), std::string(100000, 'A')}) {
        BOOST_TEST(!is_our_nonce(f.context, text));
        BOOST_TEST(!spend_nonce(f.context, text));
    }
    BOOST_TEST(f.list("nonces").empty());
    ServerFixture foreign;
    BOOST_TEST(!is_our_nonce(foreign.context, nonce));
}

BOOST_AUTO_TEST_CASE(what_was_sealed_for_another_purpose_is_none)
{
    ServerFixture f;
    const auto keys = f.secrets.keys();
    const std::string now = std::to_string(f.clock.now().time_since_epoch().count());
    const auto sealed = [&](const std::string &text, const char *context) {
        return base64url_encode(seal_box(keys->front().key, text, context));
    };
    BOOST_TEST(is_our_nonce(f.context, sealed(now, "nonce")));
    BOOST_TEST(!is_our_nonce(f.context, sealed(now, "url:o")));
    for (const std::string &text : {std::string(), now + "x", std::string("x"), " " + now,
                                    std::string("99999999999999999999999")})
        BOOST_TEST(!is_our_nonce(f.context, sealed(text, "nonce")), text);
}

BOOST_AUTO_TEST_CASE(looking_marks_nothing_and_spending_marks_once)
{
    ServerFixture f;
    const std::string nonce = f.nonce();
    BOOST_TEST(is_our_nonce(f.context, nonce));
    BOOST_TEST(is_our_nonce(f.context, nonce));
    BOOST_TEST(f.markers() == 0U);
    BOOST_TEST(spend_nonce(f.context, nonce));
    BOOST_TEST(f.markers() == 1U);
    f.clock.advance(Seconds(90)); // another minute, the same marker
    BOOST_TEST(!spend_nonce(f.context, nonce));
    BOOST_TEST(f.markers() == 1U);
}

BOOST_AUTO_TEST_CASE(a_marker_outlives_its_nonce)
{
    ServerFixture f;
    const std::string nonce = f.nonce();
    spend_nonce(f.context, nonce);
    const Time made = f.clock.now();
    for (int seconds = 0; seconds < 3600 && is_our_nonce(f.context, nonce); seconds += 30) {
        sweep_nonces(f.spool, f.clock.now(), nonce_lifetime);
        BOOST_TEST(!spend_nonce(f.context, nonce), seconds);
        f.clock.set(made + Seconds(seconds));
    }
}

BOOST_AUTO_TEST_CASE(a_nonce_outlives_a_rotation)
{
    ServerFixture f;
    const std::string nonce = f.nonce();
    rotate_secret_keys(f.spool, f.clock.now() + std::chrono::days(31));
    SecretKeyring later(f.spool, f.clock);
    ServerContext other{f.spool, f.options, f.renew, f.clock, later, ClientStore(f.spool)};
    BOOST_TEST(later.keys()->size() == 2U);
    BOOST_TEST(spend_nonce(other, nonce));
}

BOOST_AUTO_TEST_CASE(a_nonce_is_spent_once_over_threads_and_processes)
{
    ServerFixture f;
    const std::string nonce = f.nonce();
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i) {
        const pid_t pid = ::fork();
        BOOST_TEST_REQUIRE(pid >= 0);
        if (pid == 0) {
            // as another program on the same spool
            const Spool spool(f.base);
            SecretKeyring secrets(spool, f.clock);
            ServerContext context{spool, f.options, f.renew, f.clock, secrets, ClientStore(spool)};
            std::atomic<int> won = 0;
            {
                std::vector<std::jthread> threads;
                for (int thread = 0; thread < 4; ++thread)
                    threads.emplace_back([&] { won += spend_nonce(context, nonce); });
            }
            ::_exit(won);
        }
        children.push_back(pid);
    }
    int total = 0;
    for (const pid_t pid : children) {
        int status = 0;
        ::waitpid(pid, &status, 0);
        BOOST_TEST_REQUIRE(WIFEXITED(status));
        total += WEXITSTATUS(status);
    }
    BOOST_TEST(total == 1);
}

BOOST_AUTO_TEST_SUITE_END()
