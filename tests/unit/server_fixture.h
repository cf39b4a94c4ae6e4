// SPDX-License-Identifier: MIT
// A spool with clients, and requests to the handlers of auth and gateway as a web server and an
// ACME client make them.
//
//     ServerFixture f;
//     f.add_client("web", {"*.a.example"});
//     TestAccount account = f.register_account("web");
//     CgiResponse response = auth_response(f.context, f.post(account, account.path, ""));
#pragma once

#include "base/encoding.h"
#include "cgi/request.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "server/auth.h"
#include "server/context.h"
#include "server/envelope.h"
#include "server/nonce.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace acmeproxy {

/// What a web server would hand over.
inline CgiRequest cgi_request(std::map<std::string, std::string> variables, const std::string &body)
{
    variables.emplace("HTTPS", "on");
    variables.emplace("CONTENT_LENGTH", std::to_string(body.size()));
    const auto kept = std::make_shared<std::map<std::string, std::string>>(std::move(variables));
    std::size_t read = 0;
    return read_request(
        [kept](const char *name) -> const char * {
            const auto it = kept->find(name);
            return it == kept->end() ? nullptr : it->second.c_str();
        },
        [&body, read](char *buffer, std::size_t size) mutable {
            const std::size_t part = std::min(size, body.size() - read);
            std::memcpy(buffer, body.data() + read, part);
            read += part;
            return part;
        },
        64 * 1024);
}

inline CgiRequest post_request(const std::string &path, const std::string &body)
{
    return cgi_request({{"REQUEST_METHOD", "POST"},
                        {"REQUEST_URI", path},
                        {"CONTENT_TYPE", "application/jose+json"}},
                       body);
}

inline CgiRequest get_request(const std::string &path, const std::string &method = "GET")
{
    return cgi_request({{"REQUEST_METHOD", method}, {"REQUEST_URI", path}}, "");
}

/// The value of a header of an answer; "" where there is none, joined by "|" where there are more.
inline std::string header_of(const CgiResponse &response, const std::string &name)
{
    std::string found;
    for (const auto &[key, value] : response.headers) {
        if (key == name)
            found += (found.empty() ? "" : "|") + value;
    }
    return found;
}

/// "400 malformed" of a problem document, or "200" of another answer.
inline std::string outcome(const CgiResponse &response)
{
    const std::string status = std::to_string(response.status);
    if (header_of(response, "Content-Type") != "application/problem+json")
        return status;
    const Json json = Json::parse(response.body);
    const std::string prefix = "urn:ietf:params:acme:error:";
    const std::string &type = json.string_at("type");
    return status + " " + (type.starts_with(prefix) ? type.substr(prefix.size()) : "?" + type);
}

inline std::string detail_of(const CgiResponse &response)
{
    return Json::parse(response.body).string_at("detail");
}

struct TestAccount {
    PrivateKey key;
    std::string path; ///< "/auth/account/..."
    std::string kid;  ///< its whole URL
    ClientScopedId id() const { return ClientScopedId::parse(path.substr(path.rfind('/') + 1)); }
};

struct ServerFixture {
    ServerFixture()
        : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base),
          secrets(spool, clock), context{spool, options, renew, clock, secrets, ClientStore(spool)}
    {
        options.base_url = "https://proxy.example";
    }

    ClientId add_client(const std::string &id, const std::vector<std::string> &patterns,
                        const std::set<std::string> &modes = {"gateway"})
    {
        ClientPolicy policy;
        policy.modes = modes;
        for (const std::string &pattern : patterns)
            policy.names.push_back(NamePattern::parse(pattern));
        const ClientId client = ClientId::parse(id);
        context.clients.create(client, policy);
        return client;
    }
    EabKey add_eab(const ClientId &client, bool once = false)
    {
        return context.clients.add_eab(client, once, std::nullopt, clock.now());
    }
    void set_enabled(const ClientId &client, bool enabled)
    {
        ClientPolicy policy = context.clients.load_policy(client);
        policy.enabled = enabled;
        context.clients.save_policy(client, policy);
    }

    std::string url(const std::string &path) const { return options.base_url + path; }
    std::string nonce() { return make_nonce(context); }

    /// A header by the account; by the key where it has no kid.
    Json header(const TestAccount &account, const std::string &path)
    {
        Json header = Json::object();
        header.set("nonce", nonce()).set("url", url(path));
        if (account.kid.empty())
            header.set("jwk", to_jwk(account.key.public_key()));
        else
            header.set("kid", account.kid);
        return header;
    }
    CgiRequest post(const TestAccount &account, const std::string &path, const std::string &payload)
    {
        return post_request(path, sign_jws(account.key, header(account, path), payload));
    }
    CgiResponse ask(const TestAccount &account, const std::string &path, const std::string &payload)
    {
        return auth_response(context, post(account, path, payload));
    }

    Json binding(const EabKey &eab, const PublicKey &key, const std::string &alg = "HS256") const
    {
        const Json header =
            Json::object().set("kid", eab.kid.str()).set("url", url("/auth/new-account"));
        return sign_jws_hmac(alg, eab.mac_key, header, to_jwk(key).to_text());
    }
    CgiResponse new_account(const PrivateKey &key, const EabKey &eab)
    {
        const TestAccount nobody{PrivateKey::from_pem(key.to_pem().view()), "", ""};
        const Json payload =
            Json::object().set("externalAccountBinding", binding(eab, key.public_key()));
        return ask(nobody, "/auth/new-account", payload.to_text());
    }
    TestAccount register_account(PrivateKey key, const EabKey &eab)
    {
        const CgiResponse response = new_account(key, eab);
        if (response.status != 201 && response.status != 200)
            throw Error("register: " + outcome(response) + " " + response.body);
        const std::string kid = header_of(response, "Location");
        return {std::move(key), kid.substr(options.base_url.size()), kid};
    }
    TestAccount register_account(const ClientId &client)
    {
        return register_account(PrivateKey::generate(KeyType::ec256), add_eab(client));
    }

    std::vector<std::string> list(const std::string &folder) const
    {
        return spool.dir().list(folder);
    }
    /// How many nonces were marked as spent.
    std::size_t markers() const
    {
        std::size_t count = 0;
        for (const std::string &minute : list("nonces"))
            count += list("nonces/" + minute).size();
        return count;
    }

    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    FakeClock clock;
    ServerOptions options;
    RenewOptions renew;
    SecretKeyring secrets;
    ServerContext context;
};

}
