// SPDX-License-Identifier: MIT
#include "acme/directory.h"

#include "acme/ca_url.h"
#include "base/text.h"

namespace acmeproxy {

namespace {

std::string required_url(const Json &json, std::string_view name)
{
    return checked_url(name, json.string_at(name));
}

std::string optional_url(const Json &json, std::string_view name)
{
    const std::string url = json.string_or(name, "");
    return url.empty() ? url : checked_url(name, url);
}

/// A template is looked at when it is filled in: the braces are no part of a URL.
AgentUrls read_agent(const Json &json)
{
    AgentUrls urls;
    urls.certs = required_url(json, "certs");
    urls.cert = json.string_at("cert");
    urls.renew = json.string_at("renew");
    urls.revoke = json.string_at("revoke");
    urls.remove = json.string_at("delete");
    urls.file = json.string_at("file");
    return urls;
}

/// What is only shown: no reason to refuse a CA.
std::string shown_text(const Json &json, std::string_view name)
{
    const Json *member = json.find(name);
    const std::string *text = member ? member->as_string() : nullptr;
    return text ? printable(*text) : std::string();
}

void read_meta(const Json &meta, Directory &directory)
{
    directory.terms_of_service = shown_text(meta, "termsOfService");
    directory.website = shown_text(meta, "website");
    directory.external_account_required = meta.bool_or("externalAccountRequired", false);
    const Json *profiles = meta.find("profiles");
    if (!profiles || !profiles->as_object())
        return;
    for (const auto &[name, description] : *profiles->as_object()) {
        const std::string *text = description.as_string();
        directory.profiles[printable(name, 200)] = text ? printable(*text) : std::string();
    }
}

}

Directory parse_directory(const Json &json)
{
    Directory directory;
    directory.new_nonce = required_url(json, "newNonce");
    directory.new_account = required_url(json, "newAccount");
    // CAs add members as they like: what has orders is a CA.
    if (json.find("certs") && !json.find("newOrder"))
        directory.agent = read_agent(json);
    else
        directory.new_order = required_url(json, "newOrder");
    directory.revoke_cert = optional_url(json, "revokeCert");
    directory.key_change = optional_url(json, "keyChange");
    directory.renewal_info = optional_url(json, "renewalInfo");
    const Json *meta = json.find("meta");
    if (meta && meta->is_object())
        read_meta(*meta, directory);
    return directory;
}

}
