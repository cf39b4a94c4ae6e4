// SPDX-License-Identifier: MIT
#include "acme/session.h"

#include "acme/answer.h"
#include "acme/ca_url.h"
#include "base/encoding.h"
#include "base/text.h"
#include "jose/jwk.h"
#include "jose/jws.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace acmeproxy {

namespace {

constexpr int max_retries = 8;
constexpr double longest_pause_ms = 1000;

bool is_success(const HttpResponse &response)
{
    return response.status >= 200 && response.status < 300;
}

HttpResponse exchange(HttpClient &http, const HttpRequest &request, const std::string &doing)
try {
    return http.send(request);
} catch (...) {
    rethrow_while(at_ca(doing, request.url));
}

void keep_nonce(NoncePool &nonces, const HttpResponse &response)
{
    if (auto nonce = response.header("replay-nonce"))
        nonces.put(std::move(*nonce));
}

HttpResponse plain_get(HttpClient &http, NoncePool &nonces, const Clock &clock,
                       const std::string &url, const std::string &doing)
{
    HttpRequest request;
    request.url = url;
    HttpResponse response = exchange(http, request, doing);
    keep_nonce(nonces, response);
    if (!is_success(response))
        throw problem_from_response(at_ca(doing, url), response, clock.now());
    return response;
}

std::string signed_body(const Signer &signer, const std::string &url, const std::string &nonce,
                        std::string_view payload)
{
    Json header = Json::object();
    header.set("nonce", nonce).set("url", url);
    if (signer.account_url.empty())
        header.set("jwk", to_jwk(signer.key.public_key()));
    else
        header.set("kid", signer.account_url);
    return sign_jws(signer.key, header, payload);
}

/// The wait before the retry number `retry`: the first at once, later ones ever longer, up to a
/// second, and never in step with others.
std::chrono::milliseconds pause_before(int retry, double random)
{
    const double longest = std::min(50.0 * ((1 << (retry - 1)) - 1), longest_pause_ms);
    return std::chrono::milliseconds(static_cast<std::int64_t>(random * longest));
}

}

AcmeService::AcmeService(std::string directory_url) : directory_url_(std::move(directory_url)) {}

const Directory &AcmeService::directory(HttpClient &http, const Clock &clock)
{
    const std::string doing = "directory";
    const std::lock_guard lock(mutex_);
    if (!directory_) {
        const HttpResponse response = plain_get(http, nonces, clock, directory_url_, doing);
        directory_ = read_answer(doing, directory_url_,
                                 [&] { return parse_directory(Json::parse(response.body)); });
    }
    return *directory_;
}

AcmeSession::AcmeSession(HttpClient &http, AcmeService &service, const Clock &clock,
                         UnitRandom random)
    : http_(http), service_(service), clock_(clock), random_(std::move(random))
{
}

const Directory &AcmeSession::directory()
{
    return service_.directory(http_, clock_);
}

HttpResponse AcmeSession::post(const std::string &url, std::string_view payload,
                               const Signer &signer, const std::string &doing,
                               const std::string &known_tag)
{
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/jose+json"}};
    if (!known_tag.empty())
        request.headers.emplace_back("If-None-Match", known_tag);
    std::string nonce = take_nonce();
    for (int retry = 1;; ++retry) {
        request.body = signed_body(signer, url, nonce, payload);
        HttpResponse response = exchange(http_, request, doing);
        if (is_success(response) || (!known_tag.empty() && response.status == 304)) {
            keep_nonce(service_.nonces, response);
            return response;
        }
        const CaProblem problem = problem_from_response(at_ca(doing, url), response, clock_.now());
        if (problem.type != "badNonce" || retry > max_retries) {
            keep_nonce(service_.nonces, response);
            throw problem;
        }
        clock_.sleep(pause_before(retry, random_()));
        // Section 6.5: the error brings a nonce that is good. It does not go through the pool,
        // where another worker could take it; without one, what is in the pool is doubtful, too.
        const std::string fresh = response.header("replay-nonce").value_or("");
        if (!is_nonce(fresh))
            service_.nonces.clear();
        nonce = is_nonce(fresh) ? fresh : take_nonce();
    }
}

Json AcmeSession::post_for_json(const std::string &url, std::string_view payload,
                                const Signer &signer, const std::string &doing,
                                HttpResponse *response)
{
    HttpResponse answer = post(url, payload, signer, doing);
    Json json = read_answer(doing, url, [&] {
        Json parsed = Json::parse(answer.body);
        if (!parsed.is_object())
            throw Error("the answer is no JSON object: \"" + printable(answer.body, 100) + "\"");
        return parsed;
    });
    if (response)
        *response = std::move(answer);
    return json;
}

HttpResponse AcmeSession::get(const std::string &url, const std::string &doing)
{
    return plain_get(http_, service_.nonces, clock_, url, doing);
}

std::string AcmeSession::take_nonce()
{
    if (auto nonce = service_.nonces.take())
        return *nonce;
    const std::string doing = "new nonce";
    HttpRequest request;
    request.method = "HEAD";
    request.url = directory().new_nonce;
    const HttpResponse response = exchange(http_, request, doing);
    if (!is_success(response))
        throw problem_from_response(at_ca(doing, request.url), response, clock_.now());
    std::string nonce = response.header("replay-nonce").value_or("");
    if (!is_nonce(nonce))
        throw Error(at_ca(doing, request.url) + ": the answer has no valid Replay-Nonce");
    return nonce;
}

}
