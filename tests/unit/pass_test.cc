// SPDX-License-Identifier: MIT
// Without a CA: what is found to be due, and what becomes of lineages that need none.
#include "renew/pass.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

namespace {

struct PassFixture : SpoolFixture {
    PassFixture()
    {
        options.default_ca = "none"; // so that nothing is ever asked
        options.workers = 1;
        options.random = [] { return 0.5; };
    }
    std::string due(Time now)
    {
        std::string text;
        for (const LineageName &name : find_due(spool, options, now))
            text += (text.empty() ? "" : " ") + name.str();
        return text;
    }
    RenewOptions options;
    const Time now = TestCa::epoch;
};

}

BOOST_AUTO_TEST_SUITE(pass_test)

BOOST_AUTO_TEST_CASE(what_is_due_is_found)
{
    PassFixture f;
    BOOST_TEST(f.due(f.now) == "");
    const struct {
        const char *name;
        Seconds ahead;
    } table[] = {{"past.example", -days(400)},
                 {"now.example", Seconds(0)},
                 {"soon.example", Seconds(1)},
                 {"later.example", hours(48)},
                 {"wrong.example", hours(48) + Seconds(1)},
                 {"far.example", days(5000)}};
    for (const auto &row : table)
        f.add(row.name).set_due(f.now + row.ahead);
    f.add("lost.example").set_due(f.now + hours(1));
    f.remove("certs/lost.example/due");
    BOOST_TEST(f.due(f.now) == "far.example lost.example now.example past.example wrong.example");
    BOOST_TEST(f.due(f.now + Seconds(1)) == "far.example lost.example now.example past.example "
                                            "soon.example");
}

BOOST_AUTO_TEST_CASE(what_is_no_lineage_is_not_due)
{
    PassFixture f;
    f.add("a.example").set_due(f.now);
    f.overwrite("certs/README", "");
    f.spool.dir().make_dir("certs/Lost+Found", 0700);
    BOOST_TEST(f.due(f.now) == "a.example");
}

BOOST_AUTO_TEST_CASE(named_lineages_are_looked_at_due_or_not)
{
    PassFixture f;
    for (const char *name : {"a.example", "b.example", "c.example"})
        f.add(name).set_due(f.now + hours(5));
    f.options.names = {LineageName::parse("c.example"), LineageName::parse("a.example"),
                       LineageName::parse("c.example")};
    BOOST_TEST(f.due(f.now) == "a.example c.example");
    f.options.names.push_back(LineageName::parse("d.example"));
    BOOST_TEST(thrown_by([&] { f.due(f.now); }) ==
               "there is no lineage named \"d.example\" (acmeproxy cert list shows them)");
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_not_an_empty_one)
{
    PassFixture f;
    f.remove("certs");
    BOOST_TEST(thrown_by([&] { f.due(f.now); }) ==
               "open " + f.base +
                   "/certs: there is no such folder (acmeproxy spool check --repair)");
}

BOOST_AUTO_TEST_CASE(an_idle_lineage_is_looked_at_and_put_off)
{
    PassFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    lineage.set_due(f.now);
    const PassResult result = run_pass(f.spool, f.options, f.clock);
    BOOST_TEST(result.looked_at == 1);
    BOOST_TEST((result.obtained == 0 && result.deferred == 0));
    BOOST_TEST(result.to_deploy.empty());
    // No CA, no window: that is asked for again, and stops nothing.
    BOOST_TEST((lineage.due() == f.now + hours(6)));
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).looked_at == 0);
}

BOOST_AUTO_TEST_CASE(one_that_fails_does_not_stop_the_others)
{
    PassFixture f;
    f.options.workers = 3;
    f.add("a.example").set_due(f.now); // wants a CA, and there is none
    const Lineage damaged = f.add("b.example");
    damaged.set_due(f.now);
    f.remove("certs/b.example/cert.json");
    const Lineage issued = f.add("c.example");
    f.issue(issued, 1);
    issued.set_due(f.now);
    const PassResult result = run_pass(f.spool, f.options, f.clock);
    BOOST_TEST(result.looked_at == 3);
    BOOST_TEST(result.failed == 2);
    BOOST_TEST(result.obtained == 1);
    BOOST_REQUIRE(result.to_deploy.size() == 1U);
    BOOST_TEST(result.to_deploy[0].str() == "c.example");
    BOOST_TEST((issued.live() == 1));
    // The one that failed is tried again in a minute, with jitter; the damaged one is loud in
    // each pass.
    const Lineage failed(f.spool, LineageName::parse("a.example"));
    BOOST_TEST(failed.retry().attempts == 1);
    BOOST_TEST(holds(failed.retry().error, "there is no CA named \"none\" (add it: acmeproxy ca "
                                           "add none URL)"));
    BOOST_TEST((failed.due() == f.now + Seconds(63)));
    BOOST_TEST(f.due(f.now) == "b.example c.example"); // c: its hook is due
}

BOOST_AUTO_TEST_CASE(a_lineage_that_another_works_on_is_skipped)
{
    PassFixture f;
    const Lineage lineage = f.add("a.example");
    f.issue(lineage, 1);
    lineage.set_due(f.now);
    {
        const auto lock = lineage.lock();
        const PassResult result = run_pass(f.spool, f.options, f.clock);
        BOOST_TEST(result.looked_at == 1);
        BOOST_TEST((result.failed == 0 && result.obtained == 0));
        BOOST_TEST(!lineage.live());
        BOOST_TEST((lineage.due() == f.now));
    }
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).obtained == 1);
}

BOOST_AUTO_TEST_CASE(damage_that_is_mended_is_part_of_the_result)
{
    PassFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    lineage.set_due(f.now);
    f.overwrite("certs/a.example/cert.json", "");
    f.remove("certs/a.example/gen/0001/chain.pem");
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).failed == 1);
    BOOST_TEST(to_text(lineage.spec().identifiers) == "a.example");
    BOOST_TEST(lineage.is_complete(1));
    lineage.set_due(f.now);
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).failed == 0);
}

BOOST_AUTO_TEST_CASE(a_newer_format_is_not_written_over)
{
    PassFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    lineage.set_due(f.now);
    f.overwrite("certs/a.example/cert.json", R"({"format": 2})");
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).failed == 1);
    BOOST_TEST(f.content("certs/a.example/cert.json") == R"({"format": 2})");
}

BOOST_AUTO_TEST_CASE(a_certificate_that_is_not_valid_yet_is_kept_until_it_is)
{
    PassFixture f;
    const Lineage lineage = f.add("a.example");
    SpoolFixture::begin(lineage, 1);
    f.commit(lineage, 1, f.now + hours(3), f.now + days(90));
    lineage.set_due(f.now);
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).obtained == 0);
    BOOST_TEST(!lineage.live());
    BOOST_TEST((lineage.due() == f.now + hours(3)));
    f.clock.set(f.now + hours(3));
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).obtained == 1);
    BOOST_TEST((lineage.live() == 1));
}

BOOST_AUTO_TEST_CASE(failures_are_forgotten_when_nothing_is_left_to_do)
{
    PassFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    RetryRecord retry;
    retry.attempts = 2;
    retry.error = "x";
    retry.last = f.now - hours(1);
    retry.next = f.now - Seconds(1);
    lineage.write_retry(retry);
    lineage.set_due(f.now);
    run_pass(f.spool, f.options, f.clock);
    BOOST_TEST(lineage.retry().is_clean());
    BOOST_TEST((lineage.due() == f.now + hours(6)));
}

BOOST_AUTO_TEST_CASE(a_long_silence_is_waited_out_over_days)
{
    PassFixture f;
    const Lineage lineage = f.add("a.example");
    RetryRecord retry;
    retry.attempts = 1;
    retry.last = f.now;
    retry.next = f.now + days(3);
    lineage.write_retry(retry);
    for (int day = 1; day < 3; ++day) {
        f.clock.set(f.now + days(day));
        lineage.set_due(f.clock.now());
        BOOST_TEST(run_pass(f.spool, f.options, f.clock).failed == 0);
        BOOST_TEST(lineage.retry().attempts == 1);
        BOOST_TEST((lineage.due() == f.clock.now() + days(1)));
    }
    f.clock.set(f.now + days(3));
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).failed == 1);
    // Early on a touch of `due` is a wish to try again.
    retry.last = f.clock.now();
    retry.next = f.clock.now() + days(3);
    lineage.write_retry(retry);
    f.clock.advance(hours(1));
    lineage.set_due(f.clock.now());
    BOOST_TEST(run_pass(f.spool, f.options, f.clock).failed == 1);
}

BOOST_AUTO_TEST_CASE(a_pass_over_all_sweeps)
{
    PassFixture f;
    f.clock.set(system_clock().now());
    f.overwrite("tmp/old", "");
    f.spool.dir().set_mtime("tmp/old", (f.clock.now() - days(2)).time_since_epoch().count());
    f.add("a.example");
    f.options.names = {LineageName::parse("a.example")};
    run_pass(f.spool, f.options, f.clock);
    BOOST_TEST(f.spool.dir().exists("tmp/old"));
    f.options.names.clear();
    run_pass(f.spool, f.options, f.clock);
    BOOST_TEST(!f.spool.dir().exists("tmp/old"));
}

BOOST_AUTO_TEST_CASE(a_preview_changes_nothing)
{
    PassFixture f;
    f.options.default_ca = "letsencrypt";
    f.options.dry_run = true;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    SpoolFixture::begin(f.add("b.example"), 1);
    f.issue(f.add("c.example"), 1);
    f.add("d.example");
    f.remove("certs/a.example/gen/0001/chain.pem");
    for (const char *name : {"a", "b", "c", "d"})
        Lineage(f.spool, LineageName::parse(name + std::string(".example"))).set_due(f.now);
    const std::string before = f.snapshot();
    CaContexts cas(f.spool, f.options, f.clock);
    Connections connections;
    const auto preview = [&](const char *name) {
        LineageJob job(f.spool, LineageName::parse(name), f.options, cas, connections, f.clock);
        return job.preview();
    };
    BOOST_TEST(preview("a.example") == "would do nothing");
    BOOST_TEST(preview("b.example") ==
               "would place an order for the key that is there from letsencrypt");
    BOOST_TEST(preview("c.example") == "would switch to generation 0001");
    BOOST_TEST(preview("d.example") == "would obtain a certificate from letsencrypt");
    f.options.force = true;
    BOOST_TEST(preview("a.example") == "would obtain a certificate from letsencrypt (forced)");
    BOOST_TEST(f.snapshot() == before);
}

BOOST_AUTO_TEST_SUITE_END()
