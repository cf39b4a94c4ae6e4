// SPDX-License-Identifier: MIT
// Revocation (RFC 8555, section 7.6): by a client that may have all names of the certificate, or by
// whoever holds its key. At the CA it is our account that asks, since the key is not ours to use.
#include "acme/issued.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/text.h"
#include "server/gateway_problem.h"
#include "server/gateway_resources.h"
#include "server/gateway_wish.h"
#include "spool/lineage.h"

#include <algorithm>
#include <cstdint>

namespace acmeproxy {

namespace {

struct RevocationWish {
    Certificate certificate;
    std::optional<int> reason;
};

std::optional<int> read_reason(const Json &payload)
{
    if (!payload.find("reason"))
        return std::nullopt;
    const std::int64_t reason = payload.int_at("reason");
    // RFC 5280, section 5.3.1: those that a subscriber can know of; the CA may take fewer.
    if (!parse_revocation_reason(std::to_string(reason)))
        throw Problem("badRevocationReason",
                      "the reason must be 0 (unspecified), 1 (keyCompromise), 3 "
                      "(affiliationChanged), 4 (superseded) or 5 (cessationOfOperation)");
    return static_cast<int>(reason);
}

RevocationWish read_wish(const Json &payload)
try {
    const auto der = base64url_decode(payload.string_at("certificate"));
    if (!der)
        throw Problem("malformed", "\"certificate\" is not base64url");
    return {Certificate::from_der(*der), read_reason(payload)};
} catch (const Error &e) {
    throw Problem("malformed", "the revocation is of no use: " + printable(describe(e), 300));
}

/// Whether a lineage of this host, the operator's or an agent client's, holds exactly this
/// certificate. A lineage's name says nothing about that, so all are looked at. Their chains are
/// compared as text, which costs a hundredth of parsing them: there may be 100,000.
bool is_of_local_lineage(const Spool &spool, const Certificate &certificate)
{
    const std::string pem = certificate.pem();
    for (const LineageName &name : spool.lineages()) {
        for (const Generation number : Lineage(spool, name).generations()) {
            const auto chain =
                spool.read(SpoolNames::generation(name, number, GenerationFile::fullchain));
            if (chain && chain->find(pem) != std::string::npos)
                return true;
        }
    }
    return false;
}

void check_not_local(const GatewayCall &call, const Certificate &certificate)
{
    bool is_local = true; // what cannot be read is not revoked
    try {
        is_local = is_of_local_lineage(call.context().spool, certificate);
    } catch (const std::exception &) {
        log_error("gateway: a lineage could not be read: a revocation is refused");
    }
    if (is_local)
        throw Problem("unauthorized", "this certificate is the gateway's own", 403);
}

void check_client(const GatewayCall &call, const SignedRequest &request,
                  const Certificate &certificate)
{
    check_ca_allowed(call, *request.policy);
    const std::vector<Identifier> names = certificate.identifiers();
    if (names.empty())
        throw Problem("unauthorized", "the certificate has no names", 403);
    try {
        check_names_allowed(*request.policy, names);
    } catch (const Problem &problem) {
        Problem refusal("unauthorized", "this client may not have all names of the certificate",
                        403);
        refusal.subproblems = problem.subproblems;
        throw refusal;
    }
    if (!request.policy->own_account)
        check_not_local(call, certificate);
}

void check_key_holder(GatewayCall &call, const SignedRequest &request,
                      const Certificate &certificate)
{
    if (!(request.key == certificate.public_key()))
        throw Problem("unauthorized", "the request is not signed by the certificate's key", 403);
    if (call.services.unknown_callers.take())
        return;
    Problem problem("rateLimited", "too many requests; try again later");
    problem.retry_after = Seconds(10);
    throw problem;
}

/// Clients with an account of their own at the CA that may have all names of the certificate: one
/// of them may have ordered it. A few, since anybody may ask who has some certificate of the CA.
std::vector<Account> own_accounts_for(const GatewayCall &call, const Certificate &certificate)
{
    constexpr std::size_t most = 4;
    const ServerContext &context = call.context();
    const std::vector<Identifier> names = certificate.identifiers();
    std::vector<Account> accounts;
    for (const ClientId &client : context.clients.clients()) {
        if (names.empty() || accounts.size() == most)
            break;
        const auto policy = context.clients.policy(client);
        if (!policy || !policy->own_account)
            continue;
        const bool may_have_all =
            std::all_of(names.begin(), names.end(), [&](const Identifier &name) {
                return decide(policy->names, name).allowed;
            });
        auto account =
            may_have_all ? find_ca_account(context.spool, *call.ca, client.str()) : std::nullopt;
        if (account)
            accounts.push_back(std::move(*account));
    }
    return accounts;
}

/// Those that may ask where the CA does not take it from the first: nobody here remembers under
/// which account a certificate was made. A client with an account of its own is helped by no other.
std::vector<Account> other_accounts(const GatewayCall &call, const SignedRequest &request,
                                    const Certificate &certificate)
{
    if (!request.account)
        return own_accounts_for(call, certificate);
    std::vector<Account> accounts;
    if (!request.policy->own_account) {
        if (auto former = find_ca_account(call.context().spool, *call.ca, call.client))
            accounts.push_back(std::move(*former));
    }
    return accounts;
}

/// nullopt: the CA does not take it from this account. False: the certificate was revoked before.
std::optional<bool> revoke_by(UpstreamCall &upstream, const Account &account,
                              const RevocationWish &wish)
{
    try {
        return revoke_certificate(upstream.session(), account.signer(), wish.certificate,
                                  wish.reason);
    } catch (const CaProblem &problem) {
        if (problem.type != "unauthorized")
            throw;
        // Boulder's words hold the serial number.
        log_warning("gateway: the CA " + upstream.ca().name().str() +
                    " does not take a revocation from the account " + account.url);
        return std::nullopt;
    }
}

bool revoke_at_ca(GatewayCall &call, const SignedRequest &request, const RevocationWish &wish)
{
    const std::string first =
        request.account && request.policy->own_account ? call.client : "default";
    const Account account = read_ca_account(call.context().spool, *call.ca, first);
    UpstreamCall upstream(call.ca, call.services.clock, call.deadline());
    auto result = revoke_by(upstream, account, wish);
    if (result)
        return *result;
    for (const Account &other : other_accounts(call, request, wish.certificate)) {
        result = revoke_by(upstream, other, wish);
        if (result)
            return *result;
    }
    throw Problem("unauthorized",
                  "the CA does not take the revocation from this gateway's account; the "
                  "certificate's own key can ask for it",
                  403);
}

}

CgiResponse revocation_response(GatewayCall &call)
{
    const SignedRequest request =
        open_envelope(call.context(), call.request, SignedBy::either, "gateway");
    if (request.account)
        call.client = request.account->id.client().str();
    const RevocationWish wish = read_wish(request.json());
    if (request.account) {
        check_client(call, request, wish.certificate);
    } else {
        check_key_holder(call, request, wish.certificate);
        take_nonce(call.context(), request.unspent_nonce);
    }
    if (!revoke_at_ca(call, request, wish))
        throw Problem("alreadyRevoked", "the certificate was revoked before");
    note(call, "certificate of " + call.ca->name().str() + " revoked",
         wish.certificate.identifiers());
    return {};
}

}
