// SPDX-License-Identifier: MIT
// Text as OpenSSL and libsodium want to see it.
#pragma once

#include <string_view>

namespace acmeproxy {

inline const unsigned char *as_bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char *>(text.data());
}

/// To be written to.
inline unsigned char *bytes_at(char *text)
{
    return reinterpret_cast<unsigned char *>(text);
}

}
