// SPDX-License-Identifier: MIT
// How errors of the ACME layer name the request that they are about.
#pragma once

#include "acme/ca_problem.h"
#include "http/http.h"

#include <string>

namespace acmeproxy {

/// "new order at https://ca.example".
inline std::string at_ca(const std::string &doing, const std::string &url)
{
    return doing + " at " + url_origin(url);
}

/// Calls `read`, which makes something of the answer to a request: what it throws is told to be
/// about that request. The request itself stays outside, since its errors say so already.
template <class Read> auto read_answer(const std::string &doing, const std::string &url, Read read)
try {
    return read();
} catch (...) {
    rethrow_while(at_ca(doing, url));
}

}
