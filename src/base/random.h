// SPDX-License-Identifier: MIT
// Randomness from the kernel, and jitter as an argument that tests can fix.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace acmeproxy {

/// `size` bytes from getrandom(2); aborts where the kernel has none.
std::string random_bytes(std::size_t size);

/// A number in [0, 1): what picks jitter and instants. Tests pass a constant.
using UnitRandom = std::function<double()>;
double random_unit();

}
