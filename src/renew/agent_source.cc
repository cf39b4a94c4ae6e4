// SPDX-License-Identifier: MIT
#include "renew/agent_source.h"

#include "acme/answer.h"
#include "acme/ca_url.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/time_text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

constexpr std::size_t longest_tag = 200;

Json to_payload(const LineageSpec &spec, const std::string &name, const AgeRecipient &recipient)
{
    Json identifiers = Json::array();
    for (const Identifier &id : spec.identifiers)
        identifiers.push(Json::object().set("type", id.type_name()).set("value", id.value()));
    Json payload = Json::object();
    payload.set("name", name)
        .set("identifiers", std::move(identifiers))
        .set("recipients", Json::strings(texts_of({recipient})));
    if (spec.makes_key())
        payload.set("key_type", to_text(spec.key_type)).set("reuse_key", spec.reuse_key);
    else
        payload.set("csr", base64url_encode(Csr::from_pem(spec.csr).der()));
    if (!spec.profile.empty())
        payload.set("profile", spec.profile);
    return payload;
}

/// The detail of an object's member, or "".
std::string detail_of(const Json &json, std::string_view name)
{
    const Json *member = json.find(name);
    return member && member->is_object() ? printable(member->string_or("detail", "no reason given"))
                                         : std::string();
}

std::optional<Seconds> retry_after_of(const HttpResponse &response, Time now)
{
    const auto header = response.header("retry-after");
    return header ? parse_retry_after(trim(*header), now) : std::nullopt;
}

AgentStatus parse_status(const HttpResponse &response, Time now)
{
    const Json json = Json::parse(response.body);
    AgentStatus status;
    // What is wished for and not applied yet comes with 202, or as a member of the object.
    status.is_being_made = response.status == 202 || json.find("wish") != nullptr ||
                           json.string_at("status") == "pending";
    status.error = detail_of(json, "error");
    status.refused = detail_of(json, "refused");
    status.retry_after = retry_after_of(response, now);
    return status;
}

/// What the agent calls the generation, from the URL that it says the file has.
OriginRecord origin_of(const HttpResponse &response)
{
    const std::vector<std::string> parts =
        split(response.header("content-location").value_or(""), '/');
    const auto number = parts.size() > 1 ? parse_generation(parts[parts.size() - 2]) : std::nullopt;
    if (!number)
        throw Error("the answer does not say which generation it is (Content-Location)");
    const std::string tag = response.header("etag").value_or("");
    const bool is_usable = tag.size() <= longest_tag && printable(tag) == tag;
    return {"", *number, is_usable ? tag : "", "", {}};
}

}

std::string fill_in(const std::string &url, std::string_view word, std::string_view value)
{
    const std::string variable = "{" + std::string(word) + "}";
    const std::size_t at = url.find(variable);
    if (at == std::string::npos)
        throw Error("the agent's URL \"" + printable(url, 200) + "\" has no " + variable);
    std::string filled = url;
    return filled.replace(at, variable.size(), value);
}

/// A URL of the directory for this certificate.
std::string AgentSource::url(const std::string &what, const std::string &filled_in) const
{
    return checked_url("the agent's URL \"" + what + "\"", fill_in(filled_in, "name", name_));
}

AgentStatus AgentSource::post(const std::string &url, const Json &payload, const std::string &doing)
{
    const HttpResponse response = session_.post(url, payload.to_text(), account_, doing);
    return read_answer(doing, url, [&] { return parse_status(response, session_.clock().now()); });
}

AgentStatus AgentSource::wish(const LineageSpec &spec, const AgeRecipient &recipient)
{
    return post(session_.directory().agent.certs, to_payload(spec, name_, recipient),
                "wish for a certificate");
}

std::optional<AgentStatus> AgentSource::status()
{
    const std::string at = url("cert", session_.directory().agent.cert);
    const std::string doing = "status of a certificate";
    try {
        const HttpResponse response = session_.post(at, "", account_, doing);
        return read_answer(doing, at,
                           [&] { return parse_status(response, session_.clock().now()); });
    } catch (const CaProblem &problem) {
        if (problem.status == 404)
            return std::nullopt;
        throw;
    }
}

AgentStatus AgentSource::renew()
{
    return post(url("renew", session_.directory().agent.renew), Json::object(),
                "ask for a renewal");
}

void AgentSource::revoke(Generation number, std::optional<int> reason)
{
    Json payload = Json::object();
    payload.set("generation", generation_text(number));
    if (reason)
        payload.set("reason", *reason);
    post(url("revoke", session_.directory().agent.revoke), payload, "ask for a revocation");
}

void AgentSource::remove()
try {
    post(url("delete", session_.directory().agent.remove), Json::object(), "ask for a deletion");
} catch (const CaProblem &problem) {
    if (problem.status != 404)
        throw;
}

AgentSource::File AgentSource::fetch_bundle(const std::string &known_tag)
{
    const std::string doing = "certificate";
    const std::string with_file = fill_in(
        fill_in(session_.directory().agent.file, "generation", "latest"), "file", "bundle.pem.age");
    const std::string at = url("file", with_file);
    try {
        HttpResponse response = session_.post(at, "", account_, doing, known_tag);
        return read_answer(doing, at, [&] {
            File file;
            file.status.retry_after = retry_after_of(response, session_.clock().now());
            if (response.status == 304) {
                file.end = File::End::unchanged;
            } else if (response.status == 202) {
                file.end = File::End::pending;
                file.status = parse_status(response, session_.clock().now());
            } else {
                file.end = File::End::received;
                file.origin = origin_of(response);
                file.content = std::move(response.body);
            }
            return file;
        });
    } catch (const CaProblem &problem) {
        if (problem.status == 404)
            return {};
        throw;
    }
}

}
