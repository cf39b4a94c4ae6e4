// SPDX-License-Identifier: MIT
// An AgeSource with a buffer in guarded memory in front of it: a look ahead, lines, full reads.
#pragma once

#include "crypto/age.h"
#include "crypto/age_chunk.h"

#include <optional>

namespace acmeproxy {

constexpr std::size_t age_columns = 64; ///< of a full line of base64, in stanzas and armor

class AgeInput {
public:
    /// A sealed chunk and what shows whether another follows; whole pages, so that reads are fast.
    static constexpr std::size_t capacity = age_chunk_size + 4096;

    explicit AgeInput(const AgeSource &source) : source_(source), buffer_(Secret::of_size(capacity))
    {
    }

    /// The next bytes, at least `size` of them unless the input ends before; size <= capacity.
    std::string_view peek(std::size_t size);
    void skip(std::size_t size) { begin_ += size; }
    /// As many as there are, up to `size`.
    std::size_t read(char *out, std::size_t size);
    /// The bytes before the next line feed, valid until the next call; the line feed is consumed,
    /// too. nullopt: there is none within `most` bytes, and nothing was consumed.
    std::optional<std::string_view> line(std::size_t most);

private:
    const AgeSource &source_;
    Secret buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool ended_ = false;
};

}
