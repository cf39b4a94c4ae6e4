// SPDX-License-Identifier: MIT
#include "cgi/response.h"

#include "base/error.h"

#include <algorithm>

namespace acmeproxy {

namespace {

bool is_one_line(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

/// RFC 9110, 8.6: neither of them has content, nor says how long it is.
bool may_have_length(int status)
{
    return status != 204 && status != 304;
}

}

CgiResponse text_response(int status, std::string_view text)
{
    return {status, {{"Content-Type", "text/plain"}}, std::string(text) + "\n"};
}

std::string_view reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 409:
        return "Conflict";
    case 411:
        return "Length Required";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 429:
        return "Too Many Requests";
    case 500:
        return "Internal Server Error";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Unavailable";
    case 504:
        return "Gateway Timeout";
    default:
        return "";
    }
}

std::string cgi_text(const CgiResponse &response, std::string_view method)
{
    std::string text = "Status: " + std::to_string(response.status) + " ";
    text += reason_of(response.status);
    text += "\r\n";
    for (const auto &[name, value] : response.headers) {
        if (!is_one_line(name) || !is_one_line(value))
            throw Error("write header: not one line");
        text += name + ": " + value + "\r\n";
    }
    if (may_have_length(response.status))
        text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    text += "\r\n";
    if (method != "HEAD" && may_have_length(response.status))
        text += response.body;
    return text;
}

}
