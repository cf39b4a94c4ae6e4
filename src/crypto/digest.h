// SPDX-License-Identifier: MIT
// SHA-2 and HMAC (OpenSSL), as raw bytes.
#pragma once

#include <string>
#include <string_view>

namespace acmeproxy {

std::string sha256(std::string_view bytes);
/// `bits` is 256, 384 or 512.
std::string hmac_sha2(int bits, std::string_view key, std::string_view bytes);

}
