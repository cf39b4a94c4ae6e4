// SPDX-License-Identifier: MIT
#include "spool/records.h"

#include "base/error.h"
#include "base/text.h"
#include "base/time_text.h"

#include <algorithm>
#include <cstdint>

namespace acmeproxy {

Time time_at(const Json &json, std::string_view name)
{
    const std::string &text = json.string_at(name);
    const auto time = parse_rfc3339(text);
    if (!time)
        throw JsonError("member \"" + std::string(name) + "\" is not a point in time: \"" +
                        printable(text, 40) + "\"");
    return *time;
}

namespace {

Generation generation_at(const Json &json)
{
    const std::int64_t generation = json.int_at("generation");
    if (generation < 1 || generation > 999999999)
        throw JsonError("member \"generation\" is no number of a generation");
    return static_cast<Generation>(generation);
}

std::optional<Time> time_if_there(const Json &json, std::string_view name)
{
    const Json *member = json.find(name);
    return member && !member->is_null() ? std::optional(time_at(json, name)) : std::nullopt;
}

int count_of(const Json &json, std::string_view name)
{
    return static_cast<int>(std::clamp<std::int64_t>(json.int_or(name, 0), 0, 1000000));
}

void set_if(Json &json, std::string_view name, const std::optional<Time> &time)
{
    if (time)
        json.set(name, format_rfc3339(*time));
}

}

Json to_json(const OrderRecord &record)
{
    return Json::object()
        .set("ca", record.ca)
        .set("directory", record.directory)
        .set("account", record.account)
        .set("order", record.url)
        .set("generation", record.generation)
        .set("placed", format_rfc3339(record.placed));
}

OrderRecord parse_order_record(const Json &json)
{
    OrderRecord record;
    record.ca = json.string_at("ca");
    record.directory = json.string_at("directory");
    record.account = json.string_at("account");
    record.url = json.string_at("order");
    record.generation = generation_at(json);
    record.placed = time_at(json, "placed");
    return record;
}

Json to_json(const RetryRecord &record)
{
    Json json = Json::object();
    json.set("attempts", record.attempts).set("error", record.error);
    if (!record.client_error.empty())
        json.set("client_error", record.client_error);
    json.set("last", format_rfc3339(record.last));
    set_if(json, "next", record.next);
    if (record.hook_attempts > 0) {
        json.set("hook_attempts", record.hook_attempts).set("hook_error", record.hook_error);
        set_if(json, "hook_next", record.hook_next);
    }
    return json;
}

RetryRecord parse_retry_record(const Json &json)
{
    RetryRecord record;
    record.attempts = count_of(json, "attempts");
    record.error = json.string_or("error", "");
    record.client_error = json.string_or("client_error", "");
    record.last = time_at(json, "last");
    record.next = time_if_there(json, "next");
    record.hook_attempts = count_of(json, "hook_attempts");
    record.hook_error = json.string_or("hook_error", "");
    record.hook_next = time_if_there(json, "hook_next");
    return record;
}

Json to_json(const OriginRecord &record)
{
    return Json::object()
        .set("server", record.server)
        .set("generation", record.generation)
        .set("tag", record.tag)
        .set("recipient", record.recipient)
        .set("next_ask", format_rfc3339(record.next_ask));
}

OriginRecord parse_origin_record(const Json &json)
{
    return {json.string_at("server"), generation_at(json), json.string_or("tag", ""),
            json.string_or("recipient", ""), time_at(json, "next_ask")};
}

Json to_json(const AriRecord &record)
{
    Json json = Json::object();
    json.set("certificate", record.certificate_id);
    set_if(json, "start", record.start);
    set_if(json, "end", record.end);
    set_if(json, "picked", record.picked);
    if (!record.explanation_url.empty())
        json.set("explanation_url", record.explanation_url);
    json.set("next_poll", format_rfc3339(record.next_poll));
    return json;
}

AriRecord parse_ari_record(const Json &json)
{
    AriRecord record;
    record.certificate_id = json.string_at("certificate");
    record.start = time_if_there(json, "start");
    record.end = time_if_there(json, "end");
    record.picked = time_if_there(json, "picked");
    record.explanation_url = json.string_or("explanation_url", "");
    record.next_poll = time_at(json, "next_poll");
    return record;
}

}
