// SPDX-License-Identifier: MIT
#include "base/random.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/random.h>

namespace acmeproxy {

std::string random_bytes(std::size_t size)
{
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
        const ssize_t got = ::getrandom(bytes.data() + have, size - have, 0);
        if (got > 0)
            have += static_cast<std::size_t>(got);
        else if (errno != EINTR)
            std::abort();
    }
    return bytes;
}

double random_unit()
{
    std::uint64_t bits = 0;
    std::memcpy(&bits, random_bytes(sizeof bits).data(), sizeof bits);
    return static_cast<double>(bits >> 11) * 0x1p-53;
}

}
