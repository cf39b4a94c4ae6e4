// SPDX-License-Identifier: MIT
// A CGI request: lines "NAME=VALUE" up to an empty one, then the body. Whatever a web server hands
// over, the body is whole or empty, and a header cannot pass for a variable of the server.
#include "cgi/request.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

using namespace acmeproxy;

namespace {

constexpr std::size_t max_body = 256;

void check(const CgiRequest &request, const std::map<std::string, std::string> &variables)
{
    if (request.body.size() > max_body ||
        (request.body_state != BodyState::complete && !request.body.empty()))
        std::abort();
    if (request.path.find('?') != std::string::npos && !request.param("REQUEST_URI").empty())
        std::abort();
    const bool says_https = variables.contains("HTTPS") || variables.contains("REQUEST_SCHEME");
    if (request.https && !says_https)
        std::abort();
    const auto host = variables.find("HTTP_HOST");
    if (request.header("Host") != (host == variables.end() ? "" : host->second))
        std::abort();
    for (const char *name : {"", "Content-Type", "x_y", "X-Forwarded-Proto", "\xff"})
        request.header(name);
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    std::map<std::string, std::string> variables;
    for (;;) {
        const std::size_t end = rest.find('\n');
        // as C strings, which is how they come
        const std::string line = std::string(rest.substr(0, end)).c_str();
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        const std::size_t equals = line.find('=');
        if (equals == line.npos)
            break;
        variables[line.substr(0, equals)] = line.substr(equals + 1);
    }
    const auto lookup = [&](const char *name) -> const char * {
        const auto it = variables.find(name);
        return it == variables.end() ? nullptr : it->second.c_str();
    };
    const auto read_body = [&](char *buffer, std::size_t wanted) {
        const std::size_t part = std::min<std::size_t>({wanted, rest.size(), 7});
        std::memcpy(buffer, rest.data(), part);
        rest.remove_prefix(part);
        return part;
    };
    check(read_request(lookup, read_body, max_body), variables);
    return 0;
}
