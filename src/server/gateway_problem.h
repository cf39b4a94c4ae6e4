// SPDX-License-Identifier: MIT
// What a client of the gateway gets to see of what went wrong on the way to the CA: the CA's own
// problems with their subproblems, and of our internals nothing.
#pragma once

#include "acme/ca_problem.h"
#include "base/problem.h"
#include "json/json.h"

#include <exception>
#include <string>

namespace acmeproxy {

/// For what is foreign, expired or unknown alike. Its type is not malformed: clients that order
/// anew after a 404 (mod_md) do so for this one.
Problem no_such_thing(const std::string &what);

/// A CA's refusal as ours: type and status where they are good for clients, its detail.
Problem relayed(const CaProblem &problem);

/// Whatever was thrown, as what to answer. What only the operator may see is logged; since texts of
/// exceptions can hold names, those of others than the operating system only if `with_names`.
Problem problem_for_client(const std::exception &e, const std::string &ca, bool with_names);

/// The "error" member of an order or challenge.
Json problem_json(const CaProblem &problem);

}
