// SPDX-License-Identifier: MIT
// Authenticated encryption of short texts with a shared key (libsodium's XChaCha20-Poly1305): for
// values that are handed to a client and come back (nonces, URLs).
#pragma once

#include "crypto/secret.h"

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

constexpr std::size_t box_key_size = 32;

/// nonce (24) || ciphertext || tag (16), with a random nonce.
std::string seal_box(const Secret &key, std::string_view text, std::string_view context);
/// The same, with the nonce derived from text and context by keyed BLAKE2b: one text, one result.
std::string seal_box_deterministic(const Secret &key, std::string_view text,
                                   std::string_view context);
/// nullopt: not made with this key and context.
std::optional<std::string> open_box(const Secret &key, std::string_view box,
                                    std::string_view context);

}
