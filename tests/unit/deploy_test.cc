// SPDX-License-Identifier: MIT
#include "renew/deploy.h"

#include "spool/owner.h"
#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

/// Root runs no hook from below a folder that all may write to, as /tmp is: then the folder is
/// made where the tests run.
std::unique_ptr<TempDir> make_hooks_folder()
{
    if (!is_root())
        return std::make_unique<TempDir>();
    const char *before = std::getenv("TMPDIR");
    const std::string saved = before ? before : "";
    ::setenv("TMPDIR", std::filesystem::current_path().c_str(), 1);
    auto dir = std::make_unique<TempDir>();
    if (before)
        ::setenv("TMPDIR", saved.c_str(), 1);
    else
        ::unsetenv("TMPDIR");
    return dir;
}

struct DeployFixture : SpoolFixture {
    DeployFixture() : hooks(make_hooks_folder()), lineage(add("a.example"))
    {
        options.hooks_dir = hooks->path();
        options.timeout = std::chrono::seconds(20);
        issue(lineage, 1);
        lineage.switch_live(1);
        lineage.set_due(clock.now());
    }
    void put_hook(const std::string &name, const std::string &script, mode_t mode = 0755) const
    {
        const Fd fd = hooks->dir().open_file(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        const std::string text = "#!/bin/sh\n" + script + "\n";
        if (!fd || ::write(fd.get(), text.data(), text.size()) < 0 || ::fchmod(fd.get(), mode) != 0)
            throw_errno("make hook " + name);
    }
    void set_hook(const std::string &name) const
    {
        LineageSpec spec = lineage.spec();
        spec.hook = name;
        lineage.write_spec(spec);
    }
    DeployResult run() { return run_with(0.0); }
    DeployResult run_with(double random)
    {
        return acmeproxy::deploy(spool, {lineage.name()}, options, clock,
                                 [random] { return random; });
    }
    std::string undeployed(bool all = false) const
    {
        std::string text;
        for (const LineageName &name : find_undeployed(spool, clock.now(), all))
            text += (text.empty() ? "" : " ") + name.str();
        return text;
    }
    std::string trace() const { return temp.dir().read_file("trace").value_or(""); }
    std::string trace_path() const { return temp.path() + "/trace"; }

    std::unique_ptr<TempDir> hooks;
    HookOptions options;
    Lineage lineage;
};

/// What is written to standard error while `act` runs.
template <class Act> std::string logged_by(const TempDir &temp, Act act)
{
    const Fd saved(::dup(STDERR_FILENO));
    {
        const Fd file = temp.dir().open_file("log", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ::dup2(file.get(), STDERR_FILENO);
    }
    act();
    ::dup2(saved.get(), STDERR_FILENO);
    return temp.dir().read_file("log").value_or("");
}

}

BOOST_AUTO_TEST_SUITE(deploy_test)

BOOST_AUTO_TEST_CASE(a_hook_that_succeeds_makes_it_deployed)
{
    DeployFixture f;
    f.put_hook("reload", "env >> " + f.trace_path() + "; pwd >> " + f.trace_path());
    f.set_hook("reload");
    BOOST_TEST(f.undeployed() == "a.example");
    const DeployResult result = f.run();
    BOOST_TEST((result.deployed == 1 && result.failed == 0));
    BOOST_TEST(f.lineage.is_deployed(1));
    BOOST_TEST(f.undeployed(true) == "");
    BOOST_TEST(holds(f.trace(), "ACMEPROXY_CERT_NAME=a.example\n"));
    BOOST_TEST(holds(f.trace(), "RENEWED_DOMAINS=a.example\n"));
    BOOST_TEST(holds(f.trace(), "\n/\n")); // the working folder
    BOOST_TEST(f.lineage.retry().is_clean());
    BOOST_TEST((f.lineage.due() == f.clock.now() + hours(24)));
    f.run();
    BOOST_TEST(f.trace().find("ACMEPROXY_CERT_NAME") == f.trace().rfind("ACMEPROXY_CERT_NAME"));
}

BOOST_AUTO_TEST_CASE(without_a_hook_there_is_nothing_to_wait_for)
{
    DeployFixture f;
    BOOST_TEST(f.run().deployed == 1);
    BOOST_TEST(f.lineage.is_deployed(1));
}

BOOST_AUTO_TEST_CASE(a_success_that_cannot_be_recorded_is_no_stream_of_hooks)
{
    DeployFixture f;
    f.put_hook("reload", "echo reload >> " + f.trace_path());
    f.set_hook("reload");
    f.fill_the_disk();
    BOOST_TEST(f.run().failed == 1);
    BOOST_TEST(f.trace() == "reload\n");
    BOOST_TEST((f.lineage.due() == f.clock.now() + std::chrono::minutes(10)));
    BOOST_TEST(f.undeployed() == "");
    BOOST_TEST(f.undeployed(true) == "a.example");
}

BOOST_AUTO_TEST_CASE(the_lineages_own_hook_runs_before_the_global_one)
{
    DeployFixture f;
    f.put_hook("own", "echo own >> " + f.trace_path());
    f.put_hook("global", "echo global >> " + f.trace_path());
    f.set_hook("own");
    f.options.global_hook = f.hooks->path() + "/global";
    f.run();
    BOOST_TEST(f.trace() == "own\nglobal\n");
    BOOST_TEST(f.lineage.is_deployed(1));
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_is_tried_again_later_and_later)
{
    DeployFixture f;
    f.put_hook("reload", "echo tried >> " + f.trace_path() + "; exit 3");
    f.set_hook("reload");
    const struct {
        Seconds wait;
        Seconds look;
    } table[] = {{minutes(1), minutes(1)},
                 {minutes(10), minutes(10)},
                 {minutes(100), minutes(100)},
                 {days(1), days(1)},
                 {days(1), days(1)}};
    int attempts = 0;
    for (const auto &row : table) {
        const DeployResult result = f.run();
        BOOST_TEST((result.failed == 1 && result.deployed == 0));
        const RetryRecord retry = f.lineage.retry();
        BOOST_TEST(retry.hook_attempts == ++attempts);
        BOOST_TEST(retry.hook_error == "hook " + f.hooks->path() + "/reload: exit status 3");
        BOOST_TEST((retry.hook_next == f.clock.now() + row.wait));
        BOOST_TEST((f.lineage.due() == f.clock.now() + row.look));
        BOOST_TEST((retry.attempts == 0 && !retry.next)); // issuing did not fail
        BOOST_TEST(f.undeployed() == "");
        BOOST_TEST(f.undeployed(true) == "a.example");
        f.clock.advance(row.wait);
        BOOST_TEST(f.undeployed() == "a.example");
    }
    f.put_hook("reload", "exit 0");
    BOOST_TEST(f.run().deployed == 1);
    BOOST_TEST(f.lineage.retry().is_clean());
    BOOST_TEST(f.lineage.is_deployed(1));
}

BOOST_AUTO_TEST_CASE(a_touched_due_does_not_hurry_a_hook_on)
{
    DeployFixture f;
    f.put_hook("reload", "exit 1");
    f.set_hook("reload");
    f.run_with(0.9);
    f.lineage.set_due(f.clock.now());
    BOOST_TEST(f.undeployed() == "");
    BOOST_TEST(f.undeployed(true) == "a.example");
}

BOOST_AUTO_TEST_CASE(a_hook_that_fails_does_not_put_off_a_renewal)
{
    DeployFixture f;
    f.put_hook("reload", "exit 1");
    f.set_hook("reload");
    RetryRecord retry;
    retry.attempts = 1;
    retry.hook_attempts = 8;
    retry.last = f.clock.now();
    retry.next = f.clock.now() + minutes(2);
    f.lineage.write_retry(retry);
    f.run();
    BOOST_TEST((f.lineage.due() == f.clock.now() + minutes(2)));
    BOOST_TEST((f.lineage.retry().next == f.clock.now() + minutes(2)));
    BOOST_TEST(f.lineage.retry().attempts == 1);
}

BOOST_AUTO_TEST_CASE(the_window_of_an_older_certificate_does_not_count)
{
    DeployFixture f;
    f.lineage.write_ari({"of.another", {}, {}, f.clock.now() + minutes(5), "", f.clock.now()});
    f.run();
    BOOST_TEST((f.lineage.due() == f.clock.now() + hours(24)));
}

BOOST_AUTO_TEST_CASE(a_hook_that_is_lost_or_not_executable_is_a_failure)
{
    DeployFixture f;
    f.set_hook("none");
    BOOST_TEST(f.run().failed == 1);
    BOOST_TEST(holds(f.lineage.retry().hook_error, "hook \"none\": stat "));
    f.put_hook("plain", "exit 0", 0644);
    f.set_hook("plain");
    BOOST_TEST(f.run().failed == 1);
    BOOST_TEST(holds(f.lineage.retry().hook_error, "is not an executable file (chmod +x)"));
    BOOST_TEST(!f.lineage.is_deployed(1));
}

BOOST_AUTO_TEST_CASE(a_hook_that_takes_too_long_ends_with_all_it_started)
{
    DeployFixture f;
    f.put_hook("slow", "sleep 300 & echo $! > " + f.trace_path() + "; echo begun; wait");
    f.set_hook("slow");
    f.options.timeout = std::chrono::seconds(1);
    const std::string log = logged_by(f.temp, [&] { BOOST_TEST(f.run().failed == 1); });
    BOOST_TEST(f.lineage.retry().hook_error == "hook " + f.hooks->path() + "/slow: timed out");
    BOOST_TEST(holds(log, "a.example: hook: begun\n"), log);
    const pid_t sleeper = std::stoi(f.trace());
    const std::string status = "/proc/" + std::to_string(sleeper) + "/cmdline";
    bool gone = false;
    for (int i = 0; i < 100 && !gone; ++i) {
        std::error_code none;
        // An orphan may stay a zombie for a moment, without a command line.
        gone = ::kill(sleeper, 0) != 0 ||
               Dir("/proc").read_file(std::to_string(sleeper) + "/cmdline").value_or("").empty();
        if (!gone)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    BOOST_TEST(gone, status);
}

BOOST_AUTO_TEST_CASE(the_last_lines_of_output_are_logged)
{
    DeployFixture f;
    f.put_hook("talk", "i=0; while [ $i -lt 50 ]; do i=$((i + 1)); echo line $i; done; "
                       "echo to standard error >&2; printf '\\033[2Jend\\n\\n'; exit 1");
    f.set_hook("talk");
    const std::string log = logged_by(f.temp, [&] { f.run(); });
    BOOST_TEST(holds(log, "a.example: hook: line 50\n"), log);
    BOOST_TEST(holds(log, "a.example: hook: to standard error\n"), log);
    BOOST_TEST(holds(log, "[2Jend\n"), log);
    BOOST_TEST(!holds(log, "\x1b"), log);
    BOOST_TEST(!holds(log, "hook: line 1\n"), log);
    BOOST_TEST(holds(log, "/talk: exit status 1; tried again at 2026-09-21T14:14:20Z"), log);
}

BOOST_AUTO_TEST_CASE(what_is_locked_not_live_or_lost_is_left)
{
    DeployFixture f;
    f.put_hook("reload", "echo ran >> " + f.trace_path());
    f.set_hook("reload");
    {
        const auto lock = f.lineage.lock();
        f.run();
    }
    BOOST_TEST(f.trace() == "");
    f.remove("certs/a.example/live");
    BOOST_TEST(f.undeployed() == "");
    f.run();
    BOOST_TEST(f.trace() == "");
    f.lineage.switch_live(1);
    f.remove("certs/a.example/gen/0001/privkey.pem");
    BOOST_TEST(f.run().failed == 1);
    BOOST_TEST(f.lineage.retry().hook_error == "its private key is lost: no hook is run");
    BOOST_TEST(f.trace() == "");
}

BOOST_AUTO_TEST_CASE(one_damaged_lineage_does_not_stop_the_others)
{
    DeployFixture f;
    const Lineage other = f.add("b.example");
    f.issue(other, 1);
    other.switch_live(1);
    f.spool.dir().make_link("x", "certs/a.example/retry.json");
    f.remove("certs/a.example/due");
    other.set_due(f.clock.now());
    const auto names = find_undeployed(f.spool, f.clock.now(), false);
    BOOST_TEST(names.size() == 2U);
    const DeployResult result =
        acmeproxy::deploy(f.spool, names, f.options, f.clock, [] { return 0.0; });
    BOOST_TEST((result.deployed == 1 && result.failed == 1));
    BOOST_TEST(other.is_deployed(1));
}

BOOST_AUTO_TEST_CASE(a_deployment_prunes_what_is_old)
{
    DeployFixture f;
    f.clock.advance(days(40));
    f.issue(f.lineage, 2);
    f.issue(f.lineage, 3);
    f.lineage.switch_live(3);
    f.run();
    BOOST_TEST(f.lineage.generations().size() == 2U);
    BOOST_TEST(f.lineage.generations().front() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
