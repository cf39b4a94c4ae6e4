// SPDX-License-Identifier: MIT
#include "http/http.h"

#include "base/dir.h"
#include "base/text.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

namespace acmeproxy {

namespace {

template <auto free_function> struct Freer {
    template <class T> void operator()(T *object) const { free_function(object); }
};
using Store = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using File = std::unique_ptr<std::FILE, Freer<std::fclose>>;
using X509Handle = std::unique_ptr<X509, Freer<X509_free>>;

/// Nobody is asked for a passphrase: a certificate has none.
int no_passphrase(char *, int, int, void *)
{
    return -1;
}

void add_file(X509_STORE *store, const std::string &path)
{
    const File file(std::fopen(path.c_str(), "re"));
    if (!file)
        throw_errno("open trusted certificates " + path);
    int found = 0;
    for (;; ++found) {
        const X509Handle certificate(
            PEM_read_X509_AUX(file.get(), nullptr, no_passphrase, nullptr));
        if (!certificate)
            break;
        if (!X509_STORE_add_cert(store, certificate.get()))
            throw std::bad_alloc();
    }
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    if (std::ferror(file.get()))
        throw Error("read trusted certificates " + path + ": not readable");
    if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE)
        throw Error("read trusted certificates " + path + ": certificate " +
                    std::to_string(found + 1) + " is not sound");
    if (found == 0)
        throw Error("read trusted certificates " + path + ": no PEM certificate in it");
}

/// Whether c_rehash(1) was here: "5ed36f99.0" is a certificate by the hash of its subject.
bool is_hashed_name(std::string_view name)
{
    constexpr std::size_t hash_size = 8;
    return name.size() > hash_size + 1 && name[hash_size] == '.' &&
           name.find_first_not_of("0123456789abcdef") == hash_size;
}

/// `folders` is a list with colons. One that is not there or not ours to read has no certificate.
bool have_hashed_names(const std::string &folders)
{
    bool found = false;
    for (const std::string &folder : split(folders, ':')) {
        try {
            Dir(folder).scan("", [&](const char *name) { found |= is_hashed_name(name); });
        } catch (const std::exception &) {
        }
    }
    return found;
}

/// OpenSSL's own places, SSL_CERT_FILE and SSL_CERT_DIR. Where there is a folder of hashed names,
/// as in Debian, only the certificates that a server's chain asks for are ever read: reading the
/// whole bundle takes five times the CPU of a request, and libcurl would for each connection.
void add_system_certificates(X509_STORE *store)
{
    const char *file = std::getenv(X509_get_default_cert_file_env());
    const char *folder = std::getenv(X509_get_default_cert_dir_env());
    if (file && *file)
        add_file(store, file);
    const std::string folders = folder && *folder ? folder : X509_get_default_cert_dir();
    if (have_hashed_names(folders)) {
        if (!X509_STORE_load_path(store, folders.c_str()))
            throw Error("look up trusted certificates in " + folders + ": out of memory");
    } else if (!file || !*file) {
        X509_STORE_load_file(store, X509_get_default_cert_file()); // none: nothing is trusted
    }
    ERR_clear_error();
}

Store make_store(const HttpOptions &options)
{
    Store store(X509_STORE_new());
    if (!store)
        throw std::bad_alloc();
    add_system_certificates(store.get());
    // A file may name an intermediate CA, or one server's certificate, as its anchor.
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    for (const std::string &path : options.ca_certificates)
        add_file(store.get(), path);
    return store;
}

}

HttpTrust::HttpTrust(const HttpOptions &options) : store_(make_store(options).release()) {}

HttpTrust::~HttpTrust()
{
    X509_STORE_free(static_cast<X509_STORE *>(store_));
}

}
