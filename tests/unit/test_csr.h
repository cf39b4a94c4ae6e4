// SPDX-License-Identifier: MIT
// Certification requests as clients might send them, sound or not.
#pragma once

#include "base/encoding.h"
#include "crypto/csr.h"
#include "crypto/openssl.h"
#include "unit/key_samples.h"

#include <string>
#include <utility>
#include <vector>

namespace acmeproxy {

/// What a client may put into its request. Extensions are in the syntax of x509v3_config(5).
struct WantedCsr {
    std::vector<std::string> common_names = {};
    std::vector<std::pair<int, std::string>> extensions = {};
    int second_attribute = NID_undef; ///< another one with the same extensions
};

inline const PrivateKey &client_key()
{
    static const PrivateKey key = PrivateKey::generate(KeyType::ec256);
    return key;
}

inline void add_common_name(X509_REQ *req, const std::string &text)
{
    or_throw(X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(req), NID_commonName,
                                        V_ASN1_UTF8STRING, as_bytes(text),
                                        static_cast<int>(text.size()), -1, 0),
             "set a name");
}

inline std::string request(const WantedCsr &wanted)
{
    const X509ReqHandle req(X509_REQ_new());
    for (const std::string &name : wanted.common_names)
        add_common_name(req.get(), name);
    or_throw(X509_REQ_set_pubkey(req.get(), client_key().handle()), "set a key");
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, nullptr, nullptr, req.get(), nullptr, 0);
    X509V3_set_ctx_nodb(&ctx);
    for (const auto &[nid, text] : wanted.extensions)
        sk_X509_EXTENSION_push(
            list, or_throw(X509V3_EXT_conf_nid(nullptr, &ctx, nid, text.c_str()), text.c_str()));
    if (!wanted.extensions.empty())
        X509_REQ_add_extensions(req.get(), list);
    if (wanted.second_attribute != NID_undef)
        X509_REQ_add_extensions_nid(req.get(), list, wanted.second_attribute);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    or_throw(X509_REQ_sign(req.get(), client_key().handle(), EVP_sha256()), "sign");
    return encode_der(i2d_X509_REQ, static_cast<const X509_REQ *>(req.get()));
}

inline std::string request_for(const std::string &san)
{
    return request({.extensions = {{NID_subject_alt_name, san}}});
}

/// A subjectAltName with one name of `tag` and these bytes, which its text syntax cannot write.
inline std::string raw_name(unsigned char tag, const std::string &bytes)
{
    const std::string name =
        std::string(1, static_cast<char>(tag)) + static_cast<char>(bytes.size()) + bytes;
    return "DER:" + hex_encode("\x30" + std::string(1, static_cast<char>(name.size())) + name);
}

inline std::string csr_names(const std::string &der)
{
    return to_text(Csr::from_der(der).identifiers());
}

inline std::string csr_error(const std::string &der)
{
    return error_of([&] { Csr::from_der(der); });
}

}
