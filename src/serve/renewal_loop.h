// SPDX-License-Identifier: MIT
// Runs "acmeproxy renew" again and again, each pass in a process of its own: between passes the
// renewer needs no memory, and a crash in it is not ours.
#pragma once

#include "serve/process.h"

#include <memory>

namespace acmeproxy {

class RenewalLoop {
public:
    /// `launch` is asked at each start; `after_pass` is called when one has ended.
    RenewalLoop(EventLoop &loop, std::function<Launch()> launch, Process::OnLine on_line,
                std::function<void()> after_pass);
    ~RenewalLoop() { loop_.cancel(timer_); }
    RenewalLoop(const RenewalLoop &) = delete;
    RenewalLoop &operator=(const RenewalLoop &) = delete;

    void set_interval(std::chrono::seconds interval) { interval_ = interval; }
    /// A pass at once, or right after the one that runs.
    void wake();

    /// No pass any more; one that runs ends at its next safe point.
    void finish();
    void signal(int number) const;
    bool is_gone() const { return process_ == nullptr; }

private:
    void start();
    void ended(int status);
    void start_in(std::chrono::milliseconds delay);

    EventLoop &loop_;
    const std::function<Launch()> launch_;
    const Process::OnLine on_line_;
    const std::function<void()> after_pass_;
    std::chrono::seconds interval_{60};
    std::unique_ptr<Process> process_;
    EventLoop::Timer timer_ = 0;
    bool wanted_again_ = false;
    bool finishing_ = false;
};

}
