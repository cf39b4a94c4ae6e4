// SPDX-License-Identifier: MIT
#include "serve/service.h"

#include "base/error.h"
#include "base/log.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds first_delay(100);
constexpr milliseconds longest_delay(30000);
/// Whoever has run so long has not failed at once.
constexpr std::chrono::seconds sound_life(60);
constexpr std::chrono::seconds ready_limit(20);
constexpr milliseconds ready_step(5);

milliseconds delay_after(int failures)
{
    return std::min(longest_delay, first_delay * (1 << std::min(failures - 1, 9)));
}

}

Service::Service(EventLoop &loop, std::string name, int finish_signal, Plan plan,
                 Process::OnLine on_line)
    : loop_(loop), name_(std::move(name)), finish_signal_(finish_signal), plan_(std::move(plan)),
      on_line_(std::move(on_line))
{
}

Service::~Service()
{
    loop_.cancel(start_timer_);
    for (const Instance &instance : instances_)
        loop_.cancel(instance.ready_timer);
}

void Service::replace()
{
    loop_.cancel(start_timer_);
    failures_ = 0;
    if (candidate_) { // what it was started with is out of date
        candidate_->process->signal(SIGKILL);
        candidate_ = nullptr;
    }
    start();
}

void Service::start()
{
    if (finishing_)
        return;
    const Position instance = instances_.emplace(instances_.end());
    try {
        instance->plan = plan_();
        instance->process =
            std::make_unique<Process>(loop_, instance->plan.launch, on_line_,
                                      [this, instance](int status) { ended(instance, status); });
    } catch (...) {
        const std::string why = describe_current();
        if (instance->plan.clean_up)
            instance->plan.clean_up();
        instances_.erase(instance);
        start_later(name_ + " could not be started: " + why);
        return;
    }
    candidate_ = &*instance;
    instance->deadline = SteadyClock::now() + ready_limit;
    look_if_ready(instance);
}

void Service::look_if_ready(Position instance)
{
    if (&*instance != candidate_)
        return;
    if (!instance->plan.is_ready || instance->plan.is_ready()) {
        take_over(instance);
    } else if (SteadyClock::now() > instance->deadline) {
        log_error(name_ + " does not get ready: ended");
        instance->process->signal(SIGKILL);
    } else {
        instance->ready_timer =
            loop_.after(ready_step, [this, instance] { look_if_ready(instance); });
    }
}

void Service::take_over(Position instance)
{
    if (current_)
        current_->process->signal(finish_signal_);
    current_ = &*instance;
    candidate_ = nullptr;
    was_ready_ = true;
}

void Service::ended(Position instance, int status)
{
    const bool was_current = &*instance == current_;
    const bool was_candidate = &*instance == candidate_;
    const auto life = SteadyClock::now() - instance->process->started();
    loop_.cancel(instance->ready_timer);
    if (instance->plan.clean_up)
        instance->plan.clean_up();
    if (was_current)
        current_ = nullptr;
    if (was_candidate)
        candidate_ = nullptr;
    instances_.erase(instance);
    if (finishing_ || !(was_current || was_candidate))
        return;
    if (!was_ready_ && first_failure_.empty())
        first_failure_ = status_text(status);
    if (was_current && life > sound_life)
        failures_ = 0;
    // A candidate that is on its way takes this one's place anyway.
    if (!candidate_)
        start_later(name_ + (was_current ? " ended: " : " did not start: ") + status_text(status));
}

void Service::start_later(const std::string &why)
{
    const milliseconds delay = delay_after(++failures_);
    log_error(fmt::format("{}; starting it again in {:.1f} s", why,
                          static_cast<double>(delay.count()) / 1000));
    loop_.cancel(start_timer_);
    start_timer_ = loop_.after(delay, [this] { start(); });
}

void Service::finish()
{
    finishing_ = true;
    loop_.cancel(start_timer_);
    signal_all(finish_signal_);
}

void Service::signal_all(int number) const
{
    for (const Instance &instance : instances_)
        instance.process->signal(number);
}

}
