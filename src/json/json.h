// SPDX-License-Identifier: MIT
// JSON values (RFC 8259), strictly: cJSON parses, and what it lets pass is refused here: trailing
// bytes, duplicate members, NUL characters, bad UTF-8, depth over 16, numbers that a double would
// round. Member names are compared exactly. The only code that touches cJSON.
//
// A Json is a plain value: copying copies, const members may be called by many threads.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace acmeproxy {

/// What is wrong with a text or a member: safe to show to whoever sent it.
class JsonError : public Error {
public:
    using Error::Error;
};

class Json {
public:
    using Array = std::vector<Json>;
    using Object = std::vector<std::pair<std::string, Json>>; ///< in the order of the text

    Json() = default; ///< null
    Json(bool value) : value_(value) {}
    Json(std::int64_t value) : value_(value) {}
    Json(int value) : value_(std::int64_t{value}) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(const char *value) : value_(std::string(value)) {}
    Json(Array value) : value_(std::move(value)) {}
    Json(Object value) : value_(std::move(value)) {}
    static Json array() { return Json(Array()); }
    static Json object() { return Json(Object()); }
    /// An array of strings.
    static Json strings(const std::vector<std::string> &values);
    /// A finite number; one that is whole and no larger than 2^53 becomes an integer.
    static Json number(double value);

    /// Throws JsonError that says what and where (byte offset).
    static Json parse(std::string_view text);
    /// In one line. Throws JsonError for what parse() would not take: text that is not UTF-8 or has
    /// a NUL, integers beyond 2^53, depth over 16.
    std::string to_text() const;
    /// Indented, with a final line end: for files that people read.
    std::string to_pretty_text() const;

    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    bool is_object() const { return std::holds_alternative<Object>(value_); }
    bool is_array() const { return std::holds_alternative<Array>(value_); }
    bool is_string() const { return std::holds_alternative<std::string>(value_); }

    /// Nullptr / nullopt where the value is of another type.
    const std::string *as_string() const { return std::get_if<std::string>(&value_); }
    const Array *as_array() const { return std::get_if<Array>(&value_); }
    const Object *as_object() const { return std::get_if<Object>(&value_); }
    std::optional<bool> as_bool() const;
    /// Whole numbers only; a number with a fraction is kept as one but is no integer.
    std::optional<std::int64_t> as_int() const;
    /// Any number.
    std::optional<double> as_double() const;

    /// A member of an object; nullptr where there is none or this is no object.
    const Json *find(std::string_view name) const;
    // The member of the given type: throw JsonError ("member \"x\" is missing", "member \"x\" is
    // not a string") ...
    const std::string &string_at(std::string_view name) const;
    std::int64_t int_at(std::string_view name) const;
    bool bool_at(std::string_view name) const;
    const Array &array_at(std::string_view name) const;
    const Json &object_at(std::string_view name) const;
    std::vector<std::string> strings_at(std::string_view name) const;
    // ... or give the default where it is missing or null, and still throw on another type.
    std::string string_or(std::string_view name, std::string_view otherwise) const;
    std::int64_t int_or(std::string_view name, std::int64_t otherwise) const;
    bool bool_or(std::string_view name, bool otherwise) const;
    std::vector<std::string> strings_or_none(std::string_view name) const;

    /// The first member of an object that is none of these; nullopt where there is none, or this is
    /// no object.
    std::optional<std::string> unknown_member(std::initializer_list<std::string_view> known) const;

    /// Throws JsonError where this is no object, or has a member that is none of these.
    void refuse_members_except(std::initializer_list<std::string_view> known) const;

    /// Adds or replaces a member; this must be an object. Returns *this, to be chained.
    Json &set(std::string_view name, Json value);
    /// Appends; this must be an array.
    Json &push(Json value);

    bool operator==(const Json &other) const = default;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

}
