// SPDX-License-Identifier: MIT
// Bech32 (BIP 173, without its limit of 90 characters), as age writes keys: a prefix that people
// read, "1", data in 5-bit characters and a checksum of six. Only one spelling of a value is taken:
// one case all over, padding bits zero.
//
// What is encoded may be a secret key: texts and bytes are kept in Secrets.
#pragma once

#include "crypto/secret.h"

#include <string>
#include <string_view>

namespace acmeproxy {

struct Bech32 {
    std::string prefix; ///< in the case of the text
    Secret bytes;
};

/// Throws Error with the reason and no part of the text.
Bech32 bech32_decode(std::string_view text);
/// `prefix` all in one case, which the text then has.
Secret bech32_encode(std::string_view prefix, std::string_view bytes);

}
