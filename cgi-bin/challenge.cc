// SPDX-License-Identifier: MIT
// challenge.fcgi answers a CA's HTTP-01 validation, as FastCGI or plain CGI, under any user.
//
// Accepts: GET and HEAD of /.well-known/acme-challenge/TOKEN, from anybody.
// Refuses: all else, by 400, 404 or 405. It reads no body and no header.
// Writes: nothing but its answer, and to standard error what keeps it from answering.
// May touch: challenges/TOKEN in the spool, for reading; no network, no other file.
#include "config.h"

#include "base/error.h"
#include "base/log.h"
#include "cgi/fcgi_loop.h"
#include "server/challenge_response.h"

#include <cstdlib>

using namespace acmeproxy;

namespace {

/// The program's own environment goes first, so that who starts it decides; a web server that has
/// started nothing can pass the folder with each request. Clients set HTTP_* variables only.
std::string spool_for(const CgiRequest &request)
{
    constexpr const char *variable = "ACMEPROXY_SPOOL";
    const char *const ours = std::getenv(variable);
    if (ours && *ours)
        return ours;
    const std::string_view passed = request.param(variable);
    return std::string(passed.empty() ? ACMEPROXY_SPOOLDIR : passed);
}

}

int main()
{
    try {
        set_up_log("challenge.fcgi");
        return serve(
            [](const CgiRequest &request) {
                return challenge_response(request.method, request.path, spool_for(request));
            },
            ServeOptions());
    } catch (...) {
        log_error(describe_current());
        return 1;
    }
}
