// SPDX-License-Identifier: MIT
// HKDF-SHA-256 (RFC 5869) and HMAC-SHA-256 on libsodium, with results in guarded memory.
#pragma once

#include "crypto/secret.h"

#include <string_view>

namespace acmeproxy {

/// 32 bytes.
Secret hmac_sha256(std::string_view key, std::string_view text);
/// 32 bytes: what is needed of HKDF here, one block of output.
Secret hkdf_sha256(std::string_view input, std::string_view salt, std::string_view info);

}
