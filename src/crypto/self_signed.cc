// SPDX-License-Identifier: MIT
#include "crypto/self_signed.h"

#include "base/error.h"
#include "base/random.h"
#include "crypto/general_name.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"

namespace acmeproxy {

namespace {

/// Positive and random (RFC 5280, section 4.1.2.2).
void set_serial(X509 *x)
{
    std::string bytes = random_bytes(16);
    bytes[0] = static_cast<char>((bytes[0] & 0x7f) | 0x40);
    const BignumHandle number(
        or_throw(BN_bin2bn(as_bytes(bytes), static_cast<int>(bytes.size()), nullptr), "number it"));
    if (!BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)))
        throw_openssl("number it");
}

/// The subject stays without the name, which may be longer than a common name can be.
void set_subject(X509 *x)
{
    X509_NAME *subject = X509_get_subject_name(x);
    or_throw(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                        as_bytes("acmeproxy, self-signed"), -1, -1, 0),
             "name it");
    or_throw(X509_set_issuer_name(x, subject), "name it");
}

void add_extension(X509 *x, int nid, const char *value)
{
    const ExtensionHandle extension(
        or_throw(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value), "make an extension"));
    or_throw(X509_add_ext(x, extension.get(), -1), "add an extension");
}

}

Certificate make_self_signed(const PrivateKey &key, const Identifier &name, Time now,
                             Seconds lifetime)
try {
    const X509Handle x(or_throw(X509_new(), "make it"));
    or_throw(X509_set_version(x.get(), X509_VERSION_3), "set its version");
    set_serial(x.get());
    set_subject(x.get());
    const Time begin = now - std::chrono::hours(1); // clocks differ
    const Time end = now + lifetime;
    or_throw(ASN1_TIME_set(X509_getm_notBefore(x.get()), begin.time_since_epoch().count()) ? 1 : 0,
             "date it");
    or_throw(ASN1_TIME_set(X509_getm_notAfter(x.get()), end.time_since_epoch().count()) ? 1 : 0,
             "date it");
    or_throw(X509_set_pubkey(x.get(), key.handle()), "set its key");
    const GeneralNamesHandle names = make_general_names({name});
    or_throw(X509_add1_ext_i2d(x.get(), NID_subject_alt_name, names.get(), 0, 0),
             "add its subjectAltName");
    add_extension(x.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(x.get(), NID_ext_key_usage, "serverAuth");
    or_throw(X509_sign(x.get(), key.handle(), signature_digest(kind_of(key.handle()))), "sign it");
    return Certificate::from_der(encode_der(i2d_X509, static_cast<const X509 *>(x.get())));
} catch (...) {
    rethrow_while("make a self-signed certificate for " + name.value());
}

}
