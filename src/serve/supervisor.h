// SPDX-License-Identifier: MIT
// serve's centre: starts the programs, the web server before them and the renewal loop beside them,
// restarts what dies, takes a new certificate or new settings into use, stops all of it.
//
// lighttpd cannot load a certificate while it runs. So a second one is started on the same sockets,
// and when that is ready the first one is told to finish what it has in hand. No connection is
// refused meanwhile, and a lighttpd that does not start leaves the old one at work.
#pragma once

#include "serve/event_loop.h"
#include "serve/listen_address.h"
#include "serve/notify.h"
#include "serve/renewal_loop.h"
#include "serve/run_folder.h"
#include "serve/server_certificate.h"
#include "serve/service.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace acmeproxy {

/// What the settings say; SIGHUP brings another.
struct ServePlan {
    Identifier server_name;
    std::optional<LineageName> lineage; ///< of the own certificate; none: stay self-signed
    std::string lighttpd;               ///< a path
    std::string programs_folder;
    std::vector<std::string> environment; ///< of programs and renewal passes
    std::chrono::seconds renew_interval;
    mode_t umask; ///< of renewal passes: their hooks have it
};

struct ServeSockets {
    std::vector<ListeningSocket> http;
    std::vector<ListeningSocket> https;
};

class Supervisor {
public:
    /// `reread` gives the plan anew, or throws, and then the old one stays.
    Supervisor(const Spool &spool, const RunFolder &run, ServeSockets sockets, ServePlan plan,
               std::function<ServePlan()> reread);

    /// Until SIGTERM or SIGINT, and what is in hand is finished. Throws Error where lighttpd does
    /// not start at first.
    void run();

private:
    void watch_signals();
    void watch_spool();
    void feed_watchdog();
    void make_programs();
    void start();
    void on_signal();
    void on_ready();
    void reload();
    void look_at_certificate();
    void stop();
    void wait_for_end(std::chrono::milliseconds limit, const std::function<bool()> &gone,
                      const std::function<void(int)> &signal);

    ServicePlan web_server_plan();
    Launch program_launch(const std::string &file, int socket) const;
    Launch renewal_launch() const;

    const Spool &spool_;
    const RunFolder &run_;
    ServeSockets sockets_;
    ServePlan plan_;
    const std::function<ServePlan()> reread_;
    ServiceManager manager_;
    EventLoop loop_;
    Fd signals_;
    Fd inotify_;
    std::map<std::string, Fd> program_sockets_;
    std::vector<std::unique_ptr<Service>> programs_;
    Service web_server_;
    RenewalLoop renewal_;
    CertificateFiles certificate_; ///< in use
    int web_servers_ = 0;          ///< started so far
    int stop_requests_ = 0;
};

}
