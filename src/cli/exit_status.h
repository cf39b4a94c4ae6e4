// SPDX-License-Identifier: MIT
// What every program of ours does with an error that reaches its main().
#pragma once

#include <functional>

namespace acmeproxy {

/// What `program` returns. What it throws is logged, with its hint where it has one, and becomes 2
/// (a UsageError: usage or configuration) or 1.
int exit_status(const std::function<int()> &program);

}
