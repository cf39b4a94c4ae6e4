// SPDX-License-Identifier: MIT
#include "crypto/key_der.h"

#include "base/error.h"
#include "crypto/csr.h"
#include "crypto/openssl.h"

#include <boost/test/unit_test.hpp>
#include <openssl/decoder.h>

using namespace acmeproxy;

namespace {

const KeyType all_types[] = {KeyType::ec256, KeyType::ec384, KeyType::rsa2048, KeyType::ed25519};

std::string pkcs8_of(const PrivateKey &key)
{
    const Secret pem = key.to_pem();
    PemReader reader(pem.view());
    const auto block = reader.next();
    return std::string(block.value().view());
}

}

BOOST_AUTO_TEST_SUITE(key_der_test)

BOOST_AUTO_TEST_CASE(a_public_key_is_written_as_openssl_writes_it)
{
    for (const KeyType type : all_types) {
        const PrivateKey key = PrivateKey::generate(type);
        const EVP_PKEY *handle = key.handle();
        BOOST_TEST(spki_of(handle) == encode_der(i2d_PUBKEY, handle), to_text(type));
        BOOST_TEST((ec_point_of(handle).size() == (type == KeyType::ec256   ? 65U
                                                   : type == KeyType::ec384 ? 97U
                                                                            : 0U)),
                   to_text(type));
    }
}

BOOST_AUTO_TEST_CASE(keys_of_both_curves_are_read_without_a_decoder)
{
    for (const KeyType type : {KeyType::ec256, KeyType::ec384}) {
        const PrivateKey key = PrivateKey::generate(type);
        const KeyHandle from_spki = ec_key_from_spki(key.spki());
        BOOST_TEST_REQUIRE(from_spki.get());
        BOOST_TEST(EVP_PKEY_eq(from_spki.get(), key.handle()) == 1);
        KeyHandle from_pkcs8 = ec_key_from_pkcs8(pkcs8_of(key));
        BOOST_TEST_REQUIRE(from_pkcs8.get());
        BOOST_TEST(EVP_PKEY_eq(from_pkcs8.get(), key.handle()) == 1);
        const PrivateKey again(std::move(from_pkcs8));
        BOOST_TEST((again.to_pem().view() == key.to_pem().view()));
        BOOST_TEST(key.public_key().verify(again.jws_alg(), "a", again.sign("a")));
    }
}

BOOST_AUTO_TEST_CASE(another_form_is_left_to_openssl)
{
    for (const KeyType type : {KeyType::rsa2048, KeyType::ed25519}) {
        const PrivateKey key = PrivateKey::generate(type);
        BOOST_TEST(!ec_key_from_spki(key.spki()));
        BOOST_TEST(!ec_key_from_pkcs8(pkcs8_of(key)));
    }
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const std::string spki = key.spki();
    const std::string pkcs8 = pkcs8_of(key);
    BOOST_TEST(!ec_key_from_spki(""));
    for (const std::string &der : {spki + "x", spki.substr(0, spki.size() - 1), "x" + spki})
        BOOST_TEST(!ec_key_from_spki(der));
    for (const std::string &der :
         {pkcs8 + "x", pkcs8.substr(0, pkcs8.size() - 1), pkcs8.substr(0, 50), pkcs8.substr(0, 30)})
        BOOST_TEST(!ec_key_from_pkcs8(der));
    std::string compressed = spki;
    compressed[26] = '\x02';
    BOOST_TEST(!ec_key_from_spki(compressed));
}

BOOST_AUTO_TEST_CASE(a_point_that_is_not_on_the_curve_is_refused)
{
    const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    std::string spki = key.spki();
    spki.back() = static_cast<char>(spki.back() ^ 1);
    BOOST_CHECK_THROW(ec_key_from_spki(spki), Error);
    std::string pkcs8 = pkcs8_of(key);
    pkcs8.back() = static_cast<char>(pkcs8.back() ^ 1);
    BOOST_CHECK_THROW(ec_key_from_pkcs8(pkcs8), Error);
}

BOOST_AUTO_TEST_CASE(halves_that_do_not_fit_are_refused_by_who_reads_pem)
{
    for (const KeyType type : {KeyType::ec256, KeyType::ec384}) {
        const std::string one = pkcs8_of(PrivateKey::generate(type));
        const std::string other = pkcs8_of(PrivateKey::generate(type));
        const std::size_t point = type == KeyType::ec256 ? 64 : 96;
        const std::string mixed =
            one.substr(0, one.size() - point) + other.substr(other.size() - point);
        BOOST_TEST(ec_key_from_pkcs8(mixed).get());
        BOOST_CHECK_THROW(PrivateKey::from_pem(write_pem("PRIVATE KEY", mixed)), Error);
        BOOST_CHECK_NO_THROW(PrivateKey::from_pem(write_pem("PRIVATE KEY", one)));
    }
}

BOOST_AUTO_TEST_CASE(a_request_has_the_key_as_openssl_would_put_it)
{
    for (const KeyType type : {KeyType::ec256, KeyType::ec384, KeyType::rsa2048}) {
        const PrivateKey key = PrivateKey::generate(type);
        const Csr csr = Csr::make(key, {Identifier::parse("a.example")});
        BOOST_TEST(Csr::from_der(csr.der()).public_key().spki() == key.spki());
    }
}

BOOST_AUTO_TEST_SUITE_END()
