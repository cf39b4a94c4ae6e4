// SPDX-License-Identifier: MIT
// What the HTTP client asks of a URL before anything is sent to it.
#pragma once

#include "http/http.h"

namespace acmeproxy {

/// A URL that nothing is sent to. The text never shows a password.
class BadUrl : public HttpError {
public:
    BadUrl(const std::string &url, std::string why_not);
    std::string why; ///< what is wrong with it, without the URL
};

/// Throws BadUrl where `url` is not absolute https (or http where `options` allow it), has user
/// information in it, or is too long.
void check_url(const std::string &url, const HttpOptions &options);

/// The URL as it may stand in a message: printable, not too long, nothing where it could hold a
/// password.
std::string shown_url(const std::string &url);

}
