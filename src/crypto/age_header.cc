// SPDX-License-Identifier: MIT
// The text of a header. What stanzas hold is in age_x25519.cc.
#include "crypto/age_header.h"

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/age_x25519.h"
#include "crypto/hkdf.h"

#include <algorithm>
#include <sodium.h>

namespace acmeproxy {

namespace {

constexpr std::string_view version_line = "age-encryption.org/v1";
constexpr std::string_view version_start = "age-encryption.org/";
constexpr std::size_t mac_size = 32;
// Far beyond what makes sense, so that no input makes us hold much.
constexpr std::size_t longest_line = 32768;
constexpr std::size_t longest_header = 1 << 20;

[[noreturn]] void refuse_header(const std::string &reason)
{
    throw AgeError("the header is damaged: " + reason);
}

class HeaderReader {
public:
    explicit HeaderReader(AgeInput &input) : input_(input) {}

    AgeHeader read()
    {
        read_version();
        std::string line = next_line();
        while (!line.starts_with("---")) {
            read_stanza(line);
            line = next_line();
        }
        read_mac(line);
        if (header_.stanzas.empty())
            refuse_header("it has no recipient");
        return std::move(header_);
    }

private:
    void read_version()
    {
        const std::string start(input_.peek(version_line.size() + 1));
        const bool is_age = start.starts_with(version_start);
        if (!is_age && version_start.starts_with(start.substr(0, version_start.size())))
            throw AgeError(start.empty() ? "the file is empty" : "the file is cut off");
        if (!is_age)
            throw AgeError("this is no age file");
        const std::string line = next_line();
        if (line != version_line)
            throw AgeError("this version of the age format is not known: " + printable(line, 60));
    }

    std::string next_line()
    {
        const auto line = input_.line(longest_line);
        if (!line)
            refuse_header(input_.peek(longest_line + 1).size() > longest_line ? "a line is too long"
                                                                              : "it is cut off");
        header_.authenticated.append(*line).push_back('\n');
        if (header_.authenticated.size() > longest_header)
            refuse_header("it is larger than 1 MiB");
        return std::string(*line);
    }

    void read_stanza(const std::string &line)
    {
        if (!line.starts_with("-> "))
            refuse_header("a stanza does not begin with \"-> \"");
        AgeStanza stanza;
        stanza.arguments = split(std::string_view(line).substr(3), ' ');
        for (const std::string &argument : stanza.arguments) {
            const bool visible = std::all_of(argument.begin(), argument.end(),
                                             [](char c) { return c >= 33 && c <= 126; });
            if (argument.empty() || !visible)
                refuse_header(
                    "a stanza has an empty argument or one with a character that is not visible "
                    "ASCII");
        }
        std::size_t size = age_columns;
        while (size == age_columns) {
            const std::string body = next_line();
            size = body.size();
            const auto bytes = base64_raw_decode(body);
            if (size > age_columns)
                refuse_header("a line of a stanza's body is longer than 64 columns");
            if (!bytes)
                refuse_header("a line of a stanza's body is not canonical base64");
            stanza.body += *bytes;
        }
        header_.stanzas.push_back(std::move(stanza));
    }

    void read_mac(const std::string &line)
    {
        header_.authenticated.resize(header_.authenticated.size() - line.size() - 1 + 3);
        const auto mac = line.starts_with("--- ")
                             ? base64_raw_decode(std::string_view(line).substr(4))
                             : std::nullopt;
        if (!mac || mac->size() != mac_size)
            refuse_header("the last line is not \"--- \" and a MAC in canonical base64");
        header_.mac = *mac;
    }

    AgeInput &input_;
    AgeHeader header_;
};

std::string stanza_text(const AgeStanza &stanza)
{
    std::string text = "-> " + join(stanza.arguments, " ") + "\n";
    std::string body = base64_raw_encode(stanza.body);
    // The last line is shorter than 64 columns, and empty where it must be.
    for (; body.size() >= age_columns; body.erase(0, age_columns))
        text += body.substr(0, age_columns) + "\n";
    return text + body + "\n";
}

Secret mac_of(const Secret &file_key, const std::string &authenticated)
{
    return hmac_sha256(hkdf_sha256(file_key.view(), "", "header").view(), authenticated);
}

}

std::string write_age_header(const std::vector<AgeRecipient> &recipients, const Secret &file_key)
{
    if (recipients.empty())
        throw Error("seal: there is no recipient");
    std::string text = std::string(version_line) + "\n";
    for (const AgeRecipient &recipient : recipients)
        text += stanza_text(wrap_x25519(recipient, file_key));
    text += "---";
    return text + " " + base64_raw_encode(mac_of(file_key, text).view()) + "\n";
}

AgeHeader read_age_header(AgeInput &input)
{
    return HeaderReader(input).read();
}

Secret unwrap_file_key(const AgeHeader &header, const std::vector<AgeIdentity> &identities)
{
    Secret file_key;
    for (const AgeStanza &stanza : header.stanzas) {
        if (stanza.arguments.front() == "scrypt")
            throw AgeError(header.stanzas.size() > 1
                               ? "the header is damaged: a passphrase beside other recipients"
                               : "the file is sealed with a passphrase, not for an identity");
        if (stanza.arguments.front() != x25519_type)
            continue;
        check_x25519(stanza);
        for (std::size_t i = 0; i < identities.size() && file_key.empty(); ++i) {
            if (auto key = unwrap_x25519(identities[i], stanza))
                file_key = std::move(*key);
        }
    }
    if (file_key.empty())
        throw AgeError("none of the identities opens it: it is sealed for others");
    const Secret mac = mac_of(file_key, header.authenticated);
    if (::sodium_memcmp(mac.view().data(), header.mac.data(), mac_size) != 0)
        throw AgeError("the header is damaged: its MAC is wrong");
    return file_key;
}

}
