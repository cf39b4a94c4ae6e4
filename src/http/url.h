// SPDX-License-Identifier: MIT
// What the HTTP client asks of a URL before anything is sent to it.
#pragma once

#include "http/http.h"

namespace acmeproxy {

/// Throws HttpError(bad_url) where `url` is not absolute https (or http where `options` allow it),
/// has user information in it, or is too long.
void check_url(const std::string &url, const HttpOptions &options);

/// The URL as it may stand in a message: printable, not too long, nothing where it could hold a
/// password.
std::string shown_url(const std::string &url);

}
