// SPDX-License-Identifier: MIT
#include "server/agent.h"

#include "server/agent_files.h"
#include "server/agent_route.h"
#include "server/agent_status.h"
#include "server/agent_wishes.h"

namespace acmeproxy {

namespace {

Problem nothing_here()
{
    return {"malformed", "there is nothing here", 404};
}

bool reads(const CgiRequest &request)
{
    return request.method == "GET" || request.method == "HEAD";
}

CgiResponse directory_response(const ServerContext &context, const CgiRequest &request)
{
    if (!reads(request))
        return only_get_response();
    const std::string &base = context.options.base_url;
    Json meta = Json::object();
    if (!context.options.website.empty())
        meta.set("website", context.options.website);
    meta.set("externalAccountRequired", true);
    const std::string cert = agent_url(context, "{name}");
    return json_response(200, Json::object()
                                  .set("newNonce", base + "/auth/new-nonce")
                                  .set("newAccount", base + "/auth/new-account")
                                  .set("keyChange", base + "/auth/key-change")
                                  .set("certs", base + "/agent/certs")
                                  .set("cert", cert)
                                  .set("renew", cert + "/renew")
                                  .set("revoke", cert + "/revoke")
                                  .set("delete", cert + "/delete")
                                  .set("file", cert + "/{generation}/{file}")
                                  .set("meta", std::move(meta)));
}

/// For those that only a signature opens.
CgiResponse dispatch_wish(const ServerContext &context, const AgentCaller &caller,
                          const AgentRoute &route)
{
    switch (route.resource) {
    case AgentResource::certs:
        return want_response(context, caller);
    case AgentResource::renew:
        return renew_response(context, caller, route.name);
    case AgentResource::revoke:
        return revoke_response(context, caller, route.name);
    case AgentResource::remove:
        return delete_response(context, caller, route.name);
    default:
        throw Problem("malformed", "the payload must be empty here (a POST-as-GET)");
    }
}

CgiResponse dispatch(ServerContext &context, const CgiRequest &request, const AgentRoute &route)
{
    if (route.resource == AgentResource::directory)
        return directory_response(context, request);
    const bool is_wish = route.resource == AgentResource::renew ||
                         route.resource == AgentResource::revoke ||
                         route.resource == AgentResource::remove;
    if (is_wish && reads(request))
        throw Problem("malformed", "only POST is answered here", 405);
    const AgentCaller caller = open_agent_call(context, request);
    if (is_wish || (caller.request && !caller.request->is_post_as_get()))
        return dispatch_wish(context, caller, route);
    if (route.resource == AgentResource::certs)
        return answer_list(context, caller);
    if (route.resource == AgentResource::file)
        return file_response(context, caller, route, request);
    return answer_certificate(context, caller, caller.name_of(route.name), 200);
}

}

CgiResponse agent_response(ServerContext &context, const CgiRequest &request)
{
    const auto route = parse_agent_path(request.path);
    const bool is_directory = route && route->resource == AgentResource::directory;
    CgiResponse response = answer_acme(
        context, request, is_directory ? "" : context.options.base_url + "/agent/directory", [&] {
            if (!route)
                throw nothing_here();
            return dispatch(context, request, *route);
        });
    if (response.status == 401 && reads(request))
        response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"acmeproxy agent\"");
    return response;
}

}
