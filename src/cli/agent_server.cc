// SPDX-License-Identifier: MIT
#include "cli/agent_server.h"

#include "base/error.h"
#include "base/log.h"
#include "cli/context.h"
#include "cli/eab_options.h"
#include "cli/usage_error.h"
#include "crypto/guarded_memory.h"
#include "renew/ca_context.h"

namespace acmeproxy {

namespace {

const char *const cert_add_hint = "see \"acmeproxy help cert add\"";

/// What only a CA, or only an agent, makes something of.
void refuse_what_does_not_fit(const Invocation &invocation, bool from_agent)
{
    const std::vector<const char *> of_agents{"server", "eab-kid", "eab-key-file", "eab-alg"};
    const std::vector<const char *> of_cas{"ca",     "acme-directory-url", "preferred-chain",
                                           "client", "recipient",          "escrow"};
    for (const char *option : from_agent ? of_cas : of_agents) {
        if (!invocation.given(option))
            continue;
        throw UsageError(
            "--" + std::string(option) +
                (from_agent ? " has no meaning with --source agent" : " is for --source agent"),
            cert_add_hint);
    }
}

/// What is known of it already, with what was said now.
CaConfig merged(const AgentServer &server, std::optional<CaConfig> known)
{
    CaConfig config = known ? std::move(*known) : CaConfig();
    config.directory = agent_directory(server.url);
    if (!server.config.ca_certificates.empty())
        config.ca_certificates = server.config.ca_certificates;
    if (!server.config.eab_kid.empty()) {
        config.eab_kid = server.config.eab_kid;
        config.eab_key = server.config.eab_key.copy();
        config.eab_alg = server.config.eab_alg;
    }
    return config;
}

/// Asks it before anything is kept, so that a wrong URL leaves nothing.
void look_at(const AgentServer &server, const CaConfig &config, bool has_account,
             const Invocation &invocation)
try {
    HttpOptions http = http_options(invocation);
    http.ca_certificates.insert(http.ca_certificates.end(), config.ca_certificates.begin(),
                                config.ca_certificates.end());
    const HttpTrust trust(http);
    HttpClient client(trust, http);
    AcmeService service(config.directory);
    const Directory directory = AcmeSession(client, service, system_clock()).directory();
    if (!directory.is_agent())
        throw Error("that is a CA and no acmeproxy's agent (for a CA, or a gateway: acmeproxy ca "
                    "add, then cert add --ca)");
    if (directory.external_account_required && config.eab_kid.empty() && !has_account)
        throw UsageError("the server " + server.url + " requires an external account binding",
                         "its operator makes one (acmeproxy client eab add CLIENT); give it with "
                         "--eab-kid and --eab-key-file");
} catch (const UsageError &) {
    throw;
} catch (...) {
    rethrow_while("ask the agent " + server.url + " (to add the lineage without asking: --later)");
}

/// With a binding key at hand, an account that was revoked makes way for a new one. Only the server
/// can tell.
void drop_revoked_account(AcmeSession &session, const AccountFiles &files)
{
    const auto key = files.key();
    if (!key)
        return;
    try {
        find_account(session, *key);
    } catch (const CaProblem &problem) {
        if (!is_account_lost(problem))
            throw;
        log_info(std::string(problem.what()) + "; another account is made");
        files.remove();
    }
}

}

std::string parse_agent_url(const std::string &text)
{
    try {
        is_https_url(text);
    } catch (const Error &e) {
        throw UsageError(std::string("--server: ") + e.what(), cert_add_hint);
    }
    std::string url = text;
    if (url.ends_with("/directory"))
        url.resize(url.size() - std::string_view("directory").size());
    if (!url.ends_with('/'))
        url += '/';
    return url;
}

std::optional<AgentServer> read_agent_server(LineageSpec &spec, const Invocation &invocation)
{
    const bool from_agent = invocation.text("source") == "agent";
    refuse_what_does_not_fit(invocation, from_agent);
    if (!from_agent)
        return std::nullopt;
    if (invocation.text("server").empty())
        throw UsageError("--source agent needs --server URL", cert_add_hint);
    AgentServer server;
    server.url = parse_agent_url(invocation.text("server"));
    if (invocation.given("ca-certificates"))
        server.config.ca_certificates = http_options(invocation).ca_certificates;
    apply_eab(server.config, invocation);
    spec.source = "agent";
    spec.server = server.url;
    return server;
}

void meet_agent_server(const AgentServer &server, const Spool &spool, const Invocation &invocation)
{
    forbid_core_files();
    const auto known = find_server(spool, server.url);
    const CaName name = known ? *known : name_for_server(spool, server.url);
    const CaConfig config = merged(server, known ? load_ca(spool, name) : std::nullopt);
    const bool has_account =
        AccountFiles(spool, name, ClientId::parse("default")).record().has_value();
    if (!invocation.flag("later"))
        look_at(server, config, has_account, invocation);
    save_ca(spool, name, config);
    if (invocation.flag("later"))
        return;
    try {
        const RenewOptions options = renew_options(invocation);
        CaContext ca(spool, name, options, system_clock());
        Connections connections;
        AcmeSession session(connections.to(ca), ca.service(), system_clock());
        if (!server.config.eab_kid.empty())
            drop_revoked_account(session, ca.account_files());
        ca.account(session);
        ensure_identities(spool, name, system_clock().now());
    } catch (...) {
        rethrow_while("register at " + server.url + " (nothing was added)");
    }
}

std::vector<Option> agent_actions()
{
    return {{.name = "source",
             .value_name = "SOURCE",
             .fallback = "acme",
             .help = "Where it comes from: acme, a CA; or agent, another acmeproxy that makes and "
                     "seals keys for this one.",
             .check = is_one_of({"acme", "agent"})},
            {.name = "server",
             .value_name = "URL",
             .help = "With --source agent: the other acmeproxy's agent, https://HOST/agent/. An "
                     "account is made there, and an age identity here."},
            eab_kid_action(),
            eab_key_file_action(),
            eab_alg_action()};
}

}
