// SPDX-License-Identifier: MIT
#include "acme/nonce_pool.h"

#include "base/encoding.h"

namespace acmeproxy {

namespace {

constexpr std::size_t max_nonces = 64;
constexpr std::size_t max_nonce_size = 1024;

}

bool is_nonce(std::string_view text)
{
    return is_base64url_text(text, max_nonce_size);
}

void NoncePool::put(std::string nonce)
{
    // RFC 8555, section 6.5.1: what is no base64url is ignored.
    if (!is_nonce(nonce))
        return;
    const std::lock_guard lock(mutex_);
    nonces_.push_back(std::move(nonce));
    if (nonces_.size() > max_nonces)
        nonces_.pop_front();
}

std::optional<std::string> NoncePool::take()
{
    const std::lock_guard lock(mutex_);
    if (nonces_.empty())
        return std::nullopt;
    std::string nonce = std::move(nonces_.back());
    nonces_.pop_back();
    return nonce;
}

void NoncePool::clear()
{
    const std::lock_guard lock(mutex_);
    nonces_.clear();
}

}
