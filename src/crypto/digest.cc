// SPDX-License-Identifier: MIT
#include "crypto/digest.h"

#include "base/error.h"
#include "crypto/openssl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

namespace acmeproxy {

namespace {

using MacCtxHandle = OpensslHandle<EVP_MAC_CTX, EVP_MAC_CTX_free>;

const char *sha2_name(int bits)
{
    switch (bits) {
    case 256:
        return OSSL_DIGEST_NAME_SHA2_256;
    case 384:
        return OSSL_DIGEST_NAME_SHA2_384;
    case 512:
        return OSSL_DIGEST_NAME_SHA2_512;
    default:
        throw Error("hmac: there is no SHA-2 of " + std::to_string(bits) + " bits");
    }
}

}

std::string sha256(std::string_view bytes)
{
    // Fetched once: a fetch costs more than hashing a short text. It is needed until the end.
    static EVP_MD *const md =
        or_throw(EVP_MD_fetch(nullptr, OSSL_DIGEST_NAME_SHA2_256, nullptr), "fetch SHA-256");
    std::string digest(32, '\0');
    or_throw(EVP_Digest(bytes.data(), bytes.size(),
                        reinterpret_cast<unsigned char *>(digest.data()), nullptr, md, nullptr),
             "SHA-256");
    return digest;
}

std::string hmac_sha2(int bits, std::string_view key, std::string_view bytes)
{
    static EVP_MAC *const mac =
        or_throw(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), "fetch HMAC");
    const char *name = sha2_name(bits);
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char *>(name), 0),
        OSSL_PARAM_construct_end()};
    const MacCtxHandle ctx(or_throw(EVP_MAC_CTX_new(mac), "hmac"));
    // A null key means "the one of before" to OpenSSL; an empty one is a key.
    const unsigned char *key_bytes = as_bytes(key.empty() ? "" : key);
    or_throw(EVP_MAC_init(ctx.get(), key_bytes, key.size(), parameters), "hmac");
    or_throw(EVP_MAC_update(ctx.get(), as_bytes(bytes), bytes.size()), "hmac");
    std::string tag(static_cast<std::size_t>(bits / 8), '\0');
    std::size_t size = 0;
    or_throw(
        EVP_MAC_final(ctx.get(), reinterpret_cast<unsigned char *>(tag.data()), &size, tag.size()),
        "hmac");
    return tag;
}

}
