// SPDX-License-Identifier: MIT
// An answer, and its text as a CGI or FastCGI program writes it (RFC 3875, section 6).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acmeproxy {

struct CgiResponse {
    int status = 200;
    /// Name and value, in the order they are sent. Content-Length is not among them.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// An answer of one line for people: `text` and a line end, as text/plain.
CgiResponse text_response(int status, std::string_view text);

/// The phrase that goes with a status: "Not Found"; empty where we never answer so.
std::string_view reason_of(int status);

/// "Status: 200 OK", the headers, Content-Length, and the body unless `method` is HEAD. A header
/// that is not one line is an Error: it would let a value forge other headers.
std::string cgi_text(const CgiResponse &response, std::string_view method);

}
