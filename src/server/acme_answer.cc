// SPDX-License-Identifier: MIT
// The answers of ACME handlers: JSON, problem documents, and what every answer carries.
#include "server/envelope.h"

#include "base/log.h"
#include "base/text.h"
#include "server/nonce.h"

#include <algorithm>

namespace acmeproxy {

namespace {

[[noreturn]] void refuse_plain_http()
{
    throw Problem("malformed", "only HTTPS is answered here", 403);
}

}

CgiResponse json_response(int status, const Json &json)
{
    return {status, {{"Content-Type", "application/json"}}, json.to_text() + "\n"};
}

CgiResponse problem_response(const Problem &problem)
{
    Json json = Json::object();
    json.set("type", "urn:ietf:params:acme:error:" + problem.type)
        .set("detail", problem.what())
        .set("status", problem.status);
    if (!problem.subproblems.empty()) {
        Json list = Json::array();
        for (const Subproblem &sub : problem.subproblems) {
            Json one = Json::object();
            one.set("type", "urn:ietf:params:acme:error:" + sub.type).set("detail", sub.detail);
            if (!sub.identifier.empty()) {
                const bool ip =
                    sub.identifier.find(':') != std::string::npos ||
                    sub.identifier.find_first_not_of("0123456789.") == std::string::npos;
                one.set("identifier",
                        Json::object().set("type", ip ? "ip" : "dns").set("value", sub.identifier));
            }
            list.push(std::move(one));
        }
        json.set("subproblems", std::move(list));
    }
    // RFC 8555, section 6.2.
    if (problem.type == "badSignatureAlgorithm")
        json.set("algorithms", Json::strings({"ES256", "ES384", "RS256", "EdDSA"}));
    CgiResponse response = json_response(problem.status, json);
    response.headers.front().second = "application/problem+json";
    if (problem.retry_after)
        response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after->count()));
    if (problem.status == 405)
        response.headers.emplace_back("Allow", "POST");
    return response;
}

CgiResponse only_get_response()
{
    CgiResponse response =
        problem_response(Problem("malformed", "only GET and HEAD are answered here", 405));
    for (auto &[name, value] : response.headers) {
        if (name == "Allow")
            value = "GET, HEAD";
    }
    return response;
}

namespace {

bool came_over_tls(const ServerContext &context, const CgiRequest &request)
{
    if (request.https)
        return true;
    return context.options.trust_forwarded_https &&
           equal_ignoring_case(request.header("X-Forwarded-Proto"), "https");
}

CgiResponse guarded(const std::function<CgiResponse()> &respond)
try {
    return respond();
} catch (const Problem &problem) {
    return problem_response(problem);
} catch (const JsonError &e) {
    // Of the payload: what is wrong with a file of ours is nested in an Error that names it.
    return problem_response(Problem("malformed", describe(e)));
} catch (const std::exception &e) {
    log_error("answer a request: " + describe(e));
    return problem_response(
        Problem("serverInternal", "something is wrong here; the operator's log says what"));
}

}

CgiResponse answer_acme(ServerContext &context, const CgiRequest &request,
                        const std::string &directory_url,
                        const std::function<CgiResponse()> &respond)
{
    CgiResponse response = guarded([&] {
        if (!came_over_tls(context, request))
            refuse_plain_http();
        return respond();
    });
    if (request.method == "POST") {
        const bool has_nonce =
            std::any_of(response.headers.begin(), response.headers.end(),
                        [](const auto &header) { return header.first == "Replay-Nonce"; });
        if (!has_nonce)
            response.headers.emplace_back("Replay-Nonce", make_nonce(context));
    }
    if (!directory_url.empty())
        response.headers.emplace_back("Link", "<" + directory_url + ">;rel=\"index\"");
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

BodyRefusal acme_body_refusal(ServerContext &context, const std::string &directory)
{
    return [&context, url = context.options.base_url + directory](
               const CgiRequest &request, int status, const std::string &why) {
        return answer_acme(context, request, url,
                           [&]() -> CgiResponse { throw Problem("malformed", why, status); });
    };
}

}
