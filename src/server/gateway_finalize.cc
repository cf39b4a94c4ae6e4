// SPDX-License-Identifier: MIT
// Finalization (RFC 8555, section 7.4): the request is checked, handed on at once, and the order
// shown as processing until the CA has made the certificate. One order gives one certificate,
// whoever finalizes it how often: the CA decides, and whose key it took is looked at.
#include "acme/issued.h"
#include "base/encoding.h"
#include "base/text.h"
#include "server/gateway_problem.h"
#include "server/gateway_resources.h"
#include "server/gateway_validation.h"
#include "server/gateway_wish.h"

namespace acmeproxy {

namespace {

[[noreturn]] void bad_csr(const std::string &detail)
{
    throw Problem("badCSR", detail);
}

std::string csr_text(const SignedRequest &request)
{
    try {
        return request.json().string_at("csr");
    } catch (const JsonError &e) {
        throw Problem("malformed", "a finalization must hold a \"csr\": " + describe(e));
    }
}

Csr read_csr(const SignedRequest &request)
{
    std::string text = csr_text(request);
    // Synology pads.
    while (text.ends_with('='))
        text.pop_back();
    const auto der = base64url_decode(text);
    if (!der)
        bad_csr("\"csr\" is not base64url");
    try {
        return Csr::from_der(*der);
    } catch (const Error &e) {
        bad_csr(printable(describe(e), 500));
    }
}

void check_key(const ClientCall &call, const Csr &csr)
{
    if (const auto weakness = weakness_of(csr.public_key()))
        bad_csr("the key of the request is of no use: " + *weakness);
    if (csr.public_key() == call.request.key || csr.public_key() == call.account.key.public_key())
        bad_csr("the key of the request must not be an account's (RFC 8555, section 11.1)");
}

void check_against_order(const ClientCall &call, const Csr &csr, const Order &order)
{
    check_names_allowed(call.policy(), order.identifiers);
    if (!same_set(csr.identifiers(), order.identifiers))
        bad_csr("the names of the request are not those of the order");
}

[[noreturn]] void not_ready(const std::string &detail)
{
    throw Problem("orderNotReady", detail);
}

/// The order is valid, and not by this request alone: has it this request's key?
void check_issued_key(ClientCall &call, const Csr &csr, const Order &order)
{
    if (order.certificate.empty())
        throw Error("the order is valid, and names no certificate");
    const DownloadedChain chain = download_chain(call.session(), call.signer(), order.certificate);
    if (!(chain.certificates.front().public_key() == csr.public_key()))
        not_ready("this order was used with another key; make a new one");
}

struct Finalization {
    Order order;
    bool is_ours = false; ///< the CA took this very request, or may have
};

Finalization send(ClientCall &call, Order order, const Csr &csr)
{
    try {
        return {finalize_order(call.session(), call.signer(), order, csr), true};
    } catch (const std::exception &e) {
        const CaProblem *problem = find_cause<CaProblem>(e);
        const HttpError *error = find_cause<HttpError>(e);
        // An answer that was lost says nothing about what the CA has begun.
        const bool is_lost = error && (error->reason == HttpError::Reason::timeout ||
                                       error->reason == HttpError::Reason::broken);
        if (!is_lost && !(problem && problem->type == "orderNotReady"))
            throw;
        return {look_at_order(call, order.url), is_lost};
    }
}

Finalization finalize(ClientCall &call, Order order, const Csr &csr)
{
    order = validate(call, std::move(order));
    if (order.status != "ready")
        return {std::move(order), false};
    Finalization result = send(call, std::move(order), csr);
    // Another part of the CA had not heard of the validation.
    if (!result.is_ours && result.order.status == "pending")
        result.order = validate(call, std::move(result.order));
    if (!result.is_ours && result.order.status == "ready")
        result = {finalize_order(call.session(), call.signer(), result.order, csr), true};
    // Once it was sent, a client must not see "ready" or "pending" again.
    if (result.is_ours && (result.order.status == "ready" || result.order.status == "pending"))
        result.order.status = "processing";
    return result;
}

void check_outcome(ClientCall &call, const Csr &csr, const Finalization &result,
                   std::string_view status_before)
{
    const std::string &status = result.order.status;
    if (status == "valid" && !result.is_ours)
        check_issued_key(call, csr, result.order);
    if (status == "pending")
        not_ready("the CA has not validated all names yet");
    if (status == "invalid" && !result.is_ours && status_before != "processing") {
        const auto failure = failure_of(call, result.order);
        Problem problem("orderNotReady", "the order is invalid" +
                                             (failure ? ": " + failure->detail : std::string()));
        if (failure)
            problem.subproblems = relayed(*failure).subproblems;
        throw problem;
    }
}

}

CgiResponse finalize_response(GatewayCall &gateway_call)
{
    ClientCall call = open_client_call(gateway_call, UrlToken::Kind::order, "order");
    if (call.request.is_post_as_get()) {
        Order order = look_at_order(call, call.token.url);
        return answer_order(call, 200, wait_while_processing(call, std::move(order)));
    }
    const Csr csr = read_csr(call.request);
    check_key(call, csr);
    Order order = look_at_order(call, call.token.url);
    check_against_order(call, csr, order);
    const std::string status_before = order.status;
    Finalization result = finalize(call, std::move(order), csr);
    withdraw_challenges(call, result.order);
    result.order = wait_while_processing(call, std::move(result.order));
    check_outcome(call, csr, result, status_before);
    note(gateway_call, "finalized at " + call.token.ca + ": " + result.order.status,
         result.order.identifiers);
    return answer_order(call, 200, result.order);
}

}
