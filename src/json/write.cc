// SPDX-License-Identifier: MIT
#include "json/grammar.h"
#include "json/json.h"
#include "json/tree.h"

#include "base/text.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <new>

namespace acmeproxy {

namespace {

struct TextFreer {
    void operator()(char *text) const { cJSON_free(text); }
};

JsonTree owned(cJSON *tree)
{
    if (!tree)
        throw std::bad_alloc();
    return JsonTree(tree);
}

/// What could not be read again is not written either.
const char *checked(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        throw JsonError("text with a NUL cannot be written as JSON");
    if (!is_valid_utf8(text))
        throw JsonError("text that is not UTF-8 cannot be written as JSON");
    return text.c_str();
}

/// As raw text, since cJSON rounds the digits of large numbers.
template <class Number> JsonTree number_tree(Number number)
{
    std::array<char, 40> digits = {};
    std::to_chars(digits.data(), digits.data() + digits.size() - 1, number);
    return owned(cJSON_CreateRaw(digits.data()));
}

JsonTree integer_tree(std::int64_t number)
{
    if (number > max_json_integer || number < -max_json_integer)
        throw JsonError("number out of range cannot be written as JSON");
    return number_tree(number);
}

JsonTree to_tree(const Json &json, int depth);

JsonTree array_tree(const Json::Array &values, int depth)
{
    JsonTree tree = owned(cJSON_CreateArray());
    for (const Json &value : values) {
        JsonTree item = to_tree(value, depth);
        if (!cJSON_AddItemToArray(tree.get(), item.get()))
            throw std::bad_alloc();
        item.release();
    }
    return tree;
}

JsonTree object_tree(const Json::Object &members, int depth)
{
    JsonTree tree = owned(cJSON_CreateObject());
    for (const auto &[name, value] : members) {
        JsonTree item = to_tree(value, depth);
        if (!cJSON_AddItemToObjectCS(tree.get(), checked(name), item.get()))
            throw std::bad_alloc();
        item.release();
    }
    return tree;
}

/// Strings are borrowed: the tree must not outlive `json`.
JsonTree to_tree(const Json &json, int depth)
{
    if (depth > max_json_depth)
        throw JsonError("nested too deep to be written as JSON");
    if (const auto *text = json.as_string())
        return owned(cJSON_CreateStringReference(checked(*text)));
    if (const auto *values = json.as_array())
        return array_tree(*values, depth + 1);
    if (const auto *members = json.as_object())
        return object_tree(*members, depth + 1);
    if (const auto flag = json.as_bool())
        return owned(cJSON_CreateBool(*flag));
    if (const auto number = json.as_int())
        return integer_tree(*number);
    if (const auto number = json.as_double())
        return number_tree(*number);
    return owned(cJSON_CreateNull());
}

std::string print(const Json &json, cJSON_bool is_indented)
{
    constexpr int first_guess = 512;
    const JsonTree tree = to_tree(json, 0);
    const std::unique_ptr<char, TextFreer> text(
        cJSON_PrintBuffered(tree.get(), first_guess, is_indented));
    if (!text)
        throw std::bad_alloc();
    return text.get();
}

}

std::string Json::to_text() const
{
    return print(*this, 0);
}

std::string Json::to_pretty_text() const
{
    return print(*this, 1) + "\n";
}

}
