// SPDX-License-Identifier: MIT
// Damage that is no error: for caches, and for files whose loss the state machine deals with.
#pragma once

#include "spool/spool.h"

#include <exception>
#include <system_error>

namespace acmeproxy {

/// `read` where what it reads is a cache or may be damaged: damage is as good as absence.
template <class Read> auto readable(Read read) -> decltype(read())
{
    try {
        return read();
    } catch (const std::system_error &) {
        throw; // no right, no disk: that is not damage
    } catch (const std::exception &e) {
        if (find_cause<std::system_error>(e) || find_cause<NewerFormat>(e))
            throw;
        return {};
    }
}

}
