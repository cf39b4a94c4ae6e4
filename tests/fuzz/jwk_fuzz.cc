// SPDX-License-Identifier: MIT
// A key that was taken comes back the same, is large enough, and has one thumbprint.
#include "jose/jwk.h"

#include <cstdlib>

using namespace acmeproxy;

namespace {

void check(const PublicKey &key)
{
    const Json jwk = to_jwk(key);
    if (!(from_jwk(jwk) == key) || !(to_jwk(from_jwk(jwk)) == jwk))
        std::abort();
    if (jwk_thumbprint(key).size() != 43 || key.bits() < 250 || key.bits() > 4096)
        std::abort();
    if (key.kty() == "RSA" && key.bits() < 2048)
        std::abort();
    // no signature by it is known
    if (key.verify("ES256", "text", std::string(64, 'x')) || key.verify("none", "text", ""))
        std::abort();
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    try {
        const std::string_view text(reinterpret_cast<const char *>(data), size);
        check(from_jwk(Json::parse(text)));
    } catch (const JsonError &) {
        return 0;
    }
    return 0;
}
