// SPDX-License-Identifier: MIT
// Orders and authorizations on their way to be valid: looking at them, having the CA validate what
// is pending, waiting a little. Each look does what is still to be done, so that any process can go
// on where another was killed.
#pragma once

#include "server/gateway_call.h"

#include <optional>
#include <string>
#include <string_view>

namespace acmeproxy {

/// The CA's order. Throws no_such_thing() where the CA no longer has it, or it has expired.
Order look_at_order(ClientCall &call, const std::string &url);

/// The CA's authorization. If it is pending, its challenge is offered and the CA told to look; if
/// not, the challenge is withdrawn. Throws Problem where there is nothing that could be done.
SeenAuthorization look_at_authorization(ClientCall &call, const std::string &url);
/// As it is: nothing is begun, nothing withdrawn.
SeenAuthorization read_authorization(ClientCall &call, const std::string &url);
/// Has the CA deactivate it (of an own account): as the CA shows it then.
Authorization end_authorization(ClientCall &call, const SeenAuthorization &seen);
/// As look_at_authorization(), and waits while it is pending.
SeenAuthorization wait_for_authorization(ClientCall &call, const std::string &url);

/// Has the CA validate a pending order and waits a little. An order in another state is returned
/// as it is.
Order validate(ClientCall &call, Order order);
/// Waits a little while the CA makes the certificate.
Order wait_while_processing(ClientCall &call, Order order);

/// Withdraws the challenges of an order that is not pending, where any may be left.
void withdraw_challenges(ClientCall &call, const Order &order);

/// Why an invalid order is, name by name; the authorizations say more than the order.
std::optional<CaProblem> failure_of(ClientCall &call, const Order &order);

/// An order as an answer, with Location and, while it is not over, Retry-After.
CgiResponse answer_order(ClientCall &call, int status, const Order &order);
/// Retry-After for what changes by itself.
void add_retry_after(CgiResponse &response, std::string_view status,
                     const std::optional<Seconds> &retry_after);

}
