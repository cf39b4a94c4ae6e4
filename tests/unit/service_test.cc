// SPDX-License-Identifier: MIT
#include "serve/service.h"

#include "base/log.h"
#include "unit/temp_dir.h"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <sys/socket.h>

using namespace acmeproxy;
using std::chrono::milliseconds;

namespace {

/// A service that is a shell script; what it says is kept.
struct Scripted {
    explicit Scripted(std::string text)
        : script(std::move(text)), service(
                                       loop, "script", SIGTERM, [this] { return plan(); },
                                       [this](const std::string &line) { said += line + "\n"; })
    {
        set_up_log("acmeproxy", LogTarget::standard_error, static_cast<LogLevel>(-1));
    }
    ~Scripted() { set_up_log("acmeproxy"); }

    ServicePlan plan()
    {
        ++starts;
        ServicePlan plan;
        plan.launch.argv = {"/bin/sh", "-c", script};
        plan.launch.environment = {"PATH=/usr/bin:/bin", "FOLDER=" + folder.path()};
        plan.launch.sockets = sockets;
        if (!ready_file.empty())
            plan.is_ready = [this] { return std::filesystem::exists(ready_file); };
        return plan;
    }
    /// False where it takes over 20 s.
    bool until(const std::function<bool()> &condition)
    {
        bool late = false;
        const auto timer = loop.after(milliseconds(20000), [&] { late = true; });
        const std::function<void()> tick = [&] { loop.after(milliseconds(5), [] {}); };
        loop.run_until([&] {
            tick();
            return late || condition();
        });
        loop.cancel(timer);
        return condition();
    }

    EventLoop loop;
    TempDir folder;
    std::string script;
    std::string ready_file;
    std::vector<int> sockets;
    int starts = 0;
    std::string said;
    Service service;
};

}

BOOST_AUTO_TEST_SUITE(service_test)

BOOST_AUTO_TEST_CASE(what_dies_is_started_again)
{
    Scripted s("echo up; exit 3");
    s.service.replace();
    BOOST_TEST(s.service.is_ready());
    BOOST_TEST(s.until([&] { return s.starts >= 3; }));
    BOOST_TEST(s.said.starts_with("up\nup\n"));
}

BOOST_AUTO_TEST_CASE(the_old_one_is_told_to_finish_when_the_new_one_is_ready)
{
    Scripted s("trap 'echo finished; exit 0' TERM; echo up; while :; do sleep 0.05; done");
    s.service.replace();
    BOOST_TEST(s.until([&] { return s.said == "up\n"; }));
    s.ready_file = s.folder.path() + "/ready";
    s.service.replace();
    BOOST_TEST(s.until([&] { return s.said == "up\nup\n"; }));
    BOOST_TEST(s.until([&] { return true; }));
    BOOST_TEST(s.said.find("finished") == std::string::npos);
    BOOST_TEST(s.folder.dir().make_dir("ready", 0700));
    BOOST_TEST(s.until([&] { return s.said.find("finished\n") != std::string::npos; }));
    BOOST_TEST(s.said.find("finished\n") == s.said.rfind("finished\n"));
    BOOST_TEST(s.service.is_ready());
    s.service.finish();
    BOOST_TEST(s.until([&] { return s.service.is_gone(); }));
    BOOST_TEST(s.starts == 2);
}

BOOST_AUTO_TEST_CASE(a_new_one_that_does_not_start_leaves_the_old_one_at_work)
{
    Scripted s("trap 'exit 0' TERM; echo up; while :; do sleep 0.05; done");
    s.service.replace();
    s.ready_file = s.folder.path() + "/never";
    s.script = "echo broken; exit 1";
    s.service.replace();
    BOOST_TEST(s.until([&] { return s.said.find("broken\nbroken\n") != std::string::npos; }));
    BOOST_TEST(s.service.is_ready());
    BOOST_TEST(s.service.first_failure() == "");
}

BOOST_AUTO_TEST_CASE(a_first_one_that_does_not_get_ready_is_told)
{
    Scripted s("exit 7");
    s.ready_file = s.folder.path() + "/never";
    s.service.replace();
    BOOST_TEST(s.until([&] { return !s.service.first_failure().empty(); }));
    BOOST_TEST(s.service.first_failure() == "exit status 7");
    BOOST_TEST(!s.service.is_ready());
}

BOOST_AUTO_TEST_CASE(sockets_are_passed_as_systemd_does)
{
    const LowDescriptors low;
    const Fd one(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Fd other(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Scripted s("test \"$LISTEN_PID\" -eq $$ && echo \"$LISTEN_FDS\" "
               "$(readlink /proc/$$/fd/3 /proc/$$/fd/4 | cut -c 1-7); sleep 10");
    s.sockets = {one.get(), other.get()};
    s.service.replace();
    BOOST_TEST(s.until([&] { return !s.said.empty(); }));
    BOOST_TEST(s.said == "2 socket: socket:\n");
}

BOOST_AUTO_TEST_SUITE_END()
