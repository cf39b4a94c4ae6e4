// SPDX-License-Identifier: MIT
// A JWS and the JWK in its header are taken apart; no input has a signature by a key that only this
// program knows.
#include "jose/jwk.h"
#include "jose/jws.h"

#include <cstdlib>

using namespace acmeproxy;

namespace {

void check(const Jws &jws)
{
    static const PublicKey foreign = PrivateKey::generate(KeyType::ec256).public_key();
    static const Secret secret("known to nobody else");
    if (jws.verify(foreign) || jws.verify_hmac(secret))
        std::abort();
    const PublicKey key = from_jwk(jws.header().object_at("jwk"));
    if (!(from_jwk(to_jwk(key)) == key) || jwk_thumbprint(key).size() != 43)
        std::abort();
    jws.verify(key);
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    try {
        check(Jws::parse(std::string_view(reinterpret_cast<const char *>(data), size)));
    } catch (const JsonError &) {
        return 0;
    }
    return 0;
}
