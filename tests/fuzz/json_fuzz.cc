// SPDX-License-Identifier: MIT
// Whatever Json::parse takes must be written, read again and be the same.
#include "json/json.h"

#include <cstdlib>

using namespace acmeproxy;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    Json json;
    try {
        json = Json::parse({reinterpret_cast<const char *>(data), size});
    } catch (const JsonError &) {
        return 0;
    }
    if (Json::parse(json.to_text()) != json || Json::parse(json.to_pretty_text()) != json)
        std::abort();
    return 0;
}
