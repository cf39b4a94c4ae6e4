// SPDX-License-Identifier: MIT
// One program that is to run all the time. When it dies it is started again, the longer later the
// more often it died; when it is replaced, the new process is ready before the old one is told to
// finish what it has in hand. All processes of a service share the sockets that serve holds.
#pragma once

#include "serve/process.h"

#include <list>

namespace acmeproxy {

/// What is needed to run one process of a service.
struct ServicePlan {
    Launch launch;
    /// Whether the process can answer; empty: at once.
    std::function<bool()> is_ready = {};
    /// Called when the process is gone, to clear away what belongs to it.
    std::function<void()> clean_up = {};
};

class Service {
public:
    using Plan = std::function<ServicePlan()>;

    /// `finish_signal` tells a process to answer what it has in hand and to end. `plan` is asked
    /// at each start. The name is for messages.
    Service(EventLoop &loop, std::string name, int finish_signal, Plan plan,
            Process::OnLine on_line);
    ~Service();
    Service(const Service &) = delete;
    Service &operator=(const Service &) = delete;

    /// Starts a process that takes over from the one there is, if any. Where it fails, the old one
    /// goes on, and it is tried again.
    void replace();
    /// Whether some process is there that can answer.
    bool is_ready() const { return current_ != nullptr; }
    /// The first process ended before it was ready, with these words: "exit status 1".
    const std::string &first_failure() const { return first_failure_; }

    /// No start any more; what runs finishes.
    void finish();
    void signal_all(int number) const;
    bool is_gone() const { return instances_.empty(); }

private:
    struct Instance {
        std::unique_ptr<Process> process;
        ServicePlan plan;
        EventLoop::Timer ready_timer = 0;
        std::chrono::steady_clock::time_point deadline;
    };
    using Position = std::list<Instance>::iterator;

    void start();
    void look_if_ready(Position instance);
    void take_over(Position instance);
    void ended(Position instance, int status);
    void start_later(const std::string &why);

    EventLoop &loop_;
    const std::string name_;
    const int finish_signal_;
    const Plan plan_;
    const Process::OnLine on_line_;
    std::list<Instance> instances_;
    Instance *current_ = nullptr;   ///< answers
    Instance *candidate_ = nullptr; ///< will, when it is ready
    EventLoop::Timer start_timer_ = 0;
    int failures_ = 0;
    bool was_ready_ = false;
    bool finishing_ = false;
    std::string first_failure_;
};

}
