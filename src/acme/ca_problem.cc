// SPDX-License-Identifier: MIT
#include "acme/ca_problem.h"

#include "base/text.h"
#include "base/time_text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::string_view acme_namespace = "urn:ietf:params:acme:error:";
constexpr std::size_t max_subproblems = 1000; ///< of hostile answers
constexpr std::size_t shown_subproblems = 25;

/// A member that is a string, or "": in an error, nothing is worth failing for.
std::string text_of(const Json &json, std::string_view name, std::size_t max_size = 2000)
{
    const Json *member = json.find(name);
    const std::string *text = member ? member->as_string() : nullptr;
    return text ? printable(trim(*text), max_size) : std::string();
}

std::string type_of(const Json &problem)
{
    std::string type = text_of(problem, "type", 200);
    if (type.starts_with(acme_namespace))
        type.erase(0, acme_namespace.size());
    // RFC 7807, section 4.2: no more than what the status says
    return type == "about:blank" ? std::string() : type;
}

std::string detail_of(const Json &problem)
{
    std::string detail = text_of(problem, "detail");
    if (detail.empty())
        detail = text_of(problem, "title");
    // Section 7.3.3: "instance" is where a human must go to agree to new terms.
    const std::string instance = text_of(problem, "instance");
    if (type_of(problem) == "userActionRequired" && !instance.empty())
        detail += (detail.empty() ? "see " : ": see ") + instance;
    return detail;
}

std::vector<Subproblem> subproblems_of(const Json &problem)
{
    std::vector<Subproblem> result;
    const Json *member = problem.find("subproblems");
    const Json::Array *array = member ? member->as_array() : nullptr;
    if (!array)
        return result;
    for (const Json &one : *array) {
        if (result.size() == max_subproblems)
            break;
        const Json *identifier = one.find("identifier");
        Subproblem sub{type_of(one), detail_of(one),
                       identifier ? text_of(*identifier, "value", 300) : std::string()};
        if (!sub.type.empty() || !sub.detail.empty() || !sub.identifier.empty())
            result.push_back(std::move(sub));
    }
    return result;
}

/// The problem document in a body, whatever its media type says; null where it is none.
Json problem_document(const std::string &body)
try {
    Json json = Json::parse(body);
    const auto has_string = [&](std::string_view name) {
        return json.find(name) && json.find(name)->is_string();
    };
    return has_string("type") || has_string("detail") ? json : Json();
} catch (const JsonError &) {
    return {};
}

/// The end of a tag that begins at `begin`, and of what is no text although no tag is around it.
std::size_t end_of_tag(const std::string &html, std::size_t begin)
{
    std::string_view closing = ">";
    for (const std::string_view name : {"script", "style"}) {
        if (equal_ignoring_case(std::string_view(html).substr(begin + 1, name.size()), name))
            closing = name == "script" ? "</script>" : "</style>";
    }
    if (html.compare(begin, 4, "<!--") == 0)
        closing = "-->";
    const auto found = std::search(html.begin() + static_cast<std::ptrdiff_t>(begin), html.end(),
                                   closing.begin(), closing.end(), [](char a, char b) {
                                       return equal_ignoring_case({&a, 1}, {&b, 1});
                                   });
    const auto end = static_cast<std::size_t>(found - html.begin());
    return found == html.end() ? html.size() : end + closing.size();
}

/// The text that people would see, in one line: load balancers answer in HTML.
std::string first_words(const std::string &html)
{
    constexpr std::size_t enough = 300;
    std::string text;
    for (std::size_t i = 0; i < html.size() && text.size() <= enough;) {
        const bool white = std::string_view(" \t\r\n\f").find(html[i]) != std::string_view::npos;
        const bool tag = html[i] == '<';
        if ((white || tag) && !text.empty() && text.back() != ' ')
            text += ' ';
        if (!white && !tag)
            text += html[i];
        i = tag ? end_of_tag(html, i) : i + 1;
    }
    return printable(trim(text), enough);
}

std::string message(const std::string &doing, const std::string &type, const std::string &detail,
                    int status, const std::vector<Subproblem> &subproblems,
                    const std::optional<Time> &retry_at)
{
    std::string text = to_text(type, detail, subproblems);
    if (type.empty() && status != 0)
        text = "HTTP status " + std::to_string(status) + (text.empty() ? "" : ": " + text);
    if (text.empty())
        text = "refused without a reason";
    if (retry_at)
        text += " (retry after " + format_rfc3339(*retry_at) + ")";
    return doing.empty() ? text : doing + ": " + text;
}

}

CaProblem::CaProblem(const std::string &doing, std::string type_, std::string detail_, int status_,
                     std::vector<Subproblem> subproblems_, std::optional<Time> retry_at)
    : Error(message(doing, type_, detail_, status_, subproblems_, retry_at)),
      type(std::move(type_)), detail(std::move(detail_)), status(status_),
      subproblems(std::move(subproblems_))
{
}

bool CaProblem::asks_to_wait() const
{
    return status == 429 || status == 503 || type == "rateLimited";
}

CaProblem problem_from_response(const std::string &doing, const HttpResponse &response, Time now)
{
    std::optional<Seconds> retry_after;
    if (const auto header = response.header("retry-after"))
        retry_after = parse_retry_after(trim(*header), now);
    std::optional<Time> retry_at;
    if (retry_after && *retry_after > Seconds(0))
        retry_at = now + *retry_after;
    const Json document = problem_document(response.body);
    const bool found = !document.is_null();
    CaProblem problem(doing, found ? type_of(document) : std::string(),
                      found ? detail_of(document) : first_words(response.body), response.status,
                      subproblems_of(document), retry_at);
    problem.retry_after = retry_after;
    return problem;
}

CaProblem problem_from_json(const std::string &doing, const Json &error)
{
    return {doing, type_of(error), detail_of(error), 0, subproblems_of(error)};
}

std::string to_text(const std::string &type, const std::string &detail,
                    const std::vector<Subproblem> &subproblems)
{
    const auto both = [](const std::string &a, const std::string &b) {
        return a + (a.empty() || b.empty() ? "" : ": ") + b;
    };
    std::vector<std::string> parts;
    for (const Subproblem &one : subproblems) {
        if (parts.size() == shown_subproblems)
            break;
        if (both(one.identifier, one.detail) == detail && one.type == type)
            continue; // the problem says all that it says
        // Mostly the type is the problem's own, and then the words suffice; and where these are the
        // problem's own, too, it is enough to say of what name.
        const bool repeats =
            one.type == type && one.detail == detail && !one.identifier.empty() && !detail.empty();
        const bool tells = one.type != type || one.detail.empty();
        parts.push_back(repeats ? one.identifier
                                : both(one.identifier, both(tells ? one.type : "", one.detail)));
    }
    if (subproblems.size() > shown_subproblems)
        parts.push_back("and " + std::to_string(subproblems.size() - shown_subproblems) + " more");
    const std::string list = parts.empty() ? "" : "(" + join(parts, "; ") + ")";
    const std::string text = both(type, detail);
    return text + (text.empty() || list.empty() ? "" : " ") + list;
}

}
