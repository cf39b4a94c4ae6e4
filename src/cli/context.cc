// SPDX-License-Identifier: MIT
#include "cli/context.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/build_paths.h"
#include "cli/nearest.h"
#include "cli/usage_error.h"
#include "spool/owner.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace acmeproxy {

namespace {

/// nullopt where `text` is no name of a lineage, or there is none of it.
std::optional<LineageName> existing(const Spool &spool, const std::string &text)
{
    try {
        LineageName name = LineageName::parse(text);
        if (Lineage(spool, name).exists())
            return name;
    } catch (const Error &) {
    }
    return std::nullopt;
}

/// Says what to do about a spool of somebody else, which "Permission denied" does not.
void check_is_ours(const std::string &base)
{
    const auto owner = owner_of(base);
    if (!owner || owner->uid == ::geteuid() || ::access(base.c_str(), R_OK | X_OK) == 0)
        return;
    const int why = errno;
    const std::string user = owner->name.empty() ? std::to_string(owner->uid) : owner->name;
    throw Error("open the spool " + base + ": " + std::generic_category().message(why) +
                " (it belongs to " + user + ": run this as " +
                (owner->uid == 0 ? "" : "root or as ") + user + ")");
}

mode_t started_umask = 022;

}

void take_umask()
{
    started_umask = ::umask(077);
}

std::string absolute_path(const std::string &path)
{
    const std::string result = std::filesystem::absolute(path).lexically_normal().string();
    const bool has_slash = result.size() > 1 && result.ends_with('/');
    return has_slash ? result.substr(0, result.size() - 1) : result;
}

std::string spool_folder(const Invocation &invocation)
{
    return absolute_path(invocation.text("spool"));
}

std::vector<std::string> contact_urls(const std::vector<std::string> &addresses)
{
    std::vector<std::string> urls;
    for (const std::string &address : addresses)
        urls.push_back(address.starts_with("mailto:") ? address : "mailto:" + address);
    return urls;
}

HttpOptions http_options(const Invocation &invocation)
{
    HttpOptions http;
    http.user_agent = "acmeproxy/" + program_version();
    for (const std::string &file : invocation.list("ca-certificates"))
        http.ca_certificates.push_back(absolute_path(file));
    http.proxy = invocation.text("proxy");
    http.no_proxy = invocation.text("no-proxy");
    http.resolve = invocation.list("resolve");
    return http;
}

RenewOptions renew_options(const Invocation &invocation)
{
    RenewOptions options;
    const bool url_is_for_this_ca = invocation.given("acme-directory-url");
    options.default_ca = url_is_for_this_ca ? invocation.text("ca") : invocation.configured("ca");
    options.directory_url = invocation.text("acme-directory-url");
    options.http = http_options(invocation);
    options.contact = contact_urls(invocation.list("contact"));
    options.account_key_type = key_type(invocation, "account-key-type");
    options.preferred_chain = invocation.text("preferred-chain");
    options.workers = invocation.number("workers");
    options.order_timeout = invocation.duration("order-timeout");
    options.self_check = invocation.flag("self-check");
    options.http01_port = invocation.number("self-check-port");
    return options;
}

HookOptions hook_options(const Invocation &invocation)
{
    HookOptions options;
    options.global_hook = invocation.text("certificate-obtained-hook");
    options.hooks_dir = invocation.text("hooks-dir");
    options.timeout = invocation.duration("hook-timeout");
    options.umask = started_umask;
    return options;
}

KeyType key_type(const Invocation &invocation, const std::string &setting)
{
    const auto type = parse_key_type(invocation.text(setting));
    if (!type) // the table lets no other word pass
        throw std::logic_error(setting + " holds no type of key");
    return *type;
}

Spool open_spool(const Invocation &invocation)
{
    const std::string base = spool_folder(invocation);
    if (const auto owner = owner_of(base))
        become(*owner);
    check_is_ours(base);
    return Spool(base);
}

std::vector<std::string> make_folders(const std::string &base)
{
    check_is_ours(base);
    const std::vector<std::string> made = init_spool(base, spool_user());
    if (is_root() && !made.empty() && owner_of(base)->uid == 0)
        log_warning("the spool " + base +
                    " belongs to root: all that reads it runs as root, and \"serve\" refuses to "
                    "(give it to a user: chown -R " +
                    spool_user() + ": " + base + ")");
    return made;
}

void make_spool(const std::string &base)
{
    for (const std::string &folder : make_folders(base))
        log_info("made " + folder);
}

Spool open_or_make_spool(const Invocation &invocation)
{
    make_spool(spool_folder(invocation));
    return open_spool(invocation);
}

std::string read_named_file(const std::string &file)
try {
    const std::filesystem::path path = absolute_path(file);
    // Followed by hand: the operator chose the link, and Dir follows none.
    const std::filesystem::path real = std::filesystem::canonical(path);
    const Dir folder(real.parent_path().string());
    const auto text = folder.read_file(real.filename().string()); // errors name the file
    if (!text)
        throw Error("read " + file + ": there is no such file");
    return *text;
} catch (const std::filesystem::filesystem_error &e) {
    throw Error("read " + file + ": " + e.code().message());
}

LineageName find_lineage(const Spool &spool, const std::string &text)
{
    if (const auto name = existing(spool, text))
        return *name;
    try {
        const LineageName by_identifier = default_lineage_name(Identifier::parse(text));
        if (Lineage(spool, by_identifier).exists())
            return by_identifier;
    } catch (const Error &) {
        // no identifier either: the text below says all that matters
    }
    std::vector<std::string> names;
    for (const LineageName &name : spool.lineages())
        names.push_back(name.str());
    throw Error("there is no lineage \"" + printable(text, 200) + "\"" +
                did_you_mean(to_lower(text), names));
}

std::vector<LineageName> find_lineages(const Spool &spool, const std::vector<std::string> &texts)
{
    if (texts.empty())
        return spool.lineages();
    std::vector<LineageName> names;
    for (const std::string &text : texts) {
        const LineageName name = find_lineage(spool, text);
        if (std::find(names.begin(), names.end(), name) == names.end()) // once, however often said
            names.push_back(name);
    }
    return names;
}

}
