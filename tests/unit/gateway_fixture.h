// SPDX-License-Identifier: MIT
// A gateway in front of a scripted CA, with a client that has an account at it.
//
//     GatewayFixture f;
//     f.ca.will_answer("/newOrder", "201 Created", f.order("ready"), "Location: /o/1\r\n");
//     const CgiResponse answer = f.post("/gateway/new-order", payload);
#pragma once

#include "base/encoding.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "server/gateway.h"
#include "server/nonce.h"
#include "spool/ca_store.h"
#include "unit/scripted_ca.h"
#include "unit/spool_fixture.h"

#include <fstream>

namespace acmeproxy {

struct GatewayFixture {
    GatewayFixture()
    {
        make_ca_account();
        const ClientId client = ClientId::parse("acme");
        clients.create(client, policy());
        account.id = ClientScopedId::make(client);
        account.jwk = to_jwk(key.public_key());
        account.thumbprint = jwk_thumbprint(key.public_key());
        account.created = system_clock().now();
        clients.create_account(account);
    }

    static ClientPolicy policy()
    {
        ClientPolicy policy;
        policy.modes = {"gateway"};
        policy.names = {NamePattern::parse("*.a.example"), NamePattern::parse("a.example")};
        return policy;
    }
    void set_policy(const ClientPolicy &policy)
    {
        clients.save_policy(ClientId::parse("acme"), policy);
    }
    void make_ca_account()
    {
        std::ofstream(spool_files.temp.path() + "/root.pem") << ca.root().certificate().pem();
        renew.http.ca_certificates = {spool_files.temp.path() + "/root.pem"};
        renew.default_ca = "inside";
        renew.directory_url = ca.url("/dir");
        const AccountFiles files = ca_account();
        files.prepare();
        files.write_key(ca_key);
        files.write_record({ca.url("/account/1"), ca.url("/dir"), {}});
    }
    AccountFiles ca_account() const
    {
        return {spool_files.spool, CaName::parse("inside"), ClientId::parse("default")};
    }

    /// An order of the CA for a.example (and more), as JSON.
    std::string order(const std::string &status,
                      const std::vector<std::string> &names = {"a.example"}) const
    {
        Json json = Json::object();
        Json identifiers = Json::array();
        Json authorizations = Json::array();
        for (std::size_t i = 0; i < names.size(); ++i) {
            identifiers.push(Json::object().set("type", "dns").set("value", names[i]));
            authorizations.push(ca.url("/authz/" + std::to_string(i)));
        }
        json.set("status", status)
            .set("expires", "2096-01-01T00:00:00Z")
            .set("identifiers", std::move(identifiers))
            .set("authorizations", std::move(authorizations))
            .set("finalize", ca.url("/finalize/1"));
        if (status == "valid")
            json.set("certificate", ca.url("/cert/1"));
        return json.to_text();
    }
    std::string authorization(const std::string &status, const std::string &name = "a.example",
                              const std::string &token = "token1") const
    {
        Json challenge = Json::object();
        challenge.set("type", "http-01")
            .set("url", ca.url("/challenge/1"))
            .set("status", status)
            .set("token", token)
            .set("validated", status == "valid" ? "2026-11-24T13:00:00Z" : "0001-01-01T00:00:00Z");
        if (status == "invalid")
            challenge.set("error", Json::object()
                                       .set("type", "urn:ietf:params:acme:error:unauthorized")
                                       .set("detail", "no file"));
        Json other = Json::object();
        other.set("type", "dns-01")
            .set("url", ca.url("/challenge/2"))
            .set("status", status)
            .set("token", token);
        return Json::object()
            .set("status", status)
            .set("expires", "2096-01-01T00:00:00Z")
            .set("identifier", Json::object().set("type", "dns").set("value", name))
            .set("challenges", Json::array().push(std::move(other)).push(std::move(challenge)))
            .to_text();
    }

    CgiRequest request(const std::string &method, const std::string &path) const
    {
        CgiRequest request;
        request.method = method;
        request.path = path;
        request.https = true;
        request.lookup = [](const char *) { return nullptr; };
        return request;
    }
    CgiResponse get(const std::string &path) { return gateway.respond(request("GET", path)); }
    /// Signed by the client's account.
    CgiResponse post(const std::string &path, const std::string &payload)
    {
        return post_as(key, Json(base_url + "/auth/account/" + account.id.str()), path, payload);
    }
    /// `kid_or_jwk`: a string or an object.
    CgiResponse post_as(const PrivateKey &signer, const Json &kid_or_jwk, const std::string &path,
                        const std::string &payload)
    {
        CgiRequest post = request("POST", path);
        post.content_type = "application/jose+json";
        Json header = Json::object();
        header.set("nonce", make_nonce(context)).set("url", base_url + path);
        header.set(kid_or_jwk.is_string() ? "kid" : "jwk", kid_or_jwk);
        post.body = sign_jws(signer, header, payload);
        post.body_state = BodyState::complete;
        return gateway.respond(post);
    }
    /// The path of one of our URLs.
    std::string path_of(const std::string &url) const
    {
        if (!url.starts_with(base_url + "/gateway/"))
            throw Error("not one of our URLs: " + url);
        return url.substr(base_url.size());
    }
    /// Places an order for a.example that the CA says is `status`; its path.
    std::string place(const std::string &status)
    {
        ca.will_answer("/newOrder", "201 Created", order(status),
                       "Location: " + ca.url("/order/1") + "\r\n");
        const CgiResponse answer =
            post("/gateway/new-order", R"({"identifiers":[{"type":"dns","value":"a.example"}]})");
        return path_of(header(answer, "Location"));
    }
    static std::string header(const CgiResponse &response, const std::string &name)
    {
        std::string found;
        for (const auto &[header, value] : response.headers) {
            if (header == name)
                found += (found.empty() ? "" : ", ") + value;
        }
        return found;
    }
    std::string challenge_files() const
    {
        return join(spool_files.spool.dir().list("challenges"), " ");
    }

    SpoolFixture spool_files;
    ScriptedCa ca;
    PrivateKey ca_key = PrivateKey::generate(KeyType::ec256);
    PrivateKey key = PrivateKey::generate(KeyType::ec256);
    const std::string base_url = "https://proxy.example";
    ServerOptions options{.base_url = base_url, .website = "https://about.example"};
    RenewOptions renew;
    SecretKeyring secrets{spool_files.spool, system_clock()};
    ClientStore clients{spool_files.spool};
    ServerContext context{spool_files.spool, options, renew,
                          system_clock(),    secrets, ClientStore(spool_files.spool)};
    Gateway gateway{context};
    ClientAccount account{
        ClientScopedId::make(ClientId::parse("acme")), {}, {}, "valid", {}, {}, {}};
};

}
