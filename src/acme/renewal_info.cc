// SPDX-License-Identifier: MIT
#include "acme/answer.h"
#include "acme/order_parse.h"
#include "acme/renewal_info_parse.h"
#include "base/text.h"
#include "base/time_text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

Time window_end(const Json &json, std::string_view name)
{
    const std::string &text = json.string_at(name);
    const auto time = parse_rfc3339(text);
    if (!time)
        throw Error("the window's " + std::string(name) + " \"" + printable(text, 60) +
                    "\" is not a time");
    return *time;
}

/// Section 4.3.2 leaves it to the client to bound what the CA says.
Seconds bounded(std::optional<Seconds> retry_after)
{
    constexpr Seconds otherwise = std::chrono::hours(6);
    constexpr Seconds least = std::chrono::minutes(1);
    constexpr Seconds most = std::chrono::days(1);
    return std::clamp(retry_after.value_or(otherwise), least, most);
}

}

RenewalInfo parse_renewal_info(const Json &json, std::optional<Seconds> retry_after,
                               Time not_before, Time not_after)
{
    const Json &window = json.object_at("suggestedWindow");
    RenewalInfo info{
        window_end(window, "start"), window_end(window, "end"), {}, bounded(retry_after)};
    const std::string text =
        "the window from " + format_rfc3339(info.start) + " to " + format_rfc3339(info.end);
    if (info.end <= info.start)
        throw Error(text + " is empty or inverted");
    // A window in the past is how a CA says "now" (section 4.2), so it may begin before the
    // certificate does.
    if (info.end > not_after || info.end <= not_before)
        throw Error(text + " is outside of the certificate's validity, " +
                    format_rfc3339(not_before) + " to " + format_rfc3339(not_after));
    const Json *explanation = json.find("explanationURL");
    if (explanation && explanation->as_string())
        info.explanation_url = printable(*explanation->as_string());
    return info;
}

std::optional<RenewalInfo> fetch_renewal_info(AcmeSession &session, const Certificate &certificate)
try {
    const std::string doing = "renewal information";
    std::string url = session.directory().renewal_info;
    const auto id = certificate.renewal_info_id();
    if (url.empty() || !id)
        return std::nullopt;
    url += (url.ends_with('/') ? "" : "/") + *id;
    const HttpResponse response = session.get(url, doing);
    return read_answer(doing, url, [&] {
        return parse_renewal_info(Json::parse(response.body),
                                  retry_after_of(response, session.clock().now()),
                                  certificate.not_before(), certificate.not_after());
    });
} catch (const CaProblem &problem) {
    // A certificate of another CA, or a CA that speaks a draft with other identifiers.
    if (problem.status == 404 || problem.type == "malformed")
        return std::nullopt;
    throw;
}

}
