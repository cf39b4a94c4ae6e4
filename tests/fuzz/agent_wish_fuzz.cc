// SPDX-License-Identifier: MIT
// What a client of the agent wishes for, from its payload: a Problem or a sound wish, which
// survives the way through a file of requests/ unchanged.
#include "base/error.h"
#include "server/agent_wish.h"

#include <cstdlib>
#include <string>

using namespace acmeproxy;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    Json payload;
    try {
        payload = Json::parse(std::string_view(reinterpret_cast<const char *>(data), size));
    } catch (const JsonError &) {
        return 0;
    }
    try {
        parse_agent_wish(payload);
    } catch (const Error &) {
        // no file of ours
    }
    try {
        const NamedWish named = read_want(payload);
        LineageName::parse(named.name);
        const Json written = to_json(named.wish);
        if (!(to_json(parse_agent_wish(written)) == written))
            std::abort();
        if (named.wish.identifiers.empty() ||
            (named.wish.recipients.empty() && named.wish.csr.empty()))
            std::abort();
    } catch (const Problem &) {
        return 0;
    }
    return 0;
}
