// SPDX-License-Identifier: MIT
#include "server/gateway.h"

#include "server/gateway_problem.h"
#include "server/gateway_resources.h"

namespace acmeproxy {

struct Gateway::State {
    GatewayServices services;
};

namespace {

bool is_for_anybody(GatewayResource resource)
{
    return resource == GatewayResource::directory || resource == GatewayResource::renewal_info;
}

CgiResponse dispatch(GatewayCall &call)
{
    switch (call.route.resource) {
    case GatewayResource::directory:
        return directory_response(call);
    case GatewayResource::new_order:
        return new_order_response(call);
    case GatewayResource::order:
        return order_response(call);
    case GatewayResource::finalize:
        return finalize_response(call);
    case GatewayResource::authorization:
        return authorization_response(call);
    case GatewayResource::challenge:
        return challenge_object_response(call);
    case GatewayResource::certificate:
        return certificate_response(call);
    case GatewayResource::revoke_certificate:
        return revocation_response(call);
    case GatewayResource::renewal_info:
        return renewal_info_response(call);
    }
    throw no_such_thing("resource");
}

CgiResponse answer_route(GatewayServices &services, const CgiRequest &request,
                         const std::optional<GatewayRoute> &route)
{
    if (!route)
        throw Problem("malformed", "there is nothing here", 404);
    const bool is_post_as_get =
        route->resource == GatewayResource::directory && request.method == "POST";
    if (is_for_anybody(route->resource) && request.method != "GET" && request.method != "HEAD" &&
        !is_post_as_get)
        return only_get_response();
    GatewayCall call{services, request, *route, nullptr, services.clock.steady(), {}};
    try {
        call.ca = services.upstream.find(route->ca);
        if (!call.ca)
            throw Problem("malformed", "there is no such CA here", 404);
        return dispatch(call);
    } catch (const std::exception &e) {
        const Problem problem = problem_for_client(e, call.ca ? call.ca->name().str() : route->ca,
                                                   services.context.options.log_names);
        if (!call.client.empty())
            note(call,
                 std::string(path_word(route->resource)) + ": refused, " + problem.type + ", " +
                     std::to_string(problem.status),
                 {});
        throw problem;
    }
}

}

Gateway::Gateway(ServerContext &context) : state_(new State{GatewayServices(context)}) {}

Gateway::~Gateway() = default;

CgiResponse Gateway::respond(const CgiRequest &request)
{
    ServerContext &context = state_->services.context;
    const auto route = parse_gateway_path(request.path);
    std::string directory;
    if (!route || !is_for_anybody(route->resource))
        directory = gateway_prefix(context.options.base_url, route ? route->ca : std::string()) +
                    "/directory";
    return answer_acme(context, request, directory,
                       [&] { return answer_route(state_->services, request, route); });
}

void Gateway::stop_waiting()
{
    state_->services.waits.stop();
}

}
