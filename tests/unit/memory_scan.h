// SPDX-License-Identifier: MIT
// Looks through this process's own writable memory for bytes that should be gone. The bytes looked
// for are held in a masked form, so that the search does not find itself.
#pragma once

#include "base/fd.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

class MaskedBytes {
public:
    explicit MaskedBytes(std::string_view bytes)
    {
        // Byte by byte: memcpy would leave them in vector registers, which the dynamic linker
        // saves on the stack.
        masked_.reserve(bytes.size());
        for (const char c : bytes)
            masked_.push_back(mask(c));
    }

    /// How often they occur in memory outside of [skip, skip + skip_size).
    int count_in_memory(const void *skip = nullptr, std::size_t skip_size = 0) const
    {
        const Fd memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
        std::ifstream maps("/proc/self/maps");
        // Fixed: what is read must not go through the heap that is being searched.
        static char chunk[1 << 16];
        int found = 0;
        for (std::string line; std::getline(maps, line);) {
            unsigned long begin = 0;
            unsigned long end = 0;
            char mode[5] = "";
            std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode);
            // A sanitizer's shadow takes terabytes.
            if (mode[1] != 'w' || end - begin > (256UL << 20))
                continue;
            found += count_in_range(memory.get(), chunk, sizeof chunk, begin, end,
                                    reinterpret_cast<unsigned long>(skip), skip_size);
        }
        std::fill(std::begin(chunk), std::end(chunk), 0);
        return found;
    }

private:
    static char mask(char c) { return static_cast<char>(c ^ 0x5a); }

    int count_in_range(int memory, char *chunk, std::size_t chunk_size, unsigned long begin,
                       unsigned long end, unsigned long skip, std::size_t skip_size) const
    {
        int found = 0;
        const std::size_t step = chunk_size - masked_.size();
        for (unsigned long at = begin; at < end; at += step) {
            const auto wanted = std::min<unsigned long>(chunk_size, end - at);
            const ssize_t n = ::pread(memory, chunk, wanted, static_cast<off_t>(at));
            const ssize_t last = n - static_cast<ssize_t>(masked_.size());
            for (ssize_t i = 0; i <= last; ++i) {
                // Under a sanitizer there is a gigabyte of it: to the next first byte at once.
                const void *next = std::memchr(chunk + i, mask(masked_[0]),
                                               static_cast<std::size_t>(last - i + 1));
                if (!next)
                    break;
                i = static_cast<const char *>(next) - chunk;
                const unsigned long address = at + static_cast<unsigned long>(i);
                const bool own = (address >= skip && address < skip + skip_size) ||
                                 inside(chunk, chunk_size, address);
                if (!own && matches(chunk + i))
                    ++found;
            }
        }
        return found;
    }

    static bool inside(const char *chunk, std::size_t size, unsigned long address)
    {
        const auto begin = reinterpret_cast<unsigned long>(chunk);
        return address >= begin && address < begin + size;
    }

    bool matches(const char *p) const
    {
        for (std::size_t i = 0; i < masked_.size(); ++i) {
            if (mask(p[i]) != masked_[i])
                return false;
        }
        return true;
    }

    std::string masked_;
};

}
