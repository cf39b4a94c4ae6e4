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

namespace acmeproxy {

/// The order came to nothing and never will: it is invalid, or its challenges are not for us.
class OrderDead : public CaProblem {
public:
    using CaProblem::CaProblem;
};

class OrderRun {
public:
    OrderRun(const Spool &spool, AcmeSession &session, const PrivateKey &account_key,
             const Signer &signer, const RenewOptions &options);
    ~OrderRun();
    OrderRun(const OrderRun &) = delete;
    OrderRun &operator=(const OrderRun &) = delete;

    /// Brings `order` to its end. Throws OrderDead, CaProblem, HttpError, or Error when the time is
    /// up or a stop was requested (the order can then be resumed).
    DownloadedChain complete(Order order, const Csr &csr, const std::string &preferred_chain);

private:
    Order validate(Order order);
    void answer(const Authorization &authorization);
    Order finalize(Order order, const Csr &csr);
    Order wait_while(Order order, std::string_view status, Poll &poll);
    [[noreturn]] void give_up(const Order &order);

    const Spool &spool_;
    AcmeSession &session_;
    const PrivateKey &account_key_;
    const Signer &signer_;
    const RenewOptions &options_;
    std::vector<Token> published_;
};

}
