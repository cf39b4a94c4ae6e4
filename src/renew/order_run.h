// SPDX-License-Identifier: MIT
// One order, from wherever it stands to a certificate chain (RFC 8555, sections 7.4 and 7.5):
// challenges are published and triggered, the order is polled, finalized, and the chain downloaded.
// Nothing of it is kept here: an order interrupted anywhere is taken up again by its URL.
#pragma once

#include "acme/issued.h"
#include "acme/order.h"
#include "acme/poll.h"
#include "renew/options.h"
#include "spool/spool.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acmeproxy {

/// The order came to nothing and never will: it is invalid, or its challenges are not for us.
class OrderDead : public CaProblem {
public:
    using CaProblem::CaProblem;
};

/// The time is up, and the order may still come to something. Whoever asked for the certificate
/// waits.
class OrderPending : public Error {
public:
    OrderPending(const std::string &text, std::optional<Seconds> retry_after_)
        : Error(text), retry_after(retry_after_)
    {
    }
    std::optional<Seconds> retry_after; ///< when the CA wants to be asked again
};

class OrderRun {
public:
    OrderRun(const Spool &spool, AcmeSession &session, const PrivateKey &account_key,
             const Signer &signer, const RenewOptions &options);
    ~OrderRun();
    OrderRun(const OrderRun &) = delete;
    OrderRun &operator=(const OrderRun &) = delete;

    /// Brings `order` to its end. Throws OrderDead, CaProblem, HttpError, or OrderPending when the
    /// time is up or a stop was requested (the order can then be resumed).
    DownloadedChain complete(Order order, const Csr &csr, const std::string &preferred_chain);

private:
    Order validate(Order order);
    void answer(const Authorization &authorization);
    Order finalize(Order order, const Csr &csr);
    Order wait_while(Order order, const std::vector<std::string_view> &statuses, Poll &poll);
    std::string why_not_waited_for(const Order &order) const;
    std::vector<Subproblem> failures_of(const Order &order);
    [[noreturn]] void give_up(const Order &order);

    const Spool &spool_;
    AcmeSession &session_;
    const PrivateKey &account_key_;
    const Signer &signer_;
    const RenewOptions &options_;
    std::vector<Token> published_;
};

}
