// SPDX-License-Identifier: MIT
#include "cgi/request.h"

#include <charconv>

namespace acmeproxy {

namespace {

std::string_view text_of(const char *value)
{
    return value ? std::string_view(value) : std::string_view();
}

/// The path of "http://host/path", the form that a client of a proxy sends (RFC 9112, 3.2.2).
std::string_view without_authority(std::string_view target)
{
    const auto scheme_end = target.find("://");
    if (target.starts_with('/') || scheme_end == std::string_view::npos)
        return target;
    const auto path = target.find('/', scheme_end + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string path_from(const CgiRequest &request)
{
    const std::string_view uri = request.param("REQUEST_URI");
    if (!uri.empty()) {
        const std::string_view target = without_authority(uri);
        return std::string(target.substr(0, target.find('?')));
    }
    std::string path(request.param("SCRIPT_NAME"));
    const std::string_view rest = request.param("PATH_INFO");
    if (path.ends_with('/') && rest.starts_with('/'))
        path.pop_back();
    return path.append(rest);
}

/// The body's length by CONTENT_LENGTH, or why there is none.
BodyState parse_length(const CgiRequest &request, std::size_t &length)
{
    const std::string_view text = request.param("CONTENT_LENGTH");
    length = 0;
    if (text.empty())
        return request.method == "POST" ? BodyState::no_length : BodyState::complete;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error == std::errc::result_out_of_range)
        return BodyState::too_large;
    if (error != std::errc() || end != text.data() + text.size())
        return BodyState::bad_length;
    return BodyState::complete;
}

BodyState read_whole(const BodyReader &read_body, std::size_t length, std::string &body)
{
    body.resize(length);
    std::size_t have = 0;
    while (have < length) {
        const std::size_t got = read_body(body.data() + have, length - have);
        if (got == 0) {
            body.clear();
            return BodyState::truncated;
        }
        have += got;
    }
    return BodyState::complete;
}

}

std::string_view CgiRequest::param(const char *name) const
{
    return text_of(lookup(name));
}

std::string CgiRequest::header(std::string_view name) const
{
    std::string variable = "HTTP_";
    for (const char c : name)
        variable += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    return std::string(param(variable.c_str()));
}

CgiRequest read_request(const ParamLookup &lookup, const BodyReader &read_body,
                        std::optional<std::size_t> max_body)
{
    CgiRequest request;
    request.lookup = lookup;
    request.method = request.param("REQUEST_METHOD");
    request.path = path_from(request);
    request.query = request.param("QUERY_STRING");
    request.content_type = request.param("CONTENT_TYPE");
    const std::string_view https = request.param("HTTPS");
    request.https = https == "on" || https == "1" || request.param("REQUEST_SCHEME") == "https";
    if (max_body) {
        std::size_t length = 0;
        request.body_state = parse_length(request, length);
        if (request.body_state == BodyState::complete)
            request.body_state = length > *max_body ? BodyState::too_large
                                                    : read_whole(read_body, length, request.body);
    }
    return request;
}

}
