// SPDX-License-Identifier: MIT
#include "serve/supervisor.h"

#include "base/error.h"
#include "base/log.h"
#include "serve/lighttpd_conf.h"
#include "serve/web_programs.h"
#include "spool/agent_names.h"

#include <cerrno>
#include <csignal>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

using std::chrono::milliseconds;

/// No request lasts longer than 25 s, and a client may take some time for the answer.
constexpr milliseconds finish_limit(30000);
constexpr milliseconds end_limit(3000);

void relay_web_server(const std::string &line)
{
    const std::string text = lighttpd_message(line);
    // Handshakes that fail and requests that are too large are an affair of clients, and scanners
    // make thousands of them.
    const bool is_usual = text.starts_with("server started") ||
                          text.starts_with("server stopped by") ||
                          text.starts_with("request-size too long") ||
                          text.find("graceful shutdown started") != std::string::npos ||
                          (text.starts_with("SSL: ") && text.find(" error:") < 10);
    log_for("lighttpd", is_usual ? LogLevel::debug : LogLevel::warning, text);
}

std::vector<std::string> tokens(const std::vector<ListeningSocket> &sockets)
{
    std::vector<std::string> texts;
    for (const ListeningSocket &socket : sockets)
        texts.push_back(socket.token);
    return texts;
}

}

Supervisor::Supervisor(const Spool &spool, const RunFolder &run, ServeSockets sockets,
                       ServePlan plan, std::function<ServePlan()> reread)
    : spool_(spool), run_(run), sockets_(std::move(sockets)), plan_(std::move(plan)),
      reread_(std::move(reread)),
      web_server_(
          loop_, "lighttpd", SIGINT, [this] { return web_server_plan(); }, relay_web_server),
      renewal_(
          loop_, [this] { return renewal_launch(); },
          [](const std::string &line) { relay_log("acmeproxy", line); },
          [this] { look_at_certificate(); })
{
    make_programs();
}

void Supervisor::make_programs()
{
    for (const WebProgram &program : web_programs()) {
        const std::string file = program.file();
        const int socket = (program_sockets_[file] = run_.listen(program.socket())).get();
        programs_.push_back(std::make_unique<Service>(
            loop_, file, SIGTERM,
            [this, file, socket] { return ServicePlan{program_launch(file, socket)}; },
            [file](const std::string &line) { relay_log(file, line); }));
    }
}

Launch Supervisor::program_launch(const std::string &file, int socket) const
{
    Launch launch;
    launch.argv = {plan_.programs_folder + "/" + file};
    launch.environment = plan_.environment;
    launch.standard_input = socket;
    return launch;
}

Launch Supervisor::renewal_launch() const
{
    Launch launch;
    // The very program that runs here, although the file may have been replaced by a newer one.
    launch.argv = {"/proc/self/exe", "renew"};
    launch.environment = plan_.environment;
    launch.umask = plan_.umask;
    return launch;
}

ServicePlan Supervisor::web_server_plan()
{
    const std::string name = "lighttpd-" + std::to_string(++web_servers_);
    const std::string conf_file = name + ".conf";
    const std::string pid_file = name + ".pid";
    certificate_ = ServerCertificate(spool_, run_, plan_.server_name, plan_.lineage).best();
    LighttpdConf conf;
    conf.run_folder = run_.dir().path();
    conf.pid_file = run_.path_of(pid_file);
    conf.http_tokens = tokens(sockets_.http);
    conf.https_tokens = tokens(sockets_.https);
    conf.certificate = certificate_.chain;
    conf.private_key = certificate_.private_key;
    run_.write(conf_file, to_text(conf));

    ServicePlan plan;
    plan.launch.argv = {plan_.lighttpd, "-D", "-f", run_.path_of(conf_file)};
    plan.launch.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
    for (const auto *sockets : {&sockets_.http, &sockets_.https}) {
        for (const ListeningSocket &socket : *sockets)
            plan.launch.sockets.push_back(socket.fd.get());
    }
    // Written when configuration and certificate are loaded and the sockets are taken over.
    plan.is_ready = [this, pid_file] { return run_.dir().exists(pid_file); };
    plan.clean_up = [this, conf_file, pid_file] {
        run_.remove(conf_file);
        run_.remove(pid_file);
    };
    return plan;
}

void Supervisor::watch_signals()
{
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP})
        ::sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signals_ = Fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_)
        throw_errno("make a descriptor for signals");
    loop_.watch(signals_.get(), [this] { on_signal(); });
}

void Supervisor::on_signal()
{
    signalfd_siginfo info = {};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGHUP)
            reload();
        else
            ++stop_requests_;
    }
}

/// New lineages are looked at without waiting for the next pass, and a certificate that another
/// process has obtained is seen at once. Only hints: each pass looks at everything anyway.
void Supervisor::watch_spool()
{
    if (inotify_)
        loop_.forget(inotify_.get());
    inotify_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    const auto watch = [&](const SpoolPath &path) {
        return ::inotify_add_watch(inotify_.get(), spool_.path_of(path).c_str(),
                                   IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
    };
    if (!inotify_) {
        log_warning("the spool cannot be watched: what is new in it waits for the next pass");
        return;
    }
    // New lineages, and what clients of the agent wish for.
    const int certs = watch(SpoolNames::folder(SpoolFolder::certs));
    const int requests = watch(AgentNames::requests());
    if (plan_.lineage)
        watch(SpoolNames::lineage(*plan_.lineage));
    loop_.watch(inotify_.get(), [this, certs, requests] {
        alignas(inotify_event) char buffer[4096];
        ssize_t size = 0;
        bool is_new = false;
        while ((size = ::read(inotify_.get(), buffer, sizeof buffer)) > 0) {
            for (ssize_t at = 0; at < size;) {
                const auto *event = reinterpret_cast<const inotify_event *>(buffer + at);
                is_new = is_new || event->wd == certs || event->wd == requests;
                at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
            }
        }
        if (is_new)
            renewal_.wake();
        look_at_certificate();
    });
}

void Supervisor::feed_watchdog()
{
    const auto interval = manager_.watchdog_interval();
    if (!interval)
        return;
    manager_.tell("WATCHDOG=1");
    loop_.after(*interval, [this] { feed_watchdog(); });
}

void Supervisor::run()
{
    watch_signals();
    watch_spool();
    feed_watchdog();
    start();
    if (stop_requests_ == 0)
        loop_.run_until([this] { return stop_requests_ > 0; });
    stop();
}

void Supervisor::start()
{
    for (const auto &program : programs_)
        program->replace();
    web_server_.replace();
    loop_.run_until([this] {
        return web_server_.is_ready() || !web_server_.first_failure().empty() || stop_requests_ > 0;
    });
    if (!web_server_.first_failure().empty())
        throw Error("lighttpd did not start: " + web_server_.first_failure());
    if (stop_requests_ == 0)
        on_ready();
}

void Supervisor::on_ready()
{
    std::string addresses;
    for (const auto *sockets : {&sockets_.http, &sockets_.https}) {
        for (const ListeningSocket &socket : *sockets)
            addresses += (addresses.empty() ? "" : ", ") + socket.token;
    }
    log_info("serving on " + addresses + " as " + plan_.server_name.value() +
             (certificate_.generation ? "" : ", with a self-signed certificate for now"));
    manager_.tell("READY=1\nSTATUS=serving");
    ServerCertificate(spool_, run_, plan_.server_name, plan_.lineage).have_damage_looked_at();
    renewal_.set_interval(plan_.renew_interval);
    renewal_.wake();
}

void Supervisor::look_at_certificate()
try {
    if (stop_requests_ > 0)
        return;
    const CertificateFiles best =
        ServerCertificate(spool_, run_, plan_.server_name, plan_.lineage).best();
    if (best == certificate_)
        return;
    log_info("the certificate of " + plan_.server_name.value() + " is new: taken into use");
    certificate_ = best;
    web_server_.replace();
} catch (...) {
    log_error("look for the certificate of this server: " + describe_current());
}

void Supervisor::reload()
{
    if (stop_requests_ > 0)
        return;
    manager_.tell("RELOADING=1\n" + monotonic_line());
    try {
        plan_ = reread_();
        for (const auto &program : programs_)
            program->replace();
        web_server_.replace();
        renewal_.set_interval(plan_.renew_interval);
        renewal_.wake();
        watch_spool();
        log_info("the settings are read anew");
    } catch (...) {
        log_error("read the settings anew: " + describe_current() + "; the old ones stay");
    }
    manager_.tell("READY=1");
}

void Supervisor::stop()
{
    log_info("stopping: requests in hand are finished");
    manager_.tell("STOPPING=1\nSTATUS=finishing");
    sockets_ = {}; // from now on connections are refused
    renewal_.finish();
    web_server_.finish();
    wait_for_end(
        finish_limit, [this] { return web_server_.is_gone() && renewal_.is_gone(); },
        [this](int signal) {
            web_server_.signal_all(signal);
            renewal_.signal(signal);
        });
    for (const auto &program : programs_)
        program->finish();
    wait_for_end(
        end_limit,
        [this] {
            for (const auto &program : programs_) {
                if (!program->is_gone())
                    return false;
            }
            return true;
        },
        [this](int signal) {
            for (const auto &program : programs_)
                program->signal_all(signal);
        });
    log_info("stopped");
}

/// Each further request to stop cuts one wait short.
void Supervisor::wait_for_end(milliseconds limit, const std::function<bool()> &gone,
                              const std::function<void(int)> &signal)
{
    int requests = stop_requests_;
    for (const int last : {SIGTERM, SIGKILL, 0}) {
        bool is_late = false;
        const EventLoop::Timer timer = loop_.after(limit, [&] { is_late = true; });
        if (!gone())
            loop_.run_until([&] { return gone() || is_late || stop_requests_ > requests; });
        loop_.cancel(timer);
        if (gone() || last == 0)
            return;
        log_warning(std::string("what does not finish is ended by ") +
                    (last == SIGTERM ? "SIGTERM" : "SIGKILL"));
        signal(last);
        limit = end_limit;
        requests = stop_requests_;
    }
}

}
