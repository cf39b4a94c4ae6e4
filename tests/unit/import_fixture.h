// SPDX-License-Identifier: MIT
// A folder as another ACME client leaves it, with keys and certificates of a CA for tests.
#pragma once

#include "base/encoding.h"
#include "crypto/openssl.h"
#include "import/found.h"
#include "jose/jwk.h"
#include "unit/temp_dir.h"
#include "unit/test_ca.h"

#include <filesystem>
#include <fstream>
#include <openssl/core_names.h>
#include <utility>

namespace acmeproxy {

/// A private JWK, as certbot writes account keys.
inline Json private_jwk(const PrivateKey &key)
{
    Json jwk = to_jwk(key.public_key());
    const auto add = [&](const char *member, const char *param) {
        BIGNUM *number = nullptr;
        or_throw(EVP_PKEY_get_bn_param(key.handle(), param, &number), "read a number");
        const BignumHandle holder(number);
        std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
        BN_bn2bin(number, reinterpret_cast<unsigned char *>(bytes.data()));
        jwk.set(member, base64url_encode(bytes));
    };
    if (key.public_key().kty() == "EC") {
        add("d", OSSL_PKEY_PARAM_PRIV_KEY);
        return jwk;
    }
    add("d", OSSL_PKEY_PARAM_RSA_D);
    add("p", OSSL_PKEY_PARAM_RSA_FACTOR1);
    add("q", OSSL_PKEY_PARAM_RSA_FACTOR2);
    add("dp", OSSL_PKEY_PARAM_RSA_EXPONENT1);
    add("dq", OSSL_PKEY_PARAM_RSA_EXPONENT2);
    add("qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
    return jwk;
}

struct ImportFixture {
    /// Makes the folders above it.
    void write(const std::string &relative, std::string_view content) const
    {
        const std::filesystem::path path = temp.path() + "/" + relative;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << content;
    }
    void link(const std::string &target, const std::string &relative) const
    {
        const std::filesystem::path path = temp.path() + "/" + relative;
        std::filesystem::create_directories(path.parent_path());
        std::filesystem::create_symlink(target, path);
    }

    struct Pair {
        PrivateKey key;
        std::string chain; ///< PEM
    };
    Pair issue(const std::vector<std::string> &names, KeyType type = KeyType::ec256,
               Time not_before = TestCa::epoch - std::chrono::hours(1),
               Time not_after = TestCa::epoch + std::chrono::days(90))
    {
        std::vector<Identifier> identifiers;
        for (const std::string &name : names)
            identifiers.push_back(Identifier::parse(name));
        PrivateKey key = PrivateKey::generate(type);
        std::string chain = ca.issue_chain(Csr::make(key, identifiers), not_before, not_after);
        return {std::move(key), std::move(chain)};
    }
    void write_key(const std::string &relative, const PrivateKey &key) const
    {
        write(relative, key.to_pem().view());
    }
    /// A lineage as a reader gives it.
    FoundLineage found(const std::string &name, const std::vector<std::string> &names)
    {
        Pair pair = issue(names);
        FoundLineage lineage{.key = std::move(pair.key), .chain = parse_chain(pair.chain)};
        lineage.name = name;
        lineage.directory = "https://ca.example/dir";
        lineage.host = "ca.example";
        return lineage;
    }

    ImportFolder folder() const { return ImportFolder(temp.path()); }

    TempDir temp;
    TestCa root;
    TestCa ca{"Test Intermediate", root};
};

/// "certificate x: why", one a line.
inline std::string unreadable_text(const FoundTree &tree)
{
    std::string text;
    for (const Unreadable &item : tree.unreadable)
        text += item.name + ": " + item.why + "\n";
    return text;
}

}
