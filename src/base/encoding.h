// SPDX-License-Identifier: MIT
// base64, base64url (RFC 4648, without padding, as RFC 7515 uses it) and hexadecimal text.
// Decoders are strict: a character outside the alphabet, padding where there is none or missing
// padding, or bits that are not zero in the last character give nullopt, so that one value has one
// spelling.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);
/// 1 to `max_size` characters of the base64url alphabet. Not base64url_decode: tokens and nonces
/// are never decoded, and not every CA makes them by encoding whole bytes.
bool is_base64url_text(std::string_view text, std::size_t max_size);

/// The standard alphabet with padding, in one line.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
/// The standard alphabet without padding, as age writes it.
std::string base64_raw_encode(std::string_view bytes);
std::optional<std::string> base64_raw_decode(std::string_view text);

/// Lower case.
std::string hex_encode(std::string_view bytes);
/// Either case; nullopt on an odd length.
std::optional<std::string> hex_decode(std::string_view text);

}
