// SPDX-License-Identifier: MIT
// Why no answer was had, as libcurl knows it, in words for the operator.
#pragma once

#include "http/http.h"

#include <curl/curl.h>

namespace acmeproxy {

/// `detail` is what CURLOPT_ERRORBUFFER got; the text begins with the method and URL of `request`.
HttpError failure_of(CURL *curl, CURLcode code, const HttpRequest &request,
                     const std::string &detail);

/// "GET https://a.example/x: why".
HttpError failure(HttpError::Reason reason, const HttpRequest &request, const std::string &why);

}
