// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.h"

#include <exception>
#include <string>

namespace acmeproxy {

/// The words of the error that `act` throws; "no error" where it throws none.
template <class Act> std::string error_of(Act act)
{
    try {
        act();
    } catch (const std::exception &e) {
        return describe(e);
    }
    return "no error";
}

}
