// SPDX-License-Identifier: MIT
#include "server/wait_slots.h"

namespace acmeproxy {

WaitSlots::Slot::~Slot()
{
    if (slots_)
        slots_->give_back(client_);
}

std::optional<WaitSlots::Slot> WaitSlots::take(const std::string &client)
{
    const std::lock_guard guard(mutex_);
    if (stopped_ || free_ <= 0)
        return std::nullopt;
    int &of_client = waiting_[client];
    if (of_client >= per_client_)
        return std::nullopt;
    ++of_client;
    --free_;
    return Slot(*this, client);
}

void WaitSlots::give_back(const std::string &client)
{
    const std::lock_guard guard(mutex_);
    ++free_;
    const auto found = waiting_.find(client);
    if (--found->second == 0)
        waiting_.erase(found);
}

void WaitSlots::stop()
{
    {
        const std::lock_guard guard(mutex_);
        stopped_ = true;
    }
    stopping_.notify_all();
}

bool WaitSlots::sleep(std::chrono::milliseconds duration)
{
    std::unique_lock lock(mutex_);
    return !stopping_.wait_for(lock, duration, [this] { return stopped_; });
}

}
