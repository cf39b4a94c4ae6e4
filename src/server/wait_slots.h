// SPDX-License-Identifier: MIT
// Who may wait for the CA while a client waits for us. A request that waits holds a thread, so at
// most half of them wait at a time, and only a few for one client: the others are answered with
// the state as it is. A stop ends all waits at once.
//
// Threads: all members may be called at once.
#pragma once

#include "base/clock.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace acmeproxy {

class WaitSlots {
public:
    /// One granted wait; ends with its owner.
    class Slot {
    public:
        Slot(Slot &&other) noexcept
            : slots_(std::exchange(other.slots_, nullptr)), client_(std::move(other.client_))
        {
        }
        Slot &operator=(Slot &&) = delete;
        ~Slot();

    private:
        friend class WaitSlots;
        Slot(WaitSlots &slots, std::string client) : slots_(&slots), client_(std::move(client)) {}
        WaitSlots *slots_;
        std::string client_;
    };

    WaitSlots(int slots, int per_client) : free_(slots), per_client_(per_client) {}

    /// nullopt: answer at once.
    std::optional<Slot> take(const std::string &client);
    /// From now on nobody waits.
    void stop();
    /// False: it was cut short by the stop.
    bool sleep(std::chrono::milliseconds duration);

private:
    void give_back(const std::string &client);

    std::mutex mutex_;
    std::condition_variable stopping_;
    bool stopped_ = false;
    int free_;
    const int per_client_;
    std::map<std::string, int> waiting_; ///< only clients that wait
};

/// The time of another clock, with sleeps that end when the waits do.
class PatientClock : public Clock {
public:
    PatientClock(const Clock &clock, WaitSlots &slots) : clock_(clock), slots_(slots) {}
    Time now() const override { return clock_.now(); }
    std::chrono::steady_clock::time_point steady() const override { return clock_.steady(); }
    bool sleep(std::chrono::milliseconds duration) const override { return slots_.sleep(duration); }

private:
    const Clock &clock_;
    WaitSlots &slots_;
};

}
