// SPDX-License-Identifier: MIT
// Files of other ACME clients: whatever is in them, values are parts of the text, and a key that
// was taken can sign.
#include "base/text.h"
#include "import/settings_text.h"
#include "jose/private_jwk.h"

#include <cstdlib>

using namespace acmeproxy;

namespace {

void check_settings(std::string_view text)
{
    for (const auto &[name, value] : parse_settings_text(text)) {
        if (name.empty() || text.find(value) == text.npos || value.find('\n') != value.npos)
            std::abort();
        unwrap_acme_sh(value);
        if (const std::string host = host_of_url(value); host.size() > value.size())
            std::abort();
    }
}

void check_jwk(std::string_view text)
{
    try {
        const PrivateKey key = private_key_from_jwk(Json::parse(text));
        if (!key.public_key().verify(key.jws_alg(), "text", key.sign("text")))
            std::abort();
    } catch (const JsonError &) {
        return;
    }
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    check_settings(text);
    check_jwk(text);
    return 0;
}
