// SPDX-License-Identifier: MIT
#include "crypto/guarded_memory.h"

#include "base/error.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace acmeproxy {

namespace {

// Below what an ordinary user may lock (8 MiB). A key and its request take some 20 KiB; what else
// OpenSSL allocates for its caches in a guarded section stays there.
constexpr std::size_t heap_size = 2 << 20;
constexpr std::size_t smallest_block = 32;
constexpr std::size_t stack_to_wipe = 128 << 10;

thread_local int sections = 0;

void *allocate(std::size_t size, const char *, int)
{
    if (size == 0)
        return nullptr;
    if (sections > 0 && ::CRYPTO_secure_malloc_initialized()) {
        const int depth = sections;
        sections = 0; // where the heap is full, it must not ask us again
        void *memory = ::CRYPTO_secure_malloc(size, nullptr, 0);
        sections = depth;
        if (memory)
            return memory;
    }
    return std::malloc(size); // NOLINT(cppcoreguidelines-no-malloc): this is what OpenSSL calls
}

void release(void *memory, const char *, int)
{
    if (!memory)
        return;
    if (::CRYPTO_secure_allocated(memory)) {
        ::CRYPTO_secure_free(memory, nullptr, 0); // which wipes it
        return;
    }
    ::sodium_memzero(memory, ::malloc_usable_size(memory));
    std::free(memory); // NOLINT(cppcoreguidelines-no-malloc)
}

void *reallocate(void *memory, std::size_t size, const char *file, int line)
{
    if (!memory)
        return allocate(size, file, line);
    if (size == 0) {
        release(memory, file, line);
        return nullptr;
    }
    const std::size_t before = ::CRYPTO_secure_allocated(memory)
                                   ? ::CRYPTO_secure_actual_size(memory)
                                   : ::malloc_usable_size(memory);
    if (size <= before && size > before / 2)
        return memory;
    void *larger = allocate(size, file, line);
    if (larger) {
        std::memcpy(larger, memory, std::min(before, size));
        release(memory, file, line);
    }
    return larger;
}

}

bool guard_openssl_memory()
{
    return ::CRYPTO_set_mem_functions(allocate, reallocate, release) == 1 &&
           ::CRYPTO_secure_malloc_init(heap_size, smallest_block) == 1;
}

void forbid_core_files()
{
    struct rlimit limit = {};
    if (::getrlimit(RLIMIT_CORE, &limit) != 0)
        throw_errno("read the limit of core files");
    limit.rlim_cur = 0; // the hard limit stays, for hooks that want to raise it
    if (::setrlimit(RLIMIT_CORE, &limit) != 0)
        throw_errno("set the limit of core files");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        throw_errno("forbid core files");
}

GuardedSection::GuardedSection()
{
    ++sections;
}

GuardedSection::~GuardedSection()
{
    --sections;
    ::sodium_stackzero(stack_to_wipe);
}

}
