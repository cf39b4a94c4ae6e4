// SPDX-License-Identifier: MIT
#include "base/encoding.h"

#include <algorithm>

#include <array>
#include <cstdint>

namespace acmeproxy {

namespace {

constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Values = std::array<signed char, 256>;

Values values_of(std::string_view alphabet)
{
    Values table;
    table.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<signed char>(i);
    return table;
}

std::optional<std::string> decode(std::string_view text, const Values &values)
{
    if (text.size() % 4 == 1)
        return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pool = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = values[static_cast<unsigned char>(c)];
        if (value < 0)
            return std::nullopt;
        pool = (pool << 6) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((pool >> bits) & 255);
        }
    }
    if ((pool & ((1U << bits) - 1)) != 0)
        return std::nullopt;
    return bytes;
}

/// The three bytes at `group` as one number.
std::uint32_t pool_of(const char *group)
{
    const auto byte = [&](int i) { return std::uint32_t(static_cast<unsigned char>(group[i])); };
    return byte(0) << 16 | byte(1) << 8 | byte(2);
}

std::string encode(std::string_view bytes, std::string_view alphabet)
{
    std::string text((bytes.size() * 4 + 2) / 3, '\0');
    const char *from = bytes.data();
    const char *const letters = alphabet.data();
    char *to = text.data();
    const std::size_t rest = bytes.size() % 3;
    for (const char *const end = from + (bytes.size() - rest); from != end; from += 3) {
        const std::uint32_t pool = pool_of(from);
        *to++ = letters[pool >> 18];
        *to++ = letters[pool >> 12 & 63];
        *to++ = letters[pool >> 6 & 63];
        *to++ = letters[pool & 63];
    }
    if (rest > 0) {
        const char last[] = {from[0], rest > 1 ? from[1] : '\0', '\0'};
        const std::uint32_t pool = pool_of(last);
        *to++ = letters[pool >> 18];
        *to++ = letters[pool >> 12 & 63];
        if (rest > 1)
            *to++ = letters[pool >> 6 & 63];
    }
    return text;
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

}

std::string base64url_encode(std::string_view bytes)
{
    return encode(bytes, url_alphabet);
}

std::string base64_encode(std::string_view bytes)
{
    std::string text = encode(bytes, standard_alphabet);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string base64_raw_encode(std::string_view bytes)
{
    return encode(bytes, standard_alphabet);
}

std::optional<std::string> base64url_decode(std::string_view text)
{
    static const auto values = values_of(url_alphabet);
    return decode(text, values);
}

std::optional<std::string> base64_raw_decode(std::string_view text)
{
    static const auto values = values_of(standard_alphabet);
    return decode(text, values);
}

std::optional<std::string> base64_decode(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i)
        text.remove_suffix(1);
    return base64_raw_decode(text);
}

std::string hex_encode(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

std::optional<std::string> hex_decode(std::string_view text)
{
    if (text.size() % 2 != 0)
        return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

bool is_base64url_text(std::string_view text, std::size_t max_size)
{
    const auto in_alphabet = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= max_size &&
           std::all_of(text.begin(), text.end(), in_alphabet);
}

}
