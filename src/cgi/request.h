// SPDX-License-Identifier: MIT
// One request as CGI (RFC 3875) and FastCGI programs get it. It is built from two functions, one
// that looks up a variable and one that reads the body, so that it needs no web server.
//
// The path is REQUEST_URI without its query: what the client sent, not decoded, and the same under
// every server, alias and rewrite. The variables of RFC 3875 are not: for one URL SCRIPT_NAME ends
// before or behind the slash, or is the name of a file, or all of the path. They are used where
// REQUEST_URI is missing, joined: SCRIPT_NAME + PATH_INFO. No path of ours needs an escape, so a
// path with '%' in it is just one that we do not know.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// The value of a CGI variable, or nullptr. The text lives as long as the request.
using ParamLookup = std::function<const char *(const char *name)>;
/// Reads at most `size` bytes of the body into `buffer`. 0: the end, or the peer is gone.
using BodyReader = std::function<std::size_t(char *buffer, std::size_t size)>;

/// What became of the body. All but `complete` and `not_read` are the client's fault.
enum class BodyState {
    not_read,  ///< nobody asked for it
    complete,  ///< as long as CONTENT_LENGTH said; perhaps empty
    no_length, ///< a POST without CONTENT_LENGTH
    bad_length,
    too_large,
    truncated, ///< shorter than CONTENT_LENGTH: the client, or a signal, cut it off
};

struct CgiRequest {
    std::string method;
    std::string path;
    std::string query; ///< without the '?'
    std::string content_type;
    std::string body;
    BodyState body_state = BodyState::not_read;
    bool https = false; ///< the web server says that the client came over TLS

    ParamLookup lookup;
    /// A variable that the web server or the environment sets; empty where it is not set.
    /// Never the name of a header: those come from the client, use header().
    std::string_view param(const char *name) const;
    /// A header that the client sent ("If-None-Match"); empty where it did not.
    std::string header(std::string_view name) const;
};

/// Reads a request. Its body is read where `max_body` is given, and is never longer than that.
CgiRequest read_request(const ParamLookup &lookup, const BodyReader &read_body,
                        std::optional<std::size_t> max_body);

}
