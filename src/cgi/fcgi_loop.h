// SPDX-License-Identifier: MIT
// Runs a handler as FastCGI, by one or more threads, or for one request as plain CGI: which of
// them, the descriptors tell. The only code that knows libfcgi.
//
// SIGTERM stops it: an idle program at once; requests in hand are answered first, and no new one
// is accepted. Want of descriptors or memory is logged and waited out.
#pragma once

#include "cgi/request.h"
#include "cgi/response.h"

#include <functional>
#include <optional>

namespace acmeproxy {

/// Called by all threads at once. What it throws is logged, and the client sees only a 500.
using CgiHandler = std::function<CgiResponse(const CgiRequest &)>;

/// The answer to a request whose body is of no use.
using BodyRefusal =
    std::function<CgiResponse(const CgiRequest &, int status, const std::string &why)>;

struct ServeOptions {
    int threads = 1;                     ///< 1: all happens in the calling thread
    std::optional<std::size_t> max_body; ///< none: bodies are not read
    BodyRefusal refuse_body;             ///< none: text for people
    std::function<void()> on_stop;       ///< called once when the stop begins, if threads > 1
};

/// Serves on inherited_socket() until the stop, or answers one CGI request. The result is the
/// program's exit status: 0, or 2 where no web server started it. Throws where it cannot begin.
int serve(const CgiHandler &handler, const ServeOptions &options);

/// The FastCGI half of serve().
void serve_fastcgi(int socket_fd, const CgiHandler &handler, const ServeOptions &options);

/// Calls the handler unless the body is refused; the text of what it answers, or of a 500.
std::string answer(const CgiRequest &request, const CgiHandler &handler,
                   const BodyRefusal &refuse_body = {});

}
