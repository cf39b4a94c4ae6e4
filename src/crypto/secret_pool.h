// SPDX-License-Identifier: MIT
// Small secrets share pages of guarded memory: one from sodium_malloc alone takes two locked pages
// and half a dozen system calls, which is more than sealing a key takes, and sealing needs dozens.
// The pages are locked and left out of core files; what is given back is wiped. Only the guard
// between two small secrets is missing.
//
// Threads: all may be called at once. After fork(2) the child makes pages of its own: locks are not
// inherited.
#pragma once

#include <cstddef>

namespace acmeproxy {

constexpr std::size_t largest_small_secret = 512;

/// At least largest_small_secret bytes, all zero.
char *allocate_small_secret();
void release_small_secret(char *memory);

}
