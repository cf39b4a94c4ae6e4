// SPDX-License-Identifier: MIT
#include "base/error.h"
#include "crypto/csr.h"
#include "crypto/general_name.h"
#include "crypto/key_der.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"

#include <algorithm>

namespace acmeproxy {

namespace {

/// In the order given: a CA may take the first as the common name.
std::vector<Identifier> without_repetitions(const std::vector<Identifier> &identifiers)
{
    std::vector<Identifier> once;
    for (const Identifier &identifier : identifiers) {
        if (std::find(once.begin(), once.end(), identifier) == once.end())
            once.push_back(identifier);
    }
    return once;
}

void add_names(X509_REQ *req, const std::vector<Identifier> &identifiers)
{
    const GeneralNamesHandle names = make_general_names(identifiers);
    const ExtensionHandle extension(
        or_throw(X509V3_EXT_i2d(NID_subject_alt_name, 0, names.get()), "make a subjectAltName"));
    struct ListFreer {
        void operator()(X509_EXTENSIONS *list) const { sk_X509_EXTENSION_free(list); }
    };
    const std::unique_ptr<X509_EXTENSIONS, ListFreer> list(
        or_throw(sk_X509_EXTENSION_new_null(), "make a request"));
    or_throw(sk_X509_EXTENSION_push(list.get(), extension.get()), "make a request");
    or_throw(X509_REQ_add_extensions(req, list.get()), "make a request");
}

/// As X509_REQ_set_pubkey(), which would write the key and read it again by all coders there are.
void set_key(X509_REQ *req, const PrivateKey &key)
{
    const int curve = curve_nid(kind_of(key.handle()));
    const std::string point = curve == NID_undef ? "" : ec_point_of(key.handle());
    if (point.empty()) {
        or_throw(X509_REQ_set_pubkey(req, key.handle()), "set its key");
        return;
    }
    auto *bytes = static_cast<unsigned char *>(
        or_throw(OPENSSL_memdup(point.data(), point.size()), "set its key"));
    if (!X509_PUBKEY_set0_param(X509_REQ_get_X509_PUBKEY(req),
                                OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                                OBJ_nid2obj(curve), bytes, static_cast<int>(point.size()))) {
        OPENSSL_free(bytes);
        throw_openssl("set its key");
    }
}

}

Csr Csr::make(const PrivateKey &key, const std::vector<Identifier> &identifiers)
try {
    std::vector<Identifier> names = without_repetitions(identifiers);
    if (names.empty())
        throw Error("there is no name to ask for");
    const X509ReqHandle req(or_throw(X509_REQ_new(), "make it"));
    or_throw(X509_REQ_set_version(req.get(), X509_REQ_VERSION_1), "set its version");
    set_key(req.get(), key);
    add_names(req.get(), names);
    or_throw(X509_REQ_sign(req.get(), key.handle(), signature_digest(kind_of(key.handle()))),
             "sign it");
    std::sort(names.begin(), names.end());
    return {encode_der(i2d_X509_REQ, static_cast<const X509_REQ *>(req.get())), std::move(names),
            key.public_key()};
} catch (...) {
    rethrow_while("make a certification request");
}

}
