// SPDX-License-Identifier: MIT
// Recipients and identities of age, and files of them.
#include "crypto/age.h"

#include "base/text.h"
#include "crypto/bech32.h"
#include "crypto/bytes.h"

#include <algorithm>
#include <fmt/format.h>
#include <sodium.h>

namespace acmeproxy {

namespace {

constexpr std::string_view recipient_prefix = "age";
constexpr std::string_view identity_prefix = "AGE-SECRET-KEY-";
constexpr std::size_t key_size = 32;

bool is_identity_like(std::string_view text)
{
    return text.size() >= identity_prefix.size() &&
           equal_ignoring_case(text.substr(0, identity_prefix.size()), identity_prefix);
}

/// With a point of small order every shared secret would be zero.
void refuse_low_order(const AgeRecipient::Bytes &bytes)
{
    const Secret scalar(std::string(key_size, '\1'));
    Secret shared = Secret::of_size(key_size);
    if (::crypto_scalarmult(bytes_at(shared.data()), as_bytes(scalar.view()), bytes.data()) != 0)
        throw Error("it is a point of low order, which protects nothing");
}

/// Calls `parse` for each key of a file, with the line's number in errors.
template <class Parse> auto parse_lines(std::string_view text, const char *what, Parse parse)
{
    std::vector<decltype(parse(text))> keys;
    int number = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.empty() || line.front() == '#')
            continue;
        try {
            keys.push_back(parse(line));
        } catch (...) {
            rethrow_while(fmt::format("line {}", number));
        }
    }
    if (keys.empty())
        throw Error(std::string("there is no ") + what + " in it");
    return keys;
}

}

AgeRecipient AgeRecipient::parse(std::string_view text)
{
    if (is_identity_like(text))
        throw Error("read an age recipient: this is a secret key, which must stay where it is "
                    "(acmeproxy keygen -y and age-keygen -y tell its recipient)");
    try {
        const Bech32 decoded = bech32_decode(text);
        if (decoded.prefix != recipient_prefix)
            throw Error("it does not begin with \"age1\" (only X25519 recipients are known)");
        if (decoded.bytes.size() != key_size)
            throw Error("it has not the length of a key");
        Bytes bytes;
        std::copy_n(as_bytes(decoded.bytes.view()), key_size, bytes.begin());
        refuse_low_order(bytes);
        return AgeRecipient(bytes);
    } catch (...) {
        rethrow_while("read the age recipient \"" + printable(text, 80) + "\"");
    }
}

std::string AgeRecipient::text() const
{
    const auto *begin = reinterpret_cast<const char *>(bytes_.data());
    return std::string(bech32_encode(recipient_prefix, {begin, bytes_.size()}).view());
}

AgeIdentity AgeIdentity::generate()
{
    Secret secret = Secret::of_size(key_size);
    ::randombytes_buf(secret.data(), secret.size());
    return AgeIdentity(std::move(secret));
}

AgeIdentity AgeIdentity::parse(std::string_view text)
try {
    Bech32 decoded = bech32_decode(text);
    if (decoded.prefix != identity_prefix)
        throw Error("it does not begin with \"AGE-SECRET-KEY-1\"");
    if (decoded.bytes.size() != key_size)
        throw Error("it has not the length of a key");
    return AgeIdentity(std::move(decoded.bytes));
} catch (...) {
    rethrow_while("read an age identity");
}

Secret AgeIdentity::text() const
{
    return bech32_encode(identity_prefix, secret_.view());
}

AgeRecipient AgeIdentity::recipient() const
{
    AgeRecipient::Bytes bytes;
    if (::crypto_scalarmult_base(bytes.data(), as_bytes(secret_.view())) != 0)
        throw Error("compute the recipient of an age identity");
    return AgeRecipient(bytes);
}

std::vector<AgeIdentity> parse_age_identities(std::string_view text)
{
    return parse_lines(text, "age identity",
                       [](std::string_view line) { return AgeIdentity::parse(line); });
}

std::vector<AgeRecipient> parse_age_recipients(std::string_view text)
{
    return parse_lines(text, "age recipient",
                       [](std::string_view line) { return AgeRecipient::parse(line); });
}

std::vector<std::string> texts_of(const std::vector<AgeRecipient> &recipients)
{
    std::vector<std::string> texts;
    for (const AgeRecipient &recipient : recipients)
        texts.push_back(recipient.text());
    return texts;
}

}
