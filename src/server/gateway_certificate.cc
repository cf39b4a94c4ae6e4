// SPDX-License-Identifier: MIT
// Certificates and their alternate chains (RFC 8555, section 7.4.2), relayed as the CA sends them.
// The CA's Link headers are never passed on: its URLs are of no use to our clients.
#include "acme/issued.h"
#include "server/gateway_problem.h"
#include "server/gateway_resources.h"

namespace acmeproxy {

CgiResponse certificate_response(GatewayCall &gateway_call)
{
    ClientCall call = open_client_call(gateway_call, UrlToken::Kind::certificate, "certificate");
    if (!call.request.is_post_as_get())
        throw Problem("malformed",
                      "a certificate is fetched by a POST-as-GET, with an empty payload");
    std::vector<std::string> alternates;
    DownloadedChain chain = [&] {
        try {
            return download_chain(call.session(), call.signer(), call.token.url, &alternates);
        } catch (const CaProblem &problem) {
            if (problem.status == 404 || problem.status == 410)
                throw no_such_thing("certificate");
            throw;
        }
    }();
    note(gateway_call, "certificate of " + call.token.ca + " handed out",
         chain.certificates.front().identifiers());
    CgiResponse response;
    response.headers.emplace_back("Content-Type", "application/pem-certificate-chain");
    const GatewayUrls urls = call.urls();
    for (const std::string &alternate : alternates)
        response.headers.emplace_back("Link",
                                      "<" + urls.certificate(alternate) + ">;rel=\"alternate\"");
    response.body = std::move(chain.pem);
    return response;
}

}
