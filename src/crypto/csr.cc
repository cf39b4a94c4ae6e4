// SPDX-License-Identifier: MIT
// Reading requests. How one is made: csr_make.cc.
#include "crypto/csr.h"

#include "base/error.h"
#include "base/text.h"
#include "crypto/general_name.h"
#include "crypto/openssl.h"

#include <algorithm>
#include <openssl/err.h>

namespace acmeproxy {

namespace {

struct ExtensionsFreer {
    void operator()(X509_EXTENSIONS *list) const
    {
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    }
};
using ExtensionsHandle = std::unique_ptr<X509_EXTENSIONS, ExtensionsFreer>;

X509ReqHandle decode(std::string_view der)
{
    // A hundred names of full length and a key need a quarter of this.
    if (der.size() > 128 * 1024)
        throw Error("larger than 128 KiB");
    if (der.empty())
        throw Error("it is empty");
    const unsigned char *p = as_bytes(der);
    X509ReqHandle req(
        or_throw(d2i_X509_REQ(nullptr, &p, static_cast<long>(der.size())), "read it"));
    if (p != as_bytes(der) + der.size())
        throw Error("bytes follow it");
    // OpenSSL also reads BER (lengths in other forms), which others do not.
    if (encode_der(i2d_X509_REQ, static_cast<const X509_REQ *>(req.get())) != der)
        throw Error("it is not DER");
    return req;
}

/// All requests for extensions must be one: OpenSSL's own look-up stops at the first attribute,
/// while a CA may read them all.
ExtensionsHandle extensions_of(X509_REQ *req)
{
    const X509_ATTRIBUTE *found = nullptr;
    for (int i = 0; i < X509_REQ_get_attr_count(req); ++i) {
        X509_ATTRIBUTE *attribute = X509_REQ_get_attr(req, i);
        const int nid = OBJ_obj2nid(X509_ATTRIBUTE_get0_object(attribute));
        if (nid != NID_ext_req && nid != NID_ms_ext_req)
            continue;
        if (found || X509_ATTRIBUTE_count(attribute) != 1)
            throw Error("it asks for extensions more than once");
        found = attribute;
    }
    if (!found)
        return nullptr;
    ExtensionsHandle list(X509_REQ_get_extensions(req));
    if (!list)
        throw_openssl("read the extensions it asks for");
    return list;
}

std::vector<Identifier> names_in(X509_EXTENSION *extension)
{
    const std::string_view der = view_of(X509_EXTENSION_get_data(extension));
    const unsigned char *p = as_bytes(der);
    const GeneralNamesHandle names(or_throw(
        d2i_GENERAL_NAMES(nullptr, &p, static_cast<long>(der.size())), "read its subjectAltName"));
    // X509V3_EXT_d2i would pass over bytes that follow the names.
    if (encode_der(i2d_GENERAL_NAMES, static_cast<const GENERAL_NAMES *>(names.get())) != der)
        throw Error("read its subjectAltName: it is not DER");
    if (sk_GENERAL_NAME_num(names.get()) == 0)
        throw Error("its subjectAltName is empty");
    std::vector<Identifier> identifiers;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i)
        identifiers.push_back(to_identifier(sk_GENERAL_NAME_value(names.get(), i)));
    return identifiers;
}

/// Empty where there is no subjectAltName.
std::vector<Identifier> alternative_names(X509_REQ *req)
{
    const ExtensionsHandle list = extensions_of(req);
    std::vector<Identifier> identifiers;
    for (int i = 0; i < sk_X509_EXTENSION_num(list.get()); ++i) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(list.get(), i);
        const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
        if (nid == NID_issuer_alt_name || nid == NID_name_constraints)
            throw Error("it asks for names in another extension than subjectAltName");
        if (nid != NID_subject_alt_name)
            continue;
        if (!identifiers.empty())
            throw Error("it has a second subjectAltName");
        identifiers = names_in(extension);
    }
    return identifiers;
}

/// The common names. Empty ones ask for nothing.
std::vector<Identifier> common_names(const X509_NAME *subject)
{
    std::vector<Identifier> identifiers;
    int i = -1;
    while ((i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0) {
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i));
        unsigned char *utf8 = nullptr;
        const int size = ASN1_STRING_to_UTF8(&utf8, value);
        if (size < 0)
            throw_openssl("read its common name");
        const std::string text(reinterpret_cast<char *>(utf8), static_cast<std::size_t>(size));
        OPENSSL_free(utf8);
        if (text.empty())
            continue;
        const Identifier identifier = Identifier::parse(text);
        identifiers.push_back(identifier.type() == Identifier::Type::dns ? to_dns_identifier(text)
                                                                         : identifier);
    }
    return identifiers;
}

std::vector<Identifier> names_of(X509_REQ *req)
{
    std::vector<Identifier> names = alternative_names(req);
    const std::vector<Identifier> common = common_names(X509_REQ_get_subject_name(req));
    if (names.empty() && common.size() == 1)
        return common;
    if (names.empty())
        throw Error(common.empty() ? "it asks for no name" : "it has several common names");
    for (const Identifier &name : common) {
        if (std::find(names.begin(), names.end(), name) == names.end())
            throw Error("its common name " + name.value() + " is not in its subjectAltName");
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

PublicKey verified_key(X509_REQ *req)
{
    PublicKey key = PublicKey::from_spki(encode_der(
        i2d_X509_PUBKEY, static_cast<const X509_PUBKEY *>(X509_REQ_get_X509_PUBKEY(req))));
    const bool good = X509_REQ_verify(req, key.handle()) == 1;
    ERR_clear_error();
    if (!good)
        throw Error("its signature is bad");
    return key;
}

}

Csr Csr::from_der(std::string_view der)
try {
    const X509ReqHandle req = decode(der);
    PublicKey key = verified_key(req.get());
    return {std::string(der), names_of(req.get()), std::move(key)};
} catch (...) {
    rethrow_while("certification request");
}

Csr Csr::from_pem(std::string_view pem)
{
    PemReader reader(pem);
    const std::optional<PemBlock> block = reader.next();
    if (!block)
        throw Error("certification request: there is no PEM block");
    if (block->is_encrypted() ||
        (block->label() != "CERTIFICATE REQUEST" && block->label() != "NEW CERTIFICATE REQUEST"))
        throw Error("certification request: the PEM block holds something else");
    if (reader.next())
        throw Error("certification request: another PEM block follows it");
    return from_der(block->view());
}

std::string Csr::pem() const
{
    return write_pem("CERTIFICATE REQUEST", der_);
}

}
