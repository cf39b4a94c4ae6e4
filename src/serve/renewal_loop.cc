// SPDX-License-Identifier: MIT
#include "serve/renewal_loop.h"

#include "base/error.h"
#include "base/log.h"

#include <csignal>
#include <sys/wait.h>

namespace acmeproxy {

namespace {

/// A burst of news is one pass.
constexpr std::chrono::milliseconds calm(200);

}

RenewalLoop::RenewalLoop(EventLoop &loop, std::function<Launch()> launch, Process::OnLine on_line,
                         std::function<void()> after_pass)
    : loop_(loop), launch_(std::move(launch)), on_line_(std::move(on_line)),
      after_pass_(std::move(after_pass))
{
}

void RenewalLoop::wake()
{
    if (process_)
        wanted_again_ = true;
    else
        start_in(calm);
}

void RenewalLoop::start_in(std::chrono::milliseconds delay)
{
    loop_.cancel(timer_);
    if (!finishing_)
        timer_ = loop_.after(delay, [this] { start(); });
}

void RenewalLoop::start()
{
    wanted_again_ = false;
    try {
        process_ = std::make_unique<Process>(loop_, launch_(), on_line_,
                                             [this](int status) { ended(status); });
    } catch (...) {
        log_error("start a renewal pass: " + describe_current());
        start_in(interval_);
    }
}

void RenewalLoop::ended(int status)
{
    process_.reset();
    // Status 1 is a failure that the pass has told of, line by line.
    const bool has_told = WIFEXITED(status) && WEXITSTATUS(status) <= 1;
    if (!has_told && !finishing_)
        log_error("the renewal pass ended: " + status_text(status));
    start_in(wanted_again_ ? calm : std::chrono::milliseconds(interval_));
    after_pass_();
}

void RenewalLoop::finish()
{
    finishing_ = true;
    loop_.cancel(timer_);
    signal(SIGTERM);
}

void RenewalLoop::signal(int number) const
{
    if (process_)
        process_->signal(number);
}

}
