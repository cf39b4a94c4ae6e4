// SPDX-License-Identifier: MIT
// auth.fcgi makes, shows and changes the accounts of ACME clients, as FastCGI or plain CGI, under
// the spool's owner.
//
// Accepts, over HTTPS only: GET and HEAD of /auth/new-nonce, from anybody; signed POSTs (RFC 8555,
// section 6) of /auth/new-account with an external account binding, and, by an account of an
// enabled client, of /auth/account/ID and /auth/key-change.
// Refuses: all else; bodies over 64 KiB; what a disabled client or a revoked key sends.
// Writes: clients/ID/accounts, clients/ID/eab/KID.used, keys/, nonces/, the first file in secrets/.
// May touch: clients/, keys/, nonces/, secrets/ and tmp/ of the spool, acmeproxy.conf; no network.
#include "server/auth.h"
#include "cgi/fcgi_loop.h"
#include "cli/exit_status.h"
#include "cli/server_settings.h"
#include "server/envelope.h"

using namespace acmeproxy;

int main()
{
    return exit_status([] {
        const auto server = load_server("auth.fcgi");
        ServeOptions options;
        options.refuse_body = acme_body_refusal(server->context, "/gateway/directory");
        options.threads = server->options.threads;
        options.max_body = 64 * 1024;
        return serve(
            [&](const CgiRequest &request) { return auth_response(server->context, request); },
            options);
    });
}
