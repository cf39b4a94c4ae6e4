// SPDX-License-Identifier: MIT
// agent.fcgi: what the clients of the certificate-agent see: their certificates, with the private
// keys sealed for them alone.
//
// Accepts: over HTTPS, below /agent/: the directory from anybody, all else from clients, signed by
// their accounts, or for reading with a token.
// Refuses: names that the client may not have or that are another's; what is not its own does not
// exist for it.
// Writes: wishes (requests/) and spent nonces, and nothing that the renewer executes or trusts.
// May touch: the spool's clients and secrets, sealed lineages and claims, for reading. No network.
#include "server/agent.h"
#include "cgi/fcgi_loop.h"
#include "cli/exit_status.h"
#include "cli/server_settings.h"
#include "server/envelope.h"

using namespace acmeproxy;

namespace {

/// As many bytes as a wish with a large CSR has, and some more.
constexpr std::size_t max_body = 64 << 10;

int run()
{
    const auto server = load_server("agent.fcgi");
    ServeOptions options;
    options.refuse_body = acme_body_refusal(server->context, "/agent/directory");
    options.threads = server->options.threads;
    options.max_body = max_body;
    return serve(
        [&](const CgiRequest &request) { return agent_response(server->context, request); },
        options);
}

}

int main()
{
    return exit_status(run);
}
