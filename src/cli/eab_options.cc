// SPDX-License-Identifier: MIT
#include "cli/eab_options.h"

#include "base/encoding.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/usage_error.h"

#include <algorithm>

namespace acmeproxy {

namespace {

/// CAs hand the key out as base64url, some with padding, some in the other alphabet.
Secret read_eab_key(const std::string &file)
{
    std::string text = read_named_file(file);
    std::string plain(trim(text));
    wipe(text);
    while (plain.ends_with('='))
        plain.pop_back();
    std::replace(plain.begin(), plain.end(), '+', '-');
    std::replace(plain.begin(), plain.end(), '/', '_');
    auto bytes = base64url_decode(plain);
    wipe(plain);
    if (!bytes || bytes->empty())
        throw UsageError("read the EAB key " + file + ": it is not base64url",
                         "the file holds the key as the CA gave it, on one line");
    Secret key(*bytes);
    wipe(*bytes);
    return key;
}

}

void apply_eab(CaConfig &config, const Invocation &invocation)
{
    const std::string kid = invocation.text("eab-kid");
    const std::string key_file = invocation.text("eab-key-file");
    if (kid.empty() != key_file.empty())
        throw UsageError("--eab-kid and --eab-key-file belong together",
                         "both come from whoever runs the server");
    if (kid.empty())
        return;
    config.eab_kid = kid;
    config.eab_key = read_eab_key(key_file);
    config.eab_alg = invocation.text("eab-alg");
}

Option eab_kid_action()
{
    return {.name = "eab-kid",
            .value_name = "ID",
            .help = "The key id of the external account binding that the server gave you."};
}

Option eab_key_file_action()
{
    return {.name = "eab-key-file",
            .value_name = "FILE",
            .help = "A file that holds the key of the external account binding, in base64url."};
}

Option eab_alg_action()
{
    return {.name = "eab-alg",
            .value_name = "ALG",
            .fallback = "HS256",
            .help = "How that key signs: HS256, HS384 or HS512.",
            .check = is_one_of({"HS256", "HS384", "HS512"})};
}

}
