// SPDX-License-Identifier: MIT
#include "server/gateway_renewal_info.h"

#include "acme/order_parse.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "server/gateway_problem.h"
#include "server/gateway_resources.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::size_t longest_part = 128; ///< of an id; serial numbers have 20 bytes at most
constexpr std::size_t most_entries = 256;
constexpr std::chrono::hours longest_kept{1};
constexpr std::chrono::hours usual_retry_after{6};

std::string checked_time(const Json &window, std::string_view name)
{
    const auto time = parse_rfc3339(window.string_at(name));
    if (!time)
        throw Error("the renewal information has no " + std::string(name));
    return format_rfc3339(*time);
}

/// Section 4.2. Whether the window makes sense is for the client to judge: we have no certificate.
std::string read_body(const std::string &body)
try {
    const Json json = Json::parse(body);
    const Json &window = json.object_at("suggestedWindow");
    Json result = Json::object();
    result.set("suggestedWindow", Json::object()
                                      .set("start", checked_time(window, "start"))
                                      .set("end", checked_time(window, "end")));
    const std::string explanation = json.string_or("explanationURL", "");
    if (!explanation.empty())
        result.set("explanationURL", explanation);
    return result.to_text() + "\n";
} catch (...) {
    rethrow_while("read renewal information");
}

RenewalInfoCache::Entry ask(GatewayCall &call)
{
    UpstreamCall upstream(call.ca, call.services.clock, call.deadline());
    std::string url = upstream.session().directory().renewal_info;
    if (url.empty())
        throw Problem("malformed", "the CA has no renewal information", 404);
    if (!call.services.unknown_callers.take()) {
        Problem problem("rateLimited", "too many requests; try again later");
        problem.retry_after = Seconds(10);
        throw problem;
    }
    url += (url.ends_with('/') ? "" : "/") + call.route.item;
    const HttpResponse response = upstream.session().get(url, "renewal information");
    const Time now = call.context().clock.now();
    return {read_body(response.body),
            now + retry_after_of(response, now).value_or(usual_retry_after)};
}

}

bool is_renewal_info_id(std::string_view text)
{
    const std::size_t dot = text.find('.');
    if (dot == text.npos)
        return false;
    const auto is_part = [](std::string_view part) {
        return !part.empty() && part.size() <= longest_part && base64url_decode(part);
    };
    return is_part(text.substr(0, dot)) && is_part(text.substr(dot + 1));
}

bool TokenBucket::take()
{
    const std::lock_guard guard(mutex_);
    const auto now = clock_.steady();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    tokens_ = std::min(burst, tokens_ + seconds * per_second);
    if (tokens_ < 1)
        return false;
    tokens_ -= 1;
    return true;
}

std::optional<RenewalInfoCache::Entry> RenewalInfoCache::find(const std::string &key)
{
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.until <= clock_.now())
        return std::nullopt;
    return found->second.entry;
}

void RenewalInfoCache::put(const std::string &key, const Entry &entry)
{
    const Time now = clock_.now();
    const std::lock_guard guard(mutex_);
    if (entries_.size() >= most_entries)
        std::erase_if(entries_, [&](const auto &kept) { return kept.second.until <= now; });
    if (entries_.size() >= most_entries)
        entries_.erase(
            std::min_element(entries_.begin(), entries_.end(), [](const auto &a, const auto &b) {
                return a.second.until < b.second.until;
            }));
    entries_[key] = {entry, std::min<Time>(entry.ask_again, now + longest_kept)};
}

CgiResponse renewal_info_response(GatewayCall &call)
{
    if (!is_renewal_info_id(call.route.item))
        throw Problem("malformed", "this is not the identifier of a certificate");
    const std::string key = call.ca->name().str() + " " + call.route.item;
    auto entry = call.services.renewal_info.find(key);
    if (!entry) {
        entry = ask(call);
        call.services.renewal_info.put(key, *entry);
    }
    CgiResponse response;
    response.headers.emplace_back("Content-Type", "application/json");
    const Seconds left =
        std::max<Seconds>(entry->ask_again - call.context().clock.now(), Seconds(1));
    response.headers.emplace_back("Retry-After", std::to_string(left.count()));
    response.body = entry->body;
    return response;
}

}
