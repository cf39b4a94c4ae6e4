// SPDX-License-Identifier: MIT
#include "server/gateway_problem.h"

#include "acme/account.h"
#include "base/log.h"
#include "http/http.h"

#include <algorithm>
#include <system_error>

namespace acmeproxy {

namespace {

constexpr const char *urn = "urn:ietf:params:acme:error:";

/// Without the namespace of RFC 8555 a type is another party's URI, or nothing of sense.
bool is_acme_type(const std::string &type)
{
    return !type.empty() && type.size() <= 64 &&
           std::all_of(type.begin(), type.end(), [](unsigned char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
           });
}

std::string type_for(const std::string &type, int status)
{
    if (is_acme_type(type))
        return type;
    if (status == 429)
        return "rateLimited";
    if (status >= 500)
        return "serverInternal";
    return status == 401 || status == 403 ? "unauthorized" : "malformed";
}

/// The CA wants something of the account or of our requests that no client can give.
bool is_for_the_operator(const CaProblem &problem)
{
    static const char *const types[] = {"badNonce",           "badSignatureAlgorithm",
                                        "invalidContact",     "unsupportedContact",
                                        "userActionRequired", "externalAccountRequired"};
    return is_account_lost(problem) ||
           std::find(std::begin(types), std::end(types), problem.type) != std::end(types);
}

int status_for(const CaProblem &problem, const std::string &type)
{
    const int status = problem.status >= 400 ? problem.status : status_of_problem_type(type);
    // certbot takes every other 409 for a conflict of accounts
    return status == 409 && type != "alreadyReplaced" ? 400 : status;
}

std::string detail_for(const CaProblem &problem)
{
    return problem.detail.empty() ? "the CA refused without a reason" : problem.detail;
}

std::string reason_text(HttpError::Reason reason)
{
    switch (reason) {
    case HttpError::Reason::bad_url:
        return "a URL of it is of no use";
    case HttpError::Reason::resolve:
        return "its name has no address";
    case HttpError::Reason::connect:
        return "no connection";
    case HttpError::Reason::tls:
        return "no TLS with a certificate that is trusted";
    case HttpError::Reason::timeout:
        return "no answer in time";
    case HttpError::Reason::too_large:
        return "an answer is too large";
    case HttpError::Reason::broken:
        return "a connection broke";
    case HttpError::Reason::stopped:
        return "this program is being stopped";
    }
    return {};
}

Problem unreachable(HttpError::Reason reason, const std::string &ca)
{
    log_warning("gateway: the CA " + ca + " cannot be reached: " + reason_text(reason));
    Problem problem("serverInternal", "the CA cannot be reached; try again later", 503);
    problem.retry_after = Seconds(30);
    return problem;
}

Problem internal()
{
    return {"serverInternal", "something is wrong here; the operator's log says what"};
}

}

Problem no_such_thing(const std::string &what)
{
    return {"unauthorized", "there is no such " + what, 404};
}

namespace {

/// An answer that is no ACME problem: the text of a redirect, a load balancer or a crash is not for
/// clients. Whether the CA is overloaded they may know.
Problem no_acme_problem(const CaProblem &problem, const std::string &ca, bool with_names)
{
    log_error("gateway: the CA " + ca + " answered with HTTP status " +
              std::to_string(problem.status) + " and no ACME problem" +
              (with_names ? ": " + problem.detail : ""));
    if (problem.status == 404)
        return no_such_thing("thing at the CA");
    if (!problem.asks_to_wait())
        return {"serverInternal", "the CA answered with an error; try again later"};
    Problem result(type_for("", problem.status), "the CA is busy; try again later", problem.status);
    result.retry_after = problem.retry_after.value_or(Seconds(30));
    return result;
}

}

Problem relayed(const CaProblem &problem)
{
    const std::string type = type_for(problem.type, problem.status);
    Problem result(type, detail_for(problem), status_for(problem, type));
    if (problem.asks_to_wait())
        result.retry_after = problem.retry_after;
    for (const Subproblem &sub : problem.subproblems)
        result.subproblems.push_back({type_for(sub.type, 0), sub.detail, sub.identifier});
    return result;
}

Problem problem_for_client(const std::exception &e, const std::string &ca, bool with_names)
{
    if (const auto *problem = dynamic_cast<const Problem *>(&e))
        return *problem;
    if (const auto *problem = find_cause<CaProblem>(e)) {
        if (problem->type.empty() && problem->status != 0)
            return no_acme_problem(*problem, ca, with_names);
        if (!is_for_the_operator(*problem))
            return relayed(*problem);
        log_error("gateway: the CA " + ca + " refuses our account or request: " + problem->type +
                  ": " + problem->detail);
        return {"serverInternal",
                "the CA does not accept the requests of this gateway; its operator has to act"};
    }
    if (const auto *error = find_cause<HttpError>(e))
        return unreachable(error->reason, ca);
    if (with_names || find_cause<std::system_error>(e))
        log_error("gateway: " + describe(e));
    else
        log_error("gateway: an answer of the CA " + ca +
                  " is of no use (with audit-log = yes, the log says why)");
    return internal();
}

Json problem_json(const CaProblem &problem)
{
    const std::string type = type_for(problem.type, problem.status);
    Json json = Json::object();
    json.set("type", urn + type)
        .set("detail", detail_for(problem))
        .set("status", status_for(problem, type));
    if (problem.subproblems.empty())
        return json;
    Json list = Json::array();
    for (const Subproblem &sub : problem.subproblems) {
        Json one = Json::object();
        one.set("type", urn + type_for(sub.type, 0)).set("detail", sub.detail);
        if (!sub.identifier.empty()) {
            const bool is_ip = sub.identifier.find(':') != std::string::npos ||
                               sub.identifier.find_first_not_of("0123456789.") == std::string::npos;
            one.set("identifier",
                    Json::object().set("type", is_ip ? "ip" : "dns").set("value", sub.identifier));
        }
        list.push(std::move(one));
    }
    return json.set("subproblems", std::move(list));
}

}
