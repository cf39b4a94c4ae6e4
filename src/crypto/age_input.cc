// SPDX-License-Identifier: MIT
#include "crypto/age_input.h"

#include <algorithm>
#include <cstring>

namespace acmeproxy {

std::string_view AgeInput::peek(std::size_t size)
{
    if (end_ - begin_ < size && begin_ + size > capacity) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    while (end_ - begin_ < size && !ended_) {
        const std::size_t got = source_(buffer_.data() + end_, capacity - end_);
        end_ += got;
        ended_ = got == 0;
    }
    return buffer_.view().substr(begin_, end_ - begin_);
}

std::size_t AgeInput::read(char *out, std::size_t size)
{
    std::size_t have = std::min(size, end_ - begin_);
    std::memcpy(out, buffer_.data() + begin_, have);
    begin_ += have;
    while (have < size && !ended_) {
        const std::size_t got = source_(out + have, size - have);
        have += got;
        ended_ = got == 0;
    }
    return have;
}

std::optional<std::string_view> AgeInput::line(std::size_t most)
{
    // Mostly it is there already; only at the buffer's end is more read.
    std::string_view there = peek(1);
    std::size_t at = there.substr(0, most + 1).find('\n');
    if (at == std::string_view::npos && there.size() <= most) {
        there = peek(std::min(most + 1, capacity));
        at = there.substr(0, most + 1).find('\n');
    }
    if (at == std::string_view::npos)
        return std::nullopt;
    begin_ += at + 1;
    return there.substr(0, at);
}

}
