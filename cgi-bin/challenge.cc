// SPDX-License-Identifier: MIT
// challenge.fcgi answers a CA's HTTP-01 validation, as FastCGI or plain CGI, under any user.
//
// Accepts: GET and HEAD of /.well-known/acme-challenge/TOKEN, from anybody.
// Refuses: all else, by 400, 404 or 405. It reads no body and no header.
// Writes: nothing but its answer, and to standard error what keeps it from answering.
// May touch: challenges/TOKEN in the spool, for reading; no network, no other file. With
// ACMEPROXY_THUMBPRINT no file at all: it answers for that account, whatever the token.
#include "config.h"

#include "base/error.h"
#include "base/log.h"
#include "cgi/fcgi_loop.h"
#include "server/challenge_response.h"

#include <cstdlib>

using namespace acmeproxy;

namespace {

constexpr const char *spool_variable = "ACMEPROXY_SPOOL";
constexpr const char *thumbprint_variable = "ACMEPROXY_THUMBPRINT";

std::string ours(const char *variable)
{
    const char *const value = std::getenv(variable);
    return value ? value : "";
}

/// The program's own environment goes first, so that who starts it decides; a web server that has
/// started nothing can pass either with each request. Clients set HTTP_* variables only.
CgiResponse respond(const CgiRequest &request)
{
    std::string thumbprint = ours(thumbprint_variable);
    std::string spool = ours(spool_variable);
    if (thumbprint.empty() && spool.empty()) {
        thumbprint = request.param(thumbprint_variable);
        spool = request.param(spool_variable);
    }
    if (!thumbprint.empty())
        return stateless_response(request.method, request.path, thumbprint);
    return challenge_response(request.method, request.path,
                              spool.empty() ? ACMEPROXY_SPOOLDIR : spool);
}

}

int main()
{
    try {
        set_up_log("challenge.fcgi");
        return serve(respond, ServeOptions());
    } catch (...) {
        log_error(describe_current());
        return 1;
    }
}
