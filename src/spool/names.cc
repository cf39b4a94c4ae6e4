// SPDX-License-Identifier: MIT
#include "spool/names.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/temp_file.h"
#include "base/text.h"

#include <algorithm>
#include <fmt/format.h>

namespace acmeproxy {

namespace {

constexpr std::string_view lower_and_digits = "abcdefghijklmnopqrstuvwxyz0123456789";

bool only(std::string_view text, std::string_view alphabet)
{
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// Lower-case letters, digits and inner hyphens, 1 to 63 bytes.
bool is_label(std::string_view text)
{
    return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
           only(text, std::string(lower_and_digits) + "-");
}

bool is_lineage_stem(std::string_view text)
{
    return !text.empty() && text.front() != '.' && text.front() != '-' &&
           only(text, std::string(lower_and_digits) + "._-");
}

constexpr const char *label_rule = "must be 1 to 63 lower-case letters, digits and inner hyphens";

}

void refuse_name(const char *kind, std::string_view text, const char *rule)
{
    throw Error(fmt::format("{} \"{}\": {}", kind, printable(text, 300), rule));
}

template <> LineageName LineageName::parse(std::string_view text)
{
    const std::size_t at = text.find('@');
    const bool sound = at == std::string_view::npos
                           ? is_lineage_stem(text)
                           : is_label(text.substr(0, at)) && is_lineage_stem(text.substr(at + 1));
    if (!sound || text.size() > 200)
        refuse_name("lineage name", text,
                    "must be 1 to 200 lower-case letters, digits, '.', '-' and '_', not beginning "
                    "with '.' or '-'");
    return LineageName(text);
}

template <> CaName CaName::parse(std::string_view text)
{
    if (!is_label(text))
        refuse_name("CA name", text, label_rule);
    return CaName(text);
}

template <> ClientId ClientId::parse(std::string_view text)
{
    if (!is_label(text))
        refuse_name("client id", text, label_rule);
    return ClientId(text);
}

template <> Token Token::parse(std::string_view text)
{
    if (!is_base64url_text(text, 128))
        refuse_name("token", text, "must be 1 to 128 characters of base64url");
    return Token(text);
}

LineageName default_lineage_name(const Identifier &first)
{
    std::string name = first.value();
    std::replace(name.begin(), name.end(), '*', '_');
    std::replace(name.begin(), name.end(), ':', '-');
    // "::1" would begin with a hyphen.
    if (name.front() == '-')
        name.insert(0, "0");
    try {
        return LineageName::parse(name);
    } catch (const Error &) {
        rethrow_while("give the lineage of " + first.value() + " a name (choose one with --name)");
    }
}

LineageName client_lineage_name(const ClientId &client, const LineageName &name)
{
    // A second "@" is refused by parse().
    return LineageName::parse(client.str() + "@" + name.str());
}

std::string generation_text(Generation number)
{
    return fmt::format("{:04}", number);
}

std::optional<Generation> parse_generation(std::string_view text)
{
    if (text.size() < 4 || text.size() > 9 || !only(text, "0123456789"))
        return std::nullopt;
    const int number = std::stoi(std::string(text));
    // One spelling only: "00001" would be another name of the same generation.
    if (number < 1 || generation_text(number) != text)
        return std::nullopt;
    return number;
}

std::string file_name(GenerationFile file)
{
    switch (file) {
    case GenerationFile::request:
        return "request.pem";
    case GenerationFile::wanted:
        return "wanted.json";
    case GenerationFile::privkey:
        return "privkey.pem";
    case GenerationFile::privkey_age:
        return "privkey.pem.age";
    case GenerationFile::bundle_begun:
        return "bundle.begun";
    case GenerationFile::bundle_age:
        return "bundle.pem.age";
    case GenerationFile::cert:
        return "cert.pem";
    case GenerationFile::chain:
        return "chain.pem";
    case GenerationFile::fullchain:
        return "fullchain.pem";
    case GenerationFile::origin:
        return "origin.json";
    case GenerationFile::deployed:
        return "deployed";
    }
    return {};
}

SpoolPath SpoolNames::folder(SpoolFolder folder)
{
    switch (folder) {
    case SpoolFolder::challenges:
        return SpoolPath("challenges");
    case SpoolFolder::cas:
        return SpoolPath("cas");
    case SpoolFolder::certs:
        return SpoolPath("certs");
    case SpoolFolder::tmp:
        return SpoolPath("tmp");
    }
    return SpoolPath("");
}

SpoolPath SpoolNames::challenge(const Token &token)
{
    return SpoolPath("challenges/" + token.str());
}

SpoolPath SpoolNames::ca(const CaName &ca)
{
    return SpoolPath("cas/" + ca.str());
}

SpoolPath SpoolNames::ca(const CaName &ca_name, CaFile file)
{
    const std::string folder = ca(ca_name).str() + "/";
    switch (file) {
    case CaFile::ca:
        return SpoolPath(folder + "ca.json");
    case CaFile::pause:
        return SpoolPath(folder + "pause");
    case CaFile::lock:
        return SpoolPath(folder + "lock");
    case CaFile::identity:
        return SpoolPath(folder + "identity.txt");
    case CaFile::accounts:
        return SpoolPath(folder + "accounts");
    }
    return SpoolPath("");
}

SpoolPath SpoolNames::account(const CaName &ca_name, const ClientId &owner)
{
    return SpoolPath(ca(ca_name, CaFile::accounts).str() + "/" + owner.str());
}

SpoolPath SpoolNames::account(const CaName &ca_name, const ClientId &owner, AccountFile file)
{
    const std::string folder = account(ca_name, owner).str() + "/";
    switch (file) {
    case AccountFile::key:
        return SpoolPath(folder + "key.pem");
    case AccountFile::next:
        return SpoolPath(folder + "next.pem");
    case AccountFile::account:
        return SpoolPath(folder + "account.json");
    }
    return SpoolPath("");
}

SpoolPath SpoolNames::lineage(const LineageName &name)
{
    return SpoolPath("certs/" + name.str());
}

SpoolPath SpoolNames::lineage(const LineageName &name, LineageFile file)
{
    const std::string folder = lineage(name).str() + "/";
    switch (file) {
    case LineageFile::cert:
        return SpoolPath(folder + "cert.json");
    case LineageFile::lock:
        return SpoolPath(folder + "lock");
    case LineageFile::due:
        return SpoolPath(folder + "due");
    case LineageFile::renew:
        return SpoolPath(folder + "renew");
    case LineageFile::retry:
        return SpoolPath(folder + "retry.json");
    case LineageFile::ari:
        return SpoolPath(folder + "ari.json");
    case LineageFile::order:
        return SpoolPath(folder + "order.json");
    case LineageFile::live:
        return SpoolPath(folder + "live");
    case LineageFile::generations:
        return SpoolPath(folder + "gen");
    }
    return SpoolPath("");
}

SpoolPath SpoolNames::generation(const LineageName &name, Generation number)
{
    return SpoolPath(lineage(name, LineageFile::generations).str() + "/" + generation_text(number));
}

SpoolPath SpoolNames::generation(const LineageName &name, Generation number, GenerationFile file)
{
    return SpoolPath(generation(name, number).str() + "/" + file_name(file));
}

SpoolPath SpoolNames::temporary()
{
    return SpoolPath("tmp/" + unique_name());
}

SpoolPath SpoolNames::temporary(const SpoolPath &folder, GenerationFile file)
{
    return SpoolPath(folder.str() + "/" + file_name(file));
}

SpoolPath SpoolNames::temporary(const SpoolPath &folder, Generation number)
{
    return SpoolPath(folder.str() + "/" + live_target(number));
}

std::string SpoolNames::live_target(Generation number)
{
    return "gen/" + generation_text(number);
}

std::optional<Generation> SpoolNames::parse_live_target(std::string_view target)
{
    if (!target.starts_with("gen/"))
        return std::nullopt;
    return parse_generation(target.substr(4));
}

}
