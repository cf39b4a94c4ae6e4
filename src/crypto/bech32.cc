// SPDX-License-Identifier: MIT
#include "crypto/bech32.h"

#include "base/error.h"

#include <array>
#include <cstdint>

namespace acmeproxy {

namespace {

constexpr std::string_view alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t checksum_size = 6;
constexpr std::size_t most_characters = 8192;

/// The checksum's polynomial over 5-bit values, one at a time (BIP 173).
class Checksum {
public:
    explicit Checksum(std::string_view prefix)
    {
        for (const char c : prefix)
            add(static_cast<std::uint32_t>(lower(c)) >> 5);
        add(0);
        for (const char c : prefix)
            add(static_cast<std::uint32_t>(lower(c)) & 31);
    }

    void add(std::uint32_t value)
    {
        constexpr std::array<std::uint32_t, 5> generator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                            0x3d4233dd, 0x2a1462b3};
        const std::uint32_t top = state_ >> 25;
        state_ = ((state_ & 0x1ffffff) << 5) ^ value;
        for (std::size_t i = 0; i < generator.size(); ++i)
            state_ ^= ((top >> i) & 1) != 0 ? generator[i] : 0;
    }

    std::uint32_t state() const { return state_; }

    static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

private:
    std::uint32_t state_ = 1;
};

bool has_upper(std::string_view text)
{
    return text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos;
}

bool has_lower(std::string_view text)
{
    return text.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string_view::npos;
}

/// Where the last "1" is: what follows are data and checksum.
std::size_t find_separator(std::string_view text)
{
    if (text.size() > most_characters)
        throw Error("it is too long for Bech32");
    for (const char c : text) {
        if (c < 33 || c > 126)
            throw Error("it has a character that Bech32 has not");
    }
    if (has_upper(text) && has_lower(text))
        throw Error("it mixes upper and lower case");
    const std::size_t at = text.rfind('1');
    if (at == std::string_view::npos || at == 0)
        throw Error("it has no Bech32 prefix");
    if (text.size() - at - 1 < checksum_size)
        throw Error("it is too short for a Bech32 checksum");
    return at;
}

std::uint32_t value_of(char c)
{
    const std::size_t value = alphabet.find(Checksum::lower(c));
    if (value == std::string_view::npos)
        throw Error("it has a character that Bech32 data has not");
    return static_cast<std::uint32_t>(value);
}

void check_sum(std::string_view prefix, std::string_view data)
{
    Checksum checksum(prefix);
    for (const char c : data)
        checksum.add(value_of(c));
    if (checksum.state() != 1)
        throw Error("its checksum is wrong (a character is wrong or missing)");
}

}

Bech32 bech32_decode(std::string_view text)
{
    const std::size_t at = find_separator(text);
    const std::string_view prefix = text.substr(0, at);
    check_sum(prefix, text.substr(at + 1));
    const std::string_view data = text.substr(at + 1, text.size() - at - 1 - checksum_size);
    if (data.size() * 5 % 8 >= 5)
        throw Error("it has more characters than its bytes need");
    Bech32 result{std::string(prefix), Secret::of_size(data.size() * 5 / 8)};
    std::uint32_t pool = 0;
    int bits = 0;
    std::size_t size = 0;
    for (const char c : data) {
        pool = ((pool << 5) | value_of(c)) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            result.bytes.data()[size++] = static_cast<char>((pool >> bits) & 255);
        }
    }
    if ((pool & ((1U << bits) - 1)) != 0)
        throw Error("its last bits are not zero");
    return result;
}

Secret bech32_encode(std::string_view prefix, std::string_view bytes)
{
    const bool upper = has_upper(prefix);
    const std::size_t data_size = (bytes.size() * 8 + 4) / 5;
    Secret text = Secret::of_size(prefix.size() + 1 + data_size + checksum_size);
    std::size_t size = prefix.copy(text.data(), prefix.size());
    text.data()[size++] = '1';
    Checksum checksum(prefix);
    const auto put = [&](std::uint32_t value) {
        const char c = alphabet[value];
        text.data()[size++] = upper && c >= 'a' ? static_cast<char>(c - 32) : c;
    };
    std::uint32_t pool = 0;
    int bits = 0;
    for (const char c : bytes) {
        pool = ((pool << 8) | static_cast<unsigned char>(c)) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5) {
            checksum.add((pool >> (bits - 5)) & 31);
            put((pool >> (bits - 5)) & 31);
        }
    }
    if (bits > 0) {
        checksum.add((pool << (5 - bits)) & 31);
        put((pool << (5 - bits)) & 31);
    }
    for (std::size_t i = 0; i < checksum_size; ++i)
        checksum.add(0);
    for (std::size_t i = 0; i < checksum_size; ++i)
        put(((checksum.state() ^ 1) >> (5 * (5 - i))) & 31);
    return text;
}

}
