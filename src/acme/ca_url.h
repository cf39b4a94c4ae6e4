// SPDX-License-Identifier: MIT
// What a CA names is looked at before it is used: URLs that requests go to, and texts that become
// file names or headers.
#pragma once

#include "http/http.h"

#include <string>
#include <string_view>

namespace acmeproxy {

/// `url` as it is where it is absolute, https and plain printable ASCII without user information;
/// else throws Error naming `what`. A CA cannot send us to http or to a file (RFC 8555, section
/// 6.1; CVE-2025-54799).
std::string checked_url(std::string_view what, const std::string &url);

/// The Location of an answer to a request to `url`; it may be relative. Throws Error without one.
std::string location_of(const HttpResponse &response, const std::string &url);

}
