// SPDX-License-Identifier: MIT
#include "crypto/hkdf.h"

#include "crypto/bytes.h"

#include <sodium.h>

namespace acmeproxy {

Secret hmac_sha256(std::string_view key, std::string_view text)
{
    Secret state_memory = Secret::of_size(sizeof(crypto_auth_hmacsha256_state));
    auto *state = reinterpret_cast<crypto_auth_hmacsha256_state *>(state_memory.data());
    Secret mac = Secret::of_size(crypto_auth_hmacsha256_BYTES);
    crypto_auth_hmacsha256_init(state, as_bytes(key), key.size());
    crypto_auth_hmacsha256_update(state, as_bytes(text), text.size());
    crypto_auth_hmacsha256_final(state, reinterpret_cast<unsigned char *>(mac.data()));
    return mac;
}

Secret hkdf_sha256(std::string_view input, std::string_view salt, std::string_view info)
{
    // RFC 5869, section 2.2: no salt is as good as zeros, which HMAC's padding gives.
    const Secret key = hmac_sha256(salt, input);
    return hmac_sha256(key.view(), std::string(info) + '\1');
}

}
