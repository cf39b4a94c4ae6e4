// SPDX-License-Identifier: MIT
// Private keys from their numbers.
#include "base/error.h"
#include "crypto/key.h"
#include "crypto/key_der.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"

#include <openssl/core_names.h>

namespace acmeproxy {

namespace {

/// The largest modulus; primes of larger ones would take long to check.
constexpr std::size_t most_bytes = 8192 / 8;

SecretBignumHandle secret_number(std::string_view bytes)
{
    if (bytes.size() > most_bytes)
        throw Error("read a private key: a number is too long");
    SecretBignumHandle number(or_throw(
        BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr), "read a number"));
    return number;
}

void push(OSSL_PARAM_BLD *builder, const char *name, const SecretBignumHandle &number)
{
    or_throw(OSSL_PARAM_BLD_push_BN(builder, name, number.get()), "build parameters");
}

/// OpenSSL takes numbers as they are, and signs well with some of an RSA key's alone.
PrivateKey checked(KeyHandle key)
{
    check_and_settle(key.get());
    const PkeyCtxHandle ctx(
        or_throw(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr), "check a private key"));
    or_throw(EVP_PKEY_check(ctx.get()), "check a private key");
    return PrivateKey(std::move(key));
}

}

PrivateKey PrivateKey::from_rsa(const RsaNumbers &numbers)
{
    // Refuses sizes that OpenSSL would rather compute with for a day.
    PublicKey::from_rsa(numbers.n, numbers.e);
    const SecretBignumHandle n = secret_number(numbers.n), e = secret_number(numbers.e),
                             d = secret_number(numbers.d.view()),
                             p = secret_number(numbers.p.view()),
                             q = secret_number(numbers.q.view()),
                             dp = secret_number(numbers.dp.view()),
                             dq = secret_number(numbers.dq.view()),
                             qi = secret_number(numbers.qi.view());
    const ParamBuilder builder(or_throw(OSSL_PARAM_BLD_new(), "build parameters"));
    push(builder.get(), OSSL_PKEY_PARAM_RSA_N, n);
    push(builder.get(), OSSL_PKEY_PARAM_RSA_E, e);
    push(builder.get(), OSSL_PKEY_PARAM_RSA_D, d);
    push(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR1, p);
    push(builder.get(), OSSL_PKEY_PARAM_RSA_FACTOR2, q);
    push(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT1, dp);
    push(builder.get(), OSSL_PKEY_PARAM_RSA_EXPONENT2, dq);
    push(builder.get(), OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi);
    return checked(
        key_from_parameters("RSA", EVP_PKEY_KEYPAIR, builder.get(), "read a private key"));
}

PrivateKey PrivateKey::from_ec(std::string_view curve, std::string_view x, std::string_view y,
                               const Secret &d)
{
    // Checks the curve, and that the point is on it.
    PublicKey::from_ec_point(curve, x, y);
    if (d.view().size() > most_bytes)
        throw Error("read a private key: a number is too long");
    return checked(
        make_ec_key(std::string(curve), "\x04" + std::string(x) + std::string(y), d.view()));
}

}
