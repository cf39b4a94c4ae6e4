// SPDX-License-Identifier: MIT
// Memory that held a private key keeps nothing of it: what OpenSSL frees is wiped, what it
// allocates while a key is made or used comes from a heap that is locked (never in swap) and left
// out of core files, and what its functions left on the stack is overwritten.
//
// Out of reach: registers, and the copies that a kernel without such promises may make.
#pragma once

namespace acmeproxy {

/// Once, as the first thing in main(): before OpenSSL allocates anything. False: too late, or the
/// system has no memory to lock; all works, with less protection.
bool guard_openssl_memory();

/// This process leaves no core file and cannot be traced by its own user.
void forbid_core_files();

/// While it lives, OpenSSL allocates from the locked heap in this thread; at its end the stack
/// below is wiped. Where guard_openssl_memory() was not called, only that.
class GuardedSection {
public:
    GuardedSection();
    ~GuardedSection();
    GuardedSection(const GuardedSection &) = delete;
    GuardedSection &operator=(const GuardedSection &) = delete;
};

}
