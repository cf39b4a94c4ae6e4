// SPDX-License-Identifier: MIT
#include "spool/agent_requests.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time_text.h"
#include "spool/records.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace acmeproxy {

namespace {

constexpr Seconds refusal_age = std::chrono::days(7);
constexpr Seconds temporary_age = std::chrono::days(1);

AgentWish::Kind parse_kind(const std::string &text)
{
    using enum AgentWish::Kind;
    for (const auto kind : {want, renew, revoke, remove}) {
        if (to_text(kind) == text)
            return kind;
    }
    throw JsonError("member \"wish\": \"" + printable(text, 40) + "\" is not known");
}

/// RFC 5280, section 5.3.1. Which of them a CA takes is for others to know.
int reason_at(const Json &json)
{
    const std::int64_t reason = json.int_at("reason");
    if (reason < 0 || reason > 10)
        throw JsonError("member \"reason\" is out of range");
    return static_cast<int>(reason);
}

void parse_want(const Json &json, AgentWish &wish)
{
    for (const Json &id : json.array_at("identifiers"))
        wish.identifiers.push_back(Identifier::parse(id.string_at("type"), id.string_at("value")));
    if (wish.identifiers.empty())
        throw JsonError("member \"identifiers\" is empty");
    for (const std::string &recipient : json.strings_or_none("recipients"))
        wish.recipients.push_back(AgeRecipient::parse(recipient));
    const auto key_type = parse_key_type(json.string_or("key_type", "ec256"));
    if (!key_type)
        throw JsonError("member \"key_type\" is no type of key");
    wish.key_type = *key_type;
    wish.reuse_key = json.bool_or("reuse_key", false);
    wish.profile = json.string_or("profile", "");
    wish.csr = json.string_or("csr", "");
}

/// A damaged one is another one: told when it is looked at.
bool is_text_of(const std::string &text, const AgentWish &wish)
try {
    return to_json(parse_agent_wish(Json::parse(text))) == to_json(wish);
} catch (const Error &) {
    return false;
}

/// Its files' names, split by what they are.
template <class LineageOf, class Visit>
void visit_files(const Spool &spool, LineageOf lineage_of, Visit visit)
{
    spool.dir().scan(AgentNames::requests().str(), [&](const char *name) {
        if (const auto lineage = lineage_of(name))
            visit(*lineage);
    });
}

std::vector<LineageName> of_client(const Spool &spool, const ClientId &client,
                                   std::optional<LineageName> (*lineage_of)(std::string_view))
{
    std::vector<LineageName> names;
    visit_files(spool, lineage_of, [&](const LineageName &name) {
        if (owner_of_lineage(name) == client)
            names.push_back(name);
    });
    std::sort(names.begin(), names.end());
    return names;
}

}

std::string to_text(AgentWish::Kind kind)
{
    switch (kind) {
    case AgentWish::Kind::want:
        return "want";
    case AgentWish::Kind::renew:
        return "renew";
    case AgentWish::Kind::revoke:
        return "revoke";
    case AgentWish::Kind::remove:
        return "remove";
    }
    return {};
}

Json to_json(const AgentWish &wish)
{
    Json json = Json::object();
    json.set("format", 1)
        .set("wish", to_text(wish.kind))
        .set("account", wish.account)
        .set("made", format_rfc3339(wish.made));
    if (wish.kind == AgentWish::Kind::revoke) {
        json.set("generation", wish.generation);
        if (wish.reason)
            json.set("reason", *wish.reason);
    }
    if (wish.kind != AgentWish::Kind::want)
        return json;
    Json identifiers = Json::array();
    for (const Identifier &id : wish.identifiers)
        identifiers.push(Json::object().set("type", id.type_name()).set("value", id.value()));
    json.set("identifiers", std::move(identifiers))
        .set("recipients", Json::strings(texts_of(wish.recipients)))
        .set("key_type", to_text(wish.key_type))
        .set("reuse_key", wish.reuse_key);
    if (!wish.profile.empty())
        json.set("profile", wish.profile);
    if (!wish.csr.empty())
        json.set("csr", wish.csr);
    return json;
}

AgentWish parse_agent_wish(const Json &json)
{
    json.refuse_members_except({"format", "wish", "account", "made", "identifiers", "recipients",
                                "key_type", "reuse_key", "profile", "csr", "generation", "reason"});
    AgentWish wish;
    wish.kind = parse_kind(json.string_at("wish"));
    wish.account = json.string_at("account");
    wish.made = time_at(json, "made");
    if (wish.kind == AgentWish::Kind::want)
        parse_want(json, wish);
    if (wish.kind == AgentWish::Kind::revoke) {
        const std::int64_t generation = json.int_at("generation");
        if (generation < 1 || generation > 999999999)
            throw JsonError("member \"generation\" is out of range");
        wish.generation = static_cast<Generation>(generation);
        if (json.find("reason"))
            wish.reason = reason_at(json);
    }
    return wish;
}

AgentRefusal parse_agent_refusal(const Json &json)
{
    return {json.string_at("wish"), json.string_at("type"), json.string_at("detail"),
            time_at(json, "when")};
}

std::vector<LineageName> AgentRequests::list() const
{
    std::vector<std::pair<std::pair<time_t, long>, LineageName>> found;
    visit_files(spool_, AgentNames::lineage_of_request, [&](const LineageName &name) {
        if (const auto st = spool_.dir().status(AgentNames::request(name).str()))
            found.push_back({{st->st_mtim.tv_sec, st->st_mtim.tv_nsec}, name});
    });
    std::sort(found.begin(), found.end());
    std::vector<LineageName> names;
    for (const auto &[time, name] : found)
        names.push_back(name);
    return names;
}

std::vector<LineageName> AgentRequests::list(const ClientId &client) const
{
    return of_client(spool_, client, AgentNames::lineage_of_request);
}

std::vector<LineageName> AgentRequests::refused(const ClientId &client) const
{
    return of_client(spool_, client, AgentNames::lineage_of_refusal);
}

std::optional<AgentWish> AgentRequests::find(const LineageName &lineage) const
{
    const SpoolPath path = AgentNames::request(lineage);
    const auto json = spool_.read_json(path);
    if (!json)
        return std::nullopt;
    try {
        return parse_agent_wish(*json);
    } catch (...) {
        rethrow_while("read " + spool_.path_of(path));
    }
}

Lock AgentRequests::lock() const
{
    return spool_.hold(AgentNames::requests_lock());
}

void AgentRequests::put(const LineageName &lineage, const AgentWish &wish) const
{
    // First: a quick pass may have refused the new one by the time it would be forgotten.
    forget_refusal(lineage);
    replace_file(spool_.dir(), AgentNames::requests_tmp().str(), AgentNames::request(lineage).str(),
                 to_json(wish).to_pretty_text(), 0640);
}

void AgentRequests::done(const LineageName &lineage, const AgentWish &applied) const
{
    // It is taken away before it is looked at: what is put from now on stays.
    const std::string path = AgentNames::request(lineage).str();
    const std::string away = AgentNames::requests_tmp().str() + "/" + unique_name();
    try {
        spool_.dir().rename(path, away);
    } catch (const std::system_error &e) {
        if (e.code().value() == ENOENT)
            return;
        throw;
    }
    const auto text = spool_.dir().read_file(away);
    // By a rename, which a full disk does not hinder; not if there is a newer one.
    if (!text || is_text_of(*text, applied) || !spool_.dir().rename_new(away, path))
        spool_.dir().remove_file(away);
}

void AgentRequests::drop(const LineageName &lineage) const
{
    spool_.remove(AgentNames::request(lineage));
}

void AgentRequests::refuse(const LineageName &lineage, const AgentRefusal &refusal) const
{
    spool_.write_json(AgentNames::refusal(lineage), Json::object()
                                                        .set("wish", refusal.wish)
                                                        .set("type", refusal.type)
                                                        .set("detail", refusal.detail)
                                                        .set("when", format_rfc3339(refusal.when)));
}

std::optional<AgentRefusal> AgentRequests::refusal(const LineageName &lineage) const
{
    try {
        const auto json = spool_.read_json(AgentNames::refusal(lineage));
        if (!json)
            return std::nullopt;
        return parse_agent_refusal(*json);
    } catch (const std::system_error &) {
        throw;
    } catch (const Error &) {
        return std::nullopt; // damaged: only a message is lost
    }
}

void AgentRequests::forget_refusal(const LineageName &lineage) const
{
    spool_.remove(AgentNames::refusal(lineage));
}

void AgentRequests::forget_client(const ClientId &client) const
{
    for (const LineageName &lineage : list(client))
        drop(lineage);
    for (const LineageName &lineage : refused(client))
        forget_refusal(lineage);
}

int AgentRequests::sweep(Time now) const
{
    int removed = 0;
    const auto sweep_older = [&](const std::string &folder, Seconds age, auto is_meant) {
        for (const std::string &name : spool_.dir().list(folder)) {
            const std::string path = folder + "/" + name;
            const auto st = spool_.dir().status(path);
            if (st && is_meant(name) && now - Time(Seconds(st->st_mtime)) > age) {
                spool_.dir().remove_tree(path);
                ++removed;
            }
        }
    };
    sweep_older(AgentNames::requests().str(), refusal_age, [](const std::string &name) {
        return AgentNames::lineage_of_refusal(name).has_value();
    });
    sweep_older(AgentNames::requests_tmp().str(), temporary_age,
                [](const std::string &) { return true; });
    return removed;
}

}
