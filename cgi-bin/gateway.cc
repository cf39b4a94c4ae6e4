// SPDX-License-Identifier: MIT
// gateway.fcgi: an ACME server (RFC 8555) for the private network that hands orders on to a CA.
//
// Accepts: over HTTPS, below /gateway/: the directory and renewal information from anybody, all
// else from clients whose accounts auth.fcgi has made, signed by their keys.
// Refuses: names that the client may not have, by new-order, finalize and revoke-cert alike.
// Writes: challenges/, spent nonces, counters of orders a day. Keeps no name, order or certificate.
// May touch: the spool's clients, keys, secrets and CAs, for reading; the network to the CAs.
#include "server/gateway.h"
#include "cgi/fcgi_loop.h"
#include "cli/exit_status.h"
#include "cli/server_settings.h"
#include "server/envelope.h"

using namespace acmeproxy;

namespace {

/// As many bytes as a request with a large CSR has, and some more.
constexpr std::size_t max_body = 64 << 10;

int run()
{
    const auto server = load_server("gateway.fcgi");
    Gateway gateway(server->context);
    ServeOptions options;
    options.refuse_body = acme_body_refusal(server->context, "/gateway/directory");
    options.threads = server->options.threads;
    options.max_body = max_body;
    options.on_stop = [&] { gateway.stop_waiting(); };
    return serve([&](const CgiRequest &request) { return gateway.respond(request); }, options);
}

}

int main()
{
    return exit_status(run);
}
