// SPDX-License-Identifier: MIT
#include "server/auth.h"

#include "base/log.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "server/account_binding.h"
#include "server/envelope.h"
#include "server/nonce.h"

namespace acmeproxy {

namespace {

constexpr std::string_view account_prefix = "/auth/account/";
/// Files of accounts that ended are kept for 90 days: a client must not fill the disk with them.
constexpr int ended_per_valid = 10;

std::string account_url(const ServerContext &context, const ClientAccount &account)
{
    return context.options.base_url + std::string(account_prefix) + account.id.str();
}

CgiResponse account_response(const ServerContext &context, int status, const ClientAccount &account,
                             const Json *binding = nullptr)
{
    Json json = Json::object();
    json.set("status", account.status);
    if (!account.contact.empty())
        json.set("contact", Json::strings(account.contact));
    if (binding)
        json.set("externalAccountBinding", *binding);
    CgiResponse response = json_response(status, json);
    response.headers.emplace_back("Location", account_url(context, account));
    return response;
}

/// Mail addresses only (RFC 8555, section 7.3: unsupportedContact, invalidContact).
std::vector<std::string> read_contact(const Json &payload)
{
    std::vector<std::string> contact;
    try {
        contact = payload.strings_or_none("contact");
    } catch (const JsonError &e) {
        throw Problem("malformed", describe(e));
    }
    if (contact.size() > 10)
        throw Problem("invalidContact", "at most 10 contacts are taken");
    for (const std::string &url : contact) {
        if (!url.starts_with("mailto:"))
            throw Problem("unsupportedContact", "only mailto: contacts are taken");
        const std::string_view address = std::string_view(url).substr(7);
        const std::size_t at = address.find('@');
        const bool sound = at != 0 && at != address.npos && at + 1 < address.size() &&
                           address.size() < 255 &&
                           address.find_first_of("?,% \t\r\n\"<>") == address.npos &&
                           printable(address) == address;
        if (!sound)
            throw Problem("invalidContact", "\"" + printable(url, 100) + "\" is no mail address");
    }
    return contact;
}

CgiResponse new_nonce(ServerContext &context, const CgiRequest &request)
{
    if (request.method != "HEAD" && request.method != "GET") {
        // RFC 8555, section 6.3: by POST-as-GET, too.
        const SignedRequest post = open_envelope(context, request, SignedBy::kid, "");
        if (!post.is_post_as_get())
            throw Problem("malformed", "the payload must be empty here");
    }
    // uacme insists on 204 for GET; RFC 8555, section 7.2.
    CgiResponse response;
    response.status = request.method == "HEAD" ? 200 : 204;
    response.headers.emplace_back("Replay-Nonce", make_nonce(context));
    return response;
}

CgiResponse existing_account(ServerContext &context, const ClientAccount &account)
{
    check_enabled(context, account, "");
    context.clients.touch_account(account.id, context.clock.now());
    return account_response(context, 200, account);
}

void check_account_limit(ServerContext &context, const ClientId &client, const ClientPolicy &policy)
{
    const ClientStore::AccountCount count = context.clients.count_accounts(client);
    if (count.valid >= policy.max_accounts)
        throw Problem(
            "unauthorized",
            "this client has " + std::to_string(count.valid) + " accounts, as many as it may", 403);
    if (count.ended >= ended_per_valid * policy.max_accounts)
        throw Problem("unauthorized",
                      "this client has ended " + std::to_string(count.ended) +
                          " accounts in 90 days, as many as it may",
                      403);
}

CgiResponse new_account(ServerContext &context, const CgiRequest &request)
{
    const SignedRequest signed_request = open_envelope(context, request, SignedBy::jwk, "");
    const Json payload = signed_request.json();
    const std::string thumbprint = jwk_thumbprint(signed_request.key);
    // onlyReturnExisting is looked at before the binding: uacme and certbot ask so first.
    if (const auto account = context.clients.account_by_key(thumbprint))
        return existing_account(context, *account);
    if (payload.bool_or("onlyReturnExisting", false))
        throw Problem("accountDoesNotExist", "no account here has this key", 400);
    const BoundClient bound = check_binding(context, payload, signed_request);
    const std::vector<std::string> contact = read_contact(payload);
    check_account_limit(context, bound.kid.client(), bound.policy); // again below, under the lock
    take_nonce(context, signed_request.unspent_nonce);
    const ClientAccount account{ClientScopedId::make(bound.kid.client()),
                                to_jwk(signed_request.key),
                                thumbprint,
                                "valid",
                                contact,
                                bound.kid.str(),
                                context.clock.now()};
    const bool is_made = context.clients.create_account(account, [&] {
        check_account_limit(context, bound.kid.client(), bound.policy);
        if (bound.once && !context.clients.use_once(bound.kid, thumbprint))
            throw Problem("unauthorized",
                          "this external account key was for one account, and was used", 403);
    });
    if (!is_made) {
        // The same request twice at once: both get the one account.
        if (const auto other = context.clients.account_by_key(thumbprint))
            return existing_account(context, *other);
        throw Problem("serverInternal", "try again", 503);
    }
    log_info("client " + bound.kid.client().str() + ": new account " + account.id.str());
    // RFC 8555, section 7.3.4: a binding that was verified is reflected.
    return account_response(context, 201, account, payload.find("externalAccountBinding"));
}

CgiResponse change_account(ServerContext &context, const ClientAccount &account,
                           const Json &payload)
{
    // RFC 8555, section 7.3.2: what cannot be changed is ignored.
    const Json *status = payload.find("status");
    const bool deactivates = status && status->as_string() && *status->as_string() == "deactivated";
    const bool has_contact = payload.find("contact") != nullptr;
    const std::vector<std::string> contact = read_contact(payload);
    const auto changed = context.clients.update_account(account.id, [&](ClientAccount &stored) {
        if (deactivates && stored.status == "valid")
            stored.status = "deactivated";
        if (has_contact)
            stored.contact = contact;
    });
    if (!changed)
        throw Problem("accountDoesNotExist", "the account was removed meanwhile", 400);
    if (deactivates)
        log_info("client " + account.id.client().str() + ": account " + account.id.str() +
                 " was deactivated");
    return account_response(context, 200, *changed);
}

CgiResponse account_requests(ServerContext &context, const CgiRequest &request)
{
    const SignedRequest signed_request = open_envelope(context, request, SignedBy::kid, "");
    const ClientAccount &account = *signed_request.account;
    if (request.path != std::string(account_prefix) + account.id.str())
        throw Problem("unauthorized", "an account sees itself alone", 403);
    if (signed_request.is_post_as_get())
        return account_response(context, 200, account);
    return change_account(context, account, signed_request.json());
}

/// The inner JWS of keyChange (RFC 8555, section 7.3.5): signed by the new key, about this account.
PublicKey check_inner(const ServerContext &context, const SignedRequest &outer)
{
    try {
        const Jws inner = Jws::parse(outer.payload);
        const Json &header = inner.header();
        PublicKey key = from_jwk(header.object_at("jwk"));
        if (header.find("nonce") || header.find("kid"))
            throw Problem("malformed", "the inner JWS must hold neither nonce nor kid");
        if (header.string_at("url") != outer.url)
            throw Problem("malformed", "the inner url is not the outer one");
        if (!inner.verify(key))
            throw Problem("malformed", "the inner signature does not verify with the new key");
        const Json payload = Json::parse(inner.payload());
        if (payload.string_at("account") != account_url(context, *outer.account))
            throw Problem("malformed", "the inner JWS is about another account");
        if (jwk_thumbprint(from_jwk(payload.object_at("oldKey"))) != outer.account->thumbprint)
            throw Problem("malformed", "\"oldKey\" is not the account's key");
        return key;
    } catch (const JsonError &e) {
        throw Problem("malformed", "the inner JWS is of no use: " + describe(e));
    }
}

CgiResponse key_change(ServerContext &context, const CgiRequest &request)
{
    const SignedRequest outer = open_envelope(context, request, SignedBy::kid, "");
    const ClientAccount &account = *outer.account;
    const PublicKey key = check_inner(context, outer);
    switch (context.clients.change_key(account, key)) {
    case ClientStore::KeyChange::done:
        log_info("client " + account.id.client().str() + ": account " + account.id.str() +
                 " has a new key");
        return account_response(context, 200, account);
    case ClientStore::KeyChange::outdated:
        throw Problem("unauthorized", "the account was changed meanwhile", 401);
    case ClientStore::KeyChange::taken:
        break;
    }
    CgiResponse response =
        problem_response(Problem("malformed", "the new key is the key of an account already", 409));
    // RFC 8555, section 7.3.5; whoever signed with the key may know whose account it is.
    if (const auto other = context.clients.account_by_key(jwk_thumbprint(key)))
        response.headers.emplace_back("Location", account_url(context, *other));
    return response;
}

}

CgiResponse auth_response(ServerContext &context, const CgiRequest &request)
{
    const std::string directory = context.options.base_url + "/gateway/directory";
    return answer_acme(context, request, directory, [&]() -> CgiResponse {
        if (request.path == "/auth/new-nonce")
            return new_nonce(context, request);
        if (request.path == "/auth/new-account")
            return new_account(context, request);
        if (request.path == "/auth/key-change")
            return key_change(context, request);
        if (request.path.starts_with(account_prefix))
            return account_requests(context, request);
        throw Problem("malformed", "there is nothing here", 404);
    });
}

}
