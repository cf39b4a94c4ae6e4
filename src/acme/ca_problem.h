// SPDX-License-Identifier: MIT
// The CA said no: its problem document (RFC 7807; RFC 8555, section 6.7), or an answer that is
// none (HTML of a load balancer), in the CA's own words.
#pragma once

#include "base/clock.h"
#include "base/problem.h"
#include "http/http.h"
#include "json/json.h"

#include <optional>
#include <string>
#include <vector>

namespace acmeproxy {

class CaProblem : public Error {
public:
    /// `doing` names the request ("new order at https://ca.example").
    /// `retry_at` is for the text alone.
    CaProblem(const std::string &doing, std::string type, std::string detail, int status,
              std::vector<Subproblem> subproblems = {}, std::optional<Time> retry_at = {});

    std::string type;   ///< without urn:ietf:params:acme:error:, else the whole URI; "" for none
    std::string detail; ///< the CA's words, made printable
    int status = 0;     ///< the HTTP status, 0 for a problem inside an order or challenge
    std::optional<Seconds> retry_after; ///< from Retry-After, seconds or date
    std::vector<Subproblem> subproblems;

    /// Whether the CA asked for silence: 429, 503 or rateLimited.
    bool asks_to_wait() const;
};

/// From an answer that was not a success. Accepts a problem by its shape, whatever the media type;
/// of HTML only its beginning is quoted, without tags.
CaProblem problem_from_response(const std::string &doing, const HttpResponse &response, Time now);
/// From the "error" member of an order, authorization or challenge.
CaProblem problem_from_json(const std::string &doing, const Json &error);

/// One readable line: "rejectedIdentifier: text (a.example: text; b.example: text)".
std::string to_text(const std::string &type, const std::string &detail,
                    const std::vector<Subproblem> &subproblems);

}
