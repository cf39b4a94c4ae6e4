// SPDX-License-Identifier: MIT
#include "crypto/age_armor.h"

#include "base/encoding.h"

#include <algorithm>
#include <cstring>

namespace acmeproxy {

namespace {

constexpr std::string_view begin_line = "-----BEGIN AGE ENCRYPTED FILE-----";
constexpr std::string_view end_line = "-----END AGE ENCRYPTED FILE-----";
constexpr std::string_view white_space = " \t\r\n";
constexpr std::size_t most_white_space = 1024;
constexpr std::size_t bytes_per_line = age_columns / 4 * 3;

[[noreturn]] void refuse_armor(const char *reason)
{
    throw AgeError(std::string("the armor is damaged: ") + reason);
}

}

bool begins_armored(AgeInput &input)
{
    const std::string_view there = input.peek(most_white_space + begin_line.size());
    const std::size_t at = there.find_first_not_of(white_space);
    if (at == std::string_view::npos || at > most_white_space ||
        !there.substr(at).starts_with("-----BEGIN"))
        return false;
    input.skip(at);
    return true;
}

std::string ArmorReader::next_line()
{
    // The end line alone may have no line feed.
    if (const auto line = input_.line(age_columns + 1))
        return std::string(line->ends_with('\r') ? line->substr(0, line->size() - 1) : *line);
    const std::string_view rest = input_.peek(age_columns + 2);
    if (rest == end_line) {
        input_.skip(end_line.size());
        return std::string(end_line);
    }
    refuse_armor(rest.size() > age_columns + 1 ? "a line is longer than 64 columns"
                                               : "it is cut off");
}

void ArmorReader::read_begin()
{
    if (next_line() != begin_line)
        refuse_armor("it does not begin with \"-----BEGIN AGE ENCRYPTED FILE-----\"");
    place_ = Place::lines;
}

void ArmorReader::read_line()
{
    const std::string line = next_line();
    if (line == end_line) {
        read_end();
        return;
    }
    if (place_ == Place::last_line)
        refuse_armor("a line follows the last one");
    if (line.empty())
        refuse_armor("a line is empty");
    if (line.size() > age_columns)
        refuse_armor("a line is longer than 64 columns");
    const auto bytes = base64_decode(line);
    if (!bytes)
        refuse_armor("a line is not canonical base64");
    bytes_ = *bytes;
    given_ = 0;
    if (bytes_.size() < bytes_per_line)
        place_ = Place::last_line;
}

void ArmorReader::read_end()
{
    const std::string_view rest = input_.peek(most_white_space + 1);
    if (rest.size() > most_white_space ||
        rest.find_first_not_of(white_space) != std::string_view::npos)
        refuse_armor("something follows its end");
    input_.skip(rest.size());
    place_ = Place::end;
}

std::size_t ArmorReader::read(char *out, std::size_t size)
{
    if (place_ == Place::before)
        read_begin();
    std::size_t have = 0;
    while (have < size) {
        while (given_ == bytes_.size() && place_ != Place::end)
            read_line();
        const std::size_t part = std::min(size - have, bytes_.size() - given_);
        if (part == 0)
            break;
        std::memcpy(out + have, bytes_.data() + given_, part);
        given_ += part;
        have += part;
    }
    return have;
}

void ArmorWriter::write(std::string_view bytes)
{
    std::string text;
    if (!begun_)
        text = std::string(begin_line) + "\n";
    begun_ = true;
    rest_.append(bytes);
    const std::size_t whole = rest_.size() / bytes_per_line * bytes_per_line;
    const std::string encoded = base64_encode(std::string_view(rest_).substr(0, whole));
    rest_.erase(0, whole);
    text.reserve(text.size() + encoded.size() / age_columns * (age_columns + 1));
    for (std::size_t at = 0; at < encoded.size(); at += age_columns)
        text.append(encoded, at, age_columns).push_back('\n');
    sink_(text);
}

void ArmorWriter::finish()
{
    std::string text;
    if (!rest_.empty())
        text = base64_encode(rest_) + "\n";
    sink_(text.append(end_line).append("\n"));
}

}
