// SPDX-License-Identifier: MIT
#include "renew/self_check.h"

#include "base/error.h"
#include "base/text.h"

#include <fmt/format.h>

namespace acmeproxy {

namespace {

std::string challenge_url(const Identifier &identifier, int port, const std::string &token)
{
    const bool v6 = identifier.value().find(':') != std::string::npos;
    const std::string host = v6 ? "[" + identifier.value() + "]" : identifier.value();
    return fmt::format("http://{}{}/.well-known/acme-challenge/{}", host,
                       port == 80 ? "" : fmt::format(":{}", port), token);
}

}

void self_check(const RenewOptions &options, const Identifier &identifier, const std::string &token,
                const std::string &expected)
try {
    HttpOptions http = options.http;
    http.allow_http = true;
    http.timeout = std::chrono::seconds(10);
    const HttpTrust trust(http);
    HttpClient client(trust, http);
    const std::string url = challenge_url(identifier, options.http01_port, token);
    const HttpResponse response =
        client.send({.method = "GET", .url = url, .headers = {}, .body = {}});
    if (response.status >= 300 && response.status < 400)
        return;
    if (response.status != 200)
        throw Error(fmt::format("{} answers {}: is it our web server, and does it serve our spool?",
                                url, response.status));
    if (trim(response.body) != expected)
        throw Error(fmt::format("{} answers something else (\"{}\"): another machine has this "
                                "name, or another program answers challenges",
                                url, printable(response.body, 60)));
} catch (const HttpError &e) {
    // As an Error: as an HttpError it would count as a failure of the CA, which was not asked.
    throw Error("self-check of " + identifier.value() + ": " + e.what());
} catch (...) {
    rethrow_while("self-check of " + identifier.value());
}

}
