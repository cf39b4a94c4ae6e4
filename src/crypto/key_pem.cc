// SPDX-License-Identifier: MIT
// Private keys in PEM, through buffers that are wiped.
#include "base/error.h"
#include "crypto/key.h"
#include "crypto/key_der.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"

#include <openssl/decoder.h>
#include <openssl/pem.h>

namespace acmeproxy {

namespace {

using DecoderHandle = OpensslHandle<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free>;

struct Form {
    std::string_view label;
    const char *structure;
    const char *algorithm; ///< null: any
};
constexpr Form forms[] = {{"PRIVATE KEY", "PrivateKeyInfo", nullptr},
                          {"EC PRIVATE KEY", "type-specific", "EC"},
                          {"RSA PRIVATE KEY", "type-specific", "RSA"}};

/// Named form and algorithm: without them OpenSSL would try all that it knows, encrypted ones too.
KeyHandle decode(const PemBlock &block, const Form &form)
{
    EVP_PKEY *key = nullptr;
    const DecoderHandle decoder(
        or_throw(OSSL_DECODER_CTX_new_for_pkey(&key, "DER", form.structure, form.algorithm,
                                               EVP_PKEY_KEYPAIR, nullptr, nullptr),
                 "read a private key"));
    const unsigned char *p = as_bytes(block.view());
    std::size_t left = block.view().size();
    const bool good = OSSL_DECODER_from_data(decoder.get(), &p, &left) == 1;
    KeyHandle holder(key);
    if (!good || !key)
        throw_openssl("read a private key");
    if (left != 0)
        throw Error("read a private key: bytes follow it");
    return holder;
}

/// A file may hold another public key than the private one gives. RSA is left out: its check
/// searches for primes again, and the numbers of a damaged key fail when it signs.
void check_pair(EVP_PKEY *key)
{
    if (kind_of(key) == KeyKind::rsa)
        return;
    const PkeyCtxHandle ctx(
        or_throw(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr), "check a private key"));
    or_throw(EVP_PKEY_pairwise_check(ctx.get()), "check a private key");
}

}

PrivateKey PrivateKey::from_pem(std::string_view pem)
{
    PemReader reader(pem);
    while (const std::optional<PemBlock> block = reader.next()) {
        // openssl ecparam -genkey writes these first; the key names its curve itself.
        if (block->label() == "EC PARAMETERS")
            continue;
        if (block->is_encrypted() || block->label() == "ENCRYPTED PRIVATE KEY")
            throw Error("read a private key: it is encrypted");
        for (const Form &form : forms) {
            if (form.label != block->label())
                continue;
            KeyHandle key = ec_key_from_pkcs8(block->view());
            if (!key)
                key = decode(*block, form);
            check_and_settle(key.get());
            check_pair(key.get());
            return PrivateKey(std::move(key));
        }
        throw Error("read a private key: the PEM block holds something else");
    }
    throw Error("read a private key: there is no PEM block");
}

Secret PrivateKey::to_pem() const
{
    const BioHandle bio(or_throw(BIO_new(BIO_s_secmem()), "write a private key"));
    or_throw(
        PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr),
        "write a private key");
    char *text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return Secret(std::string_view(text, static_cast<std::size_t>(size)));
}

}
