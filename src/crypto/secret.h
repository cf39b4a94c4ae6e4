// SPDX-License-Identifier: MIT
// Bytes that must not leak: in memory from sodium_malloc (locked, guarded, left out of core
// files), wiped when freed, never copied by accident. Small ones share pages of it (secret_pool.h).
#pragma once

#include "base/dir.h"

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

class Secret {
public:
    Secret() = default;
    /// Copies `bytes`; the caller's copy is the caller's to wipe.
    explicit Secret(std::string_view bytes);
    /// `size` zero bytes, to be written through data().
    static Secret of_size(std::size_t size);
    Secret(Secret &&other) noexcept;
    Secret &operator=(Secret &&other) noexcept;
    Secret(const Secret &) = delete;
    Secret &operator=(const Secret &) = delete;
    ~Secret();

    Secret copy() const { return Secret(view()); }
    char *data() { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    std::string_view view() const { return {data_, size_}; }
    /// In constant time for equal sizes (sodium_memcmp).
    bool operator==(const Secret &other) const;

private:
    char *data_ = nullptr;
    std::size_t size_ = 0;
};

/// Dir::read_file that never holds the content elsewhere. At most 64 KiB.
std::optional<Secret> read_secret_file(const Dir &dir, const std::string &relative);

/// Overwrites a std::string that had to hold a secret for a moment.
void wipe(std::string &text);

}
