// SPDX-License-Identifier: MIT
#include "renew/order_run.h"

#include "base/log.h"
#include "base/stop.h"
#include "renew/self_check.h"
#include "spool/challenges.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

OrderRun::OrderRun(const Spool &spool, AcmeSession &session, const PrivateKey &account_key,
                   const Signer &signer, const RenewOptions &options)
    : spool_(spool), session_(session), account_key_(account_key), signer_(signer),
      options_(options)
{
}

OrderRun::~OrderRun()
{
    for (const Token &token : published_) {
        try {
            withdraw_challenge(spool_, token);
        } catch (const std::exception &e) {
            log_warning("leave a challenge to the sweep: " + describe(e));
        }
    }
}

DownloadedChain OrderRun::complete(Order order, const Csr &csr, const std::string &preferred_chain)
{
    if (order.status == "pending")
        order = validate(std::move(order));
    if (order.status == "ready")
        order = finalize(std::move(order), csr);
    // A part of the CA that lags behind may show for a while what was before finalize.
    Poll poll(session_.clock(), options_.order_timeout, session_.service().issuance_ms);
    order = wait_while(std::move(order), {"processing", "ready", "pending"}, poll);
    if (order.status != "valid")
        give_up(order);
    if (order.certificate.empty())
        throw Error("the order is valid, and names no certificate");
    return download_preferred_chain(session_, signer_, order.certificate, preferred_chain);
}

Order OrderRun::validate(Order order)
{
    for (const std::string &url : order.authorizations) {
        const Authorization authorization = fetch_authorization(session_, signer_, url);
        if (authorization.status == "pending")
            answer(authorization);
        else if (authorization.status != "valid")
            give_up(order);
    }
    Poll poll(session_.clock(), options_.order_timeout, session_.service().validation_ms);
    return wait_while(std::move(order), {"pending"}, poll);
}

void OrderRun::answer(const Authorization &authorization)
{
    const Challenge *challenge = authorization.challenge("http-01");
    const std::string &name = authorization.identifier.value();
    if (!challenge)
        throw OrderDead("", "",
                        authorization.wildcard
                            ? "the CA offers no http-01 challenge for *." + name +
                                  " (wildcards need dns-01, which acmeproxy does not speak)"
                            : "the CA offers no http-01 challenge for " + name +
                                  " (acmeproxy speaks no other kind)",
                        0);
    if (challenge->status != "pending" && challenge->status != "processing")
        return;
    const Token token = Token::parse(challenge->token);
    const std::string text = key_authorization(challenge->token, account_key_.public_key());
    published_.push_back(token);
    publish_challenge(spool_, token, text);
    if (challenge->status == "processing")
        return; // an order that was interrupted: the CA looks again until it is content
    if (options_.self_check)
        self_check(options_, authorization.identifier, challenge->token, text);
    trigger_challenge(session_, signer_, challenge->url);
}

std::string OrderRun::why_not_waited_for(const Order &order) const
{
    if (stop_requested())
        return "stopped; the order is resumed by the next pass";
    if (order.retry_after && *order.retry_after > Seconds(0))
        return fmt::format(
            "the CA says \"{}\", and to ask again in {} s; the order is resumed then", order.status,
            order.retry_after->count());
    return fmt::format("the CA still says \"{}\" after {} s; the order is resumed by a later pass",
                       order.status, options_.order_timeout.count());
}

Order OrderRun::wait_while(Order order, const std::vector<std::string_view> &statuses, Poll &poll)
{
    while (std::find(statuses.begin(), statuses.end(), order.status) != statuses.end()) {
        if (!poll.wait(order.retry_after))
            throw OrderPending(why_not_waited_for(order), order.retry_after);
        order = fetch_order(session_, signer_, order.url);
    }
    poll.succeeded();
    return order;
}

Order OrderRun::finalize(Order order, const Csr &csr)
{
    try {
        return finalize_order(session_, signer_, order, csr);
    } catch (const CaProblem &problem) {
        if (problem.type != "orderNotReady")
            throw;
    }
    // Another part of the CA had not heard of it yet, or a lost answer to an earlier finalize.
    Poll poll(session_.clock(), options_.order_timeout, session_.service().validation_ms);
    order = wait_while(fetch_order(session_, signer_, order.url), {"pending"}, poll);
    return order.status == "ready" ? finalize_order(session_, signer_, order, csr) : order;
}

/// The authorizations say more than the order: which name, and what the CA saw.
std::vector<Subproblem> OrderRun::failures_of(const Order &order)
{
    std::vector<Subproblem> failures;
    try {
        for (const std::string &url : order.authorizations) {
            const Authorization authorization = fetch_authorization(session_, signer_, url);
            if (const auto failure = authorization.failure())
                failures.push_back(
                    {failure->type, failure->detail, authorization.identifier.value()});
        }
    } catch (const Error &e) {
        // The order is dead all the same: one whose authorizations are gone must not be kept.
        log_debug("why the order " + order.url + " failed cannot be read: " + describe(e));
    }
    return failures;
}

void OrderRun::give_up(const Order &order)
{
    const std::vector<Subproblem> failures = failures_of(order);
    if (!failures.empty())
        throw OrderDead("", "", "the CA could not validate", 0, failures);
    if (order.error)
        throw OrderDead("", order.error->type, order.error->detail, 0, order.error->subproblems);
    throw OrderDead("", "", "the order " + order.url + " is " + order.status, 0);
}

}
