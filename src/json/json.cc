// SPDX-License-Identifier: MIT
#include "json/json.h"

#include "base/text.h"
#include "json/grammar.h"

#include <algorithm>
#include <cmath>

namespace acmeproxy {

namespace {

[[noreturn]] void fail(std::string_view name, const char *what)
{
    throw JsonError("member \"" + std::string(name) + "\" " + what);
}

const Json &member(const Json &object, std::string_view name)
{
    const Json *found = object.find(name);
    if (!found)
        fail(name, "is missing");
    return *found;
}

/// Nullptr where the member is missing or null.
const Json *optional_member(const Json &object, std::string_view name)
{
    const Json *found = object.find(name);
    return found && !found->is_null() ? found : nullptr;
}

const std::string &string_in(const Json &value, std::string_view name)
{
    const std::string *text = value.as_string();
    if (!text)
        fail(name, "is not a string");
    return *text;
}

std::int64_t int_in(const Json &value, std::string_view name)
{
    const auto number = value.as_int();
    if (!number)
        fail(name, "is not an integer");
    return *number;
}

bool bool_in(const Json &value, std::string_view name)
{
    const auto flag = value.as_bool();
    if (!flag)
        fail(name, "is not true or false");
    return *flag;
}

const Json::Array &array_in(const Json &value, std::string_view name)
{
    const Json::Array *values = value.as_array();
    if (!values)
        fail(name, "is not an array");
    return *values;
}

std::vector<std::string> strings_in(const Json &value, std::string_view name)
{
    std::vector<std::string> texts;
    for (const Json &item : array_in(value, name)) {
        const std::string *text = item.as_string();
        if (!text)
            fail(name, "is not an array of strings");
        texts.push_back(*text);
    }
    return texts;
}

}

Json Json::strings(const std::vector<std::string> &values)
{
    return Json(Array(values.begin(), values.end()));
}

Json Json::number(double value)
{
    if (std::trunc(value) == value && std::fabs(value) <= double(max_json_integer))
        return Json(static_cast<std::int64_t>(value));
    Json json;
    json.value_ = value;
    return json;
}

std::optional<bool> Json::as_bool() const
{
    const bool *flag = std::get_if<bool>(&value_);
    return flag ? std::optional(*flag) : std::nullopt;
}

std::optional<std::int64_t> Json::as_int() const
{
    const std::int64_t *number = std::get_if<std::int64_t>(&value_);
    return number ? std::optional(*number) : std::nullopt;
}

std::optional<double> Json::as_double() const
{
    if (const std::int64_t *number = std::get_if<std::int64_t>(&value_))
        return static_cast<double>(*number);
    const double *number = std::get_if<double>(&value_);
    return number ? std::optional(*number) : std::nullopt;
}

const Json *Json::find(std::string_view name) const
{
    const Object *members = as_object();
    if (!members)
        return nullptr;
    for (const auto &[key, value] : *members)
        if (key == name)
            return &value;
    return nullptr;
}

const std::string &Json::string_at(std::string_view name) const
{
    return string_in(member(*this, name), name);
}

std::int64_t Json::int_at(std::string_view name) const
{
    return int_in(member(*this, name), name);
}

bool Json::bool_at(std::string_view name) const
{
    return bool_in(member(*this, name), name);
}

const Json::Array &Json::array_at(std::string_view name) const
{
    return array_in(member(*this, name), name);
}

const Json &Json::object_at(std::string_view name) const
{
    const Json &found = member(*this, name);
    if (!found.is_object())
        fail(name, "is not an object");
    return found;
}

std::vector<std::string> Json::strings_at(std::string_view name) const
{
    return strings_in(member(*this, name), name);
}

std::string Json::string_or(std::string_view name, std::string_view otherwise) const
{
    const Json *found = optional_member(*this, name);
    return found ? string_in(*found, name) : std::string(otherwise);
}

std::int64_t Json::int_or(std::string_view name, std::int64_t otherwise) const
{
    const Json *found = optional_member(*this, name);
    return found ? int_in(*found, name) : otherwise;
}

bool Json::bool_or(std::string_view name, bool otherwise) const
{
    const Json *found = optional_member(*this, name);
    return found ? bool_in(*found, name) : otherwise;
}

std::vector<std::string> Json::strings_or_none(std::string_view name) const
{
    const Json *found = optional_member(*this, name);
    return found ? strings_in(*found, name) : std::vector<std::string>();
}

std::optional<std::string> Json::unknown_member(std::initializer_list<std::string_view> known) const
{
    if (!is_object())
        return std::nullopt;
    for (const auto &[name, value] : *as_object()) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            return name;
    }
    return std::nullopt;
}

void Json::refuse_members_except(std::initializer_list<std::string_view> known) const
{
    if (!is_object())
        throw JsonError("not an object");
    if (const auto name = unknown_member(known))
        throw JsonError("member \"" + printable(*name, 60) + "\" is not known");
}

Json &Json::set(std::string_view name, Json value)
{
    Object &members = std::get<Object>(value_);
    for (auto &[key, old] : members) {
        if (key == name) {
            old = std::move(value);
            return *this;
        }
    }
    members.emplace_back(name, std::move(value));
    return *this;
}

Json &Json::push(Json value)
{
    std::get<Array>(value_).push_back(std::move(value));
    return *this;
}

}
