// SPDX-License-Identifier: MIT
// A problem document (RFC 7807) with the error types of RFC 8555, section 6.7: what a server says
// to a client that is wrong. Everything in it is safe to show to that client.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace acmeproxy {

/// What went wrong with one identifier of a request (RFC 8555, section 6.7.1).
struct Subproblem {
    std::string type; ///< as Problem::type
    std::string detail;
    std::string identifier; ///< the identifier's value, or empty
};

/// The client is wrong. Thrown by request code; the adapter turns it into the answer.
class Problem : public std::runtime_error {
public:
    /// `type` is the last part of urn:ietf:params:acme:error: ("malformed"); the HTTP status is
    /// the one that RFC 8555 or custom gives to this type.
    Problem(std::string type, const std::string &detail);
    Problem(std::string type, const std::string &detail, int status);

    std::string type;
    int status;
    std::optional<std::chrono::seconds> retry_after;
    std::vector<Subproblem> subproblems;
};

/// The HTTP status that goes with an error type: 400 where nothing better is known.
int status_of_problem_type(const std::string &type);

}
