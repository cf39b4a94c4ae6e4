// SPDX-License-Identifier: MIT
#include "crypto/openssl.h"

#include "base/error.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace acmeproxy {

void throw_openssl(const std::string &doing)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    throw Error(doing + ": " + (reason ? reason : "it is not sound"));
}

void PemBlock::Wiper::operator()(unsigned char *bytes) const
{
    OPENSSL_secure_clear_free(bytes, static_cast<std::size_t>(size));
}

PemReader::PemReader(std::string_view text)
{
    if (text.size() > 1 << 20)
        throw Error("read PEM: larger than 1 MiB");
    // An empty view may have no pointer, which OpenSSL refuses.
    const char *begin = text.empty() ? "" : text.data();
    bio_.reset(or_throw(BIO_new_mem_buf(begin, static_cast<int>(text.size())), "read PEM"));
}

std::optional<PemBlock> PemReader::next()
{
    char *label = nullptr;
    char *header = nullptr;
    unsigned char *bytes = nullptr;
    long size = 0;
    // PEM_FLAG_SECURE: the buffers in between are wiped, too.
    if (!PEM_read_bio_ex(bio_.get(), &label, &header, &bytes, &size,
                         PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)) {
        if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
            throw_openssl("read PEM");
        ERR_clear_error();
        return std::nullopt;
    }
    const auto wipe = [](char *text) { OPENSSL_secure_free(text); };
    const std::unique_ptr<char, decltype(wipe)> label_holder(label, wipe);
    const std::unique_ptr<char, decltype(wipe)> header_holder(header, wipe);
    return PemBlock(label, *header != 0, bytes, size);
}

std::string write_pem(const char *label, std::string_view bytes)
{
    const BioHandle bio(or_throw(BIO_new(BIO_s_mem()), "write PEM"));
    or_throw(PEM_write_bio(bio.get(), label, "", as_bytes(bytes), static_cast<long>(bytes.size())),
             "write PEM");
    char *text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}
