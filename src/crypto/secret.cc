// SPDX-License-Identifier: MIT
#include "crypto/secret.h"

#include "base/error.h"
#include "crypto/secret_pool.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sodium.h>

namespace acmeproxy {

namespace {

char *allocate(std::size_t size)
{
    static const bool ready = ::sodium_init() >= 0;
    if (!ready)
        std::abort();
    if (size <= largest_small_secret)
        return allocate_small_secret();
    // Where RLIMIT_MEMLOCK is used up, sodium_malloc goes on with memory that is not locked.
    void *memory = ::sodium_malloc(size);
    if (!memory)
        throw std::bad_alloc();
    return static_cast<char *>(memory);
}

/// Fills `secret` from `fd`. False: the file ended before.
bool read_all(int fd, Secret &secret)
{
    std::size_t have = 0;
    while (have < secret.size()) {
        const ssize_t n = ::read(fd, secret.data() + have, secret.size() - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            throw_errno("read");
        if (n == 0)
            return false;
        have += static_cast<std::size_t>(n);
    }
    return true;
}

}

Secret::Secret(std::string_view bytes)
    : data_(bytes.empty() ? nullptr : allocate(bytes.size())), size_(bytes.size())
{
    if (data_)
        std::memcpy(data_, bytes.data(), size_);
}

Secret Secret::of_size(std::size_t size)
{
    Secret secret;
    if (size > 0) {
        secret.data_ = allocate(size);
        secret.size_ = size;
        std::memset(secret.data_, 0, size);
    }
    return secret;
}

Secret::Secret(Secret &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0))
{
}

Secret &Secret::operator=(Secret &&other) noexcept
{
    // What was here is wiped now, not when `other` goes.
    Secret moved(std::move(other));
    std::swap(data_, moved.data_);
    std::swap(size_, moved.size_);
    return *this;
}

Secret::~Secret()
{
    if (data_ && size_ <= largest_small_secret)
        release_small_secret(data_);
    else
        ::sodium_free(data_);
}

bool Secret::operator==(const Secret &other) const
{
    return size_ == other.size_ && (size_ == 0 || ::sodium_memcmp(data_, other.data_, size_) == 0);
}

std::optional<Secret> read_secret_file(const Dir &dir, const std::string &relative)
try {
    // O_NONBLOCK: a FIFO put in place of a file must not hold us up.
    const Fd fd = dir.open_file(relative, O_RDONLY | O_NONBLOCK);
    if (!fd)
        return std::nullopt;
    struct stat st = {};
    if (::fstat(fd.get(), &st) != 0)
        throw_errno("stat");
    if (!S_ISREG(st.st_mode))
        throw Error("not a regular file");
    if (st.st_size > 65536)
        throw Error("larger than 64 KiB");
    // The size is known before: growing a buffer would leave copies behind.
    Secret secret = Secret::of_size(static_cast<std::size_t>(st.st_size));
    if (!read_all(fd.get(), secret))
        throw Error("the file became shorter meanwhile");
    return secret;
} catch (...) {
    rethrow_while("read " + dir.path_of(relative));
}

void wipe(std::string &text)
{
    // The bytes between size and capacity may hold a longer text of before.
    text.resize(text.capacity());
    ::sodium_memzero(text.data(), text.size());
    text.clear();
}

}
