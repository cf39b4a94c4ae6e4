// SPDX-License-Identifier: MIT
#include "crypto/secret_pool.h"

#include <memory>
#include <mutex>
#include <new>
#include <sodium.h>
#include <unistd.h>
#include <vector>

namespace acmeproxy {

namespace {

constexpr std::size_t slots_per_page = 64;
constexpr std::size_t page_size = slots_per_page * largest_small_secret;

class Pool {
public:
    char *allocate()
    {
        const std::lock_guard guard(mutex_);
        forget_after_fork();
        if (free_.empty())
            add_page();
        char *slot = free_.back();
        free_.pop_back();
        return slot;
    }

    void release(char *slot)
    {
        ::sodium_memzero(slot, largest_small_secret);
        const std::lock_guard guard(mutex_);
        forget_after_fork();
        for (const char *page : pages_) {
            if (slot >= page && slot < page + page_size)
                free_.push_back(slot);
        }
    }

private:
    void forget_after_fork()
    {
        if (owner_ == ::getpid())
            return;
        owner_ = ::getpid();
        pages_.clear();
        free_.clear();
    }

    void add_page()
    {
        pages_.reserve(pages_.size() + 1);
        free_.reserve((pages_.size() + 1) * slots_per_page);
        auto *page = static_cast<char *>(::sodium_malloc(page_size));
        if (!page)
            throw std::bad_alloc();
        ::sodium_memzero(page, page_size);
        pages_.push_back(page);
        for (std::size_t i = 0; i < slots_per_page; ++i)
            free_.push_back(page + i * largest_small_secret);
    }

    std::mutex mutex_;
    pid_t owner_ = 0;
    std::vector<char *> pages_;
    std::vector<char *> free_;
};

/// Never destroyed: secrets in static variables end after it would.
Pool &pool()
{
    static Pool &only = *std::make_unique<Pool>().release();
    return only;
}

}

char *allocate_small_secret()
{
    return pool().allocate();
}

void release_small_secret(char *memory)
{
    pool().release(memory);
}

}
