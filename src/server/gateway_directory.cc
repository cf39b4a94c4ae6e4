// SPDX-License-Identifier: MIT
// The directory (RFC 8555, section 7.1.1): the CA's terms and profiles, our URLs.
#include "server/gateway_resources.h"

namespace acmeproxy {

namespace {

Json meta_of(const GatewayCall &call, const Directory &directory)
{
    Json meta = Json::object();
    if (!directory.terms_of_service.empty())
        meta.set("termsOfService", directory.terms_of_service);
    const std::string &website = call.context().options.website;
    if (!website.empty())
        meta.set("website", website);
    meta.set("externalAccountRequired", true);
    if (!directory.profiles.empty()) {
        // All that the CA has: which of them a client may use depends on the client.
        Json profiles = Json::object();
        for (const auto &[name, description] : directory.profiles)
            profiles.set(name, description);
        meta.set("profiles", std::move(profiles));
    }
    return meta;
}

}

CgiResponse directory_response(GatewayCall &call)
{
    if (call.request.method == "POST") {
        // RFC 8555, section 6.3: by POST-as-GET, too, which is no way around the signature.
        const SignedRequest post =
            open_envelope(call.context(), call.request, SignedBy::kid, "gateway");
        if (!post.is_post_as_get())
            throw Problem("malformed", "the payload must be empty here");
    }
    UpstreamCall upstream(call.ca, call.services.clock, call.deadline());
    const Directory &directory = upstream.session().directory();
    if (directory.new_order.empty()) // an agent's server: its entry lies among the CAs, too
        throw Problem("malformed", "there is no such CA here", 404);
    const std::string auth = call.context().options.base_url + "/auth/";
    const std::string gateway = call.prefix() + "/";
    const auto ours = [&](GatewayResource resource) {
        return gateway + std::string(path_word(resource));
    };
    Json json = Json::object();
    json.set("newNonce", auth + "new-nonce")
        .set("newAccount", auth + "new-account")
        .set("keyChange", auth + "key-change")
        .set("newOrder", ours(GatewayResource::new_order));
    if (!directory.revoke_cert.empty())
        json.set("revokeCert", ours(GatewayResource::revoke_certificate));
    if (!directory.renewal_info.empty())
        json.set("renewalInfo", ours(GatewayResource::renewal_info));
    json.set("meta", meta_of(call, directory));
    return json_response(200, json);
}

}
