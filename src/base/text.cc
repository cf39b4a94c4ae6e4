// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <algorithm>

namespace acmeproxy {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The size of the UTF-8 sequence at the front of `text`, 0 where there is none (RFC 3629:
/// overlong forms, surrogates and values over U+10FFFF are invalid).
std::size_t utf8_sequence(std::string_view text)
{
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool too_large = first == 0xF4 && byte(1) > 0x8F;
        return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

/// Whether the first `size` bytes, one valid sequence, are a control character, or one of those
/// that break a line or turn the direction of writing (U+2028 to U+202E, U+2066 to U+2069).
bool is_control(std::string_view text, std::size_t size)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (size == 1)
        return byte(0) < 0x20 || byte(0) == 0x7F;
    if (size == 2)
        return byte(0) == 0xC2 && byte(1) < 0xA0;
    if (size != 3 || byte(0) != 0xE2)
        return false;
    return (byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) ||
           (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9);
}

}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view white = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(white);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

std::string to_lower(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::string join(const std::vector<std::string> &parts, std::string_view separator)
{
    std::string result;
    for (const std::string &part : parts) {
        if (&part != &parts.front())
            result += separator;
        result += part;
    }
    return result;
}

std::string printable(std::string_view text, std::size_t max_size)
{
    std::string result;
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        const bool shown = size != 0 && !is_control(text, size);
        const std::string_view piece = shown ? text.substr(0, size) : "?";
        if (result.size() + piece.size() > max_size)
            return result + "...";
        result += piece;
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

bool is_valid_utf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        if (size == 0)
            return false;
        text.remove_prefix(size);
    }
    return true;
}

}
