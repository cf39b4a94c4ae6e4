// SPDX-License-Identifier: MIT
// acmeproxy serve: all of acmeproxy with one command. Exit status 2: it could not begin.
#include "base/error.h"
#include "base/log.h"
#include "cli/build_paths.h"
#include "cli/context.h"
#include "cli/log_settings.h"
#include "cli/parse.h"
#include "cli/serve_settings.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "http/http.h"
#include "renew/hook.h"
#include "serve/supervisor.h"
#include "serve/web_programs.h"
#include "spool/ca_store.h"
#include "spool/owner.h"

#include <cerrno>
#include <memory>
#include <pwd.h>
#include <sys/prctl.h>

namespace acmeproxy {

namespace {

/// What has to be put right before serve can begin is told with exit status 2.
template <class F> auto prepared(F &&prepare, const std::string &hint)
{
    try {
        return prepare();
    } catch (const UsageError &) {
        throw;
    } catch (const std::exception &e) {
        throw UsageError(describe(e), hint);
    }
}

std::vector<ListeningSocket> bind_address(const Invocation &invocation, const std::string &setting)
try {
    return listen_on(parse_listen_address(invocation.text(setting)));
} catch (const std::system_error &e) {
    const std::string hint =
        e.code().value() == EADDRINUSE
            ? "another server has this port: stop it, or choose another address; to run behind "
              "it, see the examples for web servers instead of serve"
        : e.code().value() == EACCES
            ? "ports below 1024 need root, or the capability CAP_NET_BIND_SERVICE"
            : "";
    throw UsageError("--" + setting + ": " + e.what(), hint);
} catch (const Error &e) {
    throw UsageError("--" + setting + ": " + e.what());
}

/// Nothing that faces the network may run as root.
void check_user(const std::string &base)
{
    if (!is_root())
        return;
    const auto owner = owner_of(base);
    const bool has_other_owner = owner && owner->uid != 0;
    if (!has_other_owner && (owner || !::getpwnam(spool_user().c_str())))
        throw UsageError(
            "started as root, serve becomes the owner of the spool " + base + ", " +
                (owner ? "which is root" : "and there is no user " + spool_user()),
            owner ? "give the spool to another user: chown -R " + spool_user() + " " + base
                  : "make one: useradd --system --home-dir " + base + " " + spool_user());
}

/// A right to bind low ports is of no use to those that are started from here.
void give_up_ambient_rights()
{
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/// The lineage of the own certificate, made where it is missing.
std::optional<LineageName> own_lineage(const Invocation &invocation, const Spool &spool,
                                       const ServerName &server)
{
    if (!server.is_public) {
        log_warning("no certificate is asked for, since no CA can know the name of this host, " +
                    server.name.value() + ": set --server-name to its public name");
        return std::nullopt;
    }
    LineageName name = default_lineage_name(server.name);
    if (Lineage(spool, name).exists())
        return name;
    LineageSpec spec;
    spec.identifiers = {server.name};
    spec.key_type = key_type(invocation, "key-type");
    spec.reuse_key = invocation.flag("reuse-key");
    spec.profile = invocation.text("profile"); // CA and chain follow the settings
    if (Lineage::create(spool, name, spec))
        log_info("added the lineage " + name.str() + " for the certificate of this server");
    return name;
}

/// What a pass of the renewer would complain of, each time and with nobody there to read it.
void check_renewals(const Invocation &invocation, const Spool &spool)
{
    const RenewOptions options = renew_options(invocation);
    const std::string ca = invocation.text("ca");
    if (options.directory_url.empty() && !load_ca(spool, CaName::parse(ca)))
        throw UsageError("there is no CA named \"" + ca + "\"",
                         "add it: acmeproxy ca add " + ca +
                             " URL; or choose another: acmeproxy ca list");
    prepared([&] { HttpTrust{options.http}; }, "--ca-certificates names files with certificates "
                                               "in PEM that this user can read");
    const HookOptions hooks = hook_options(invocation);
    if (hooks.global_hook.empty())
        return;
    prepared([&] { return find_hook(hooks, hooks.global_hook); },
             "put that right, or choose another hook with --certificate-obtained-hook");
}

ServePlan plan_from(const Invocation &invocation, const Spool &spool)
{
    const ServerName server = server_name(invocation);
    ServePlan plan{server.name,
                   std::nullopt,
                   find_lighttpd(invocation),
                   invocation.text("programs-dir"),
                   {},
                   invocation.duration("renew-interval"),
                   hook_options(invocation).umask};
    plan.environment = child_environment(invocation, base_url_of_serve(invocation, server.name));
    check_web_programs(plan.programs_folder);
    check_renewals(invocation, spool);
    plan.lineage = own_lineage(invocation, spool, server);
    return plan;
}

/// What is bound or opened once stays as it was at the start, for what is started later, too.
void keep_fixed(const Invocation &before, Invocation &now)
{
    for (const char *name : {"http-api-addr", "https-addr", "run-dir", "spool"}) {
        if (before.text(name) != now.text(name))
            log_warning(std::string(name) + " has changed, which takes a restart");
        now.keep(name, before);
    }
}

ServePlan reread(const Invocation &before, const Spool &spool)
{
    ParsedCommand command = parse_command(all_verbs(), before.command_line, process_environment());
    keep_fixed(before, command.invocation);
    ServePlan plan = plan_from(command.invocation, spool);
    start_log("acmeproxy", command.invocation);
    return plan;
}

int serve(const Invocation &invocation, std::ostream &)
{
    const LowDescriptors low;
    const std::string base = spool_folder(invocation);
    const std::string run_folder = serve_folder(invocation);
    find_lighttpd(invocation);
    check_user(base);
    ServeSockets sockets{bind_address(invocation, "http-api-addr"),
                         bind_address(invocation, "https-addr")};
    give_up_ambient_rights();
    const std::string spool_hint = "choose a folder that can be written with --spool";
    prepared([&] { make_spool(base); }, spool_hint);
    prepared([&] { make_run_folder(run_folder, owner_of(base)); },
             "choose another folder with --run-dir");
    const Spool spool = prepared([&] { return open_spool(invocation); }, spool_hint);
    prepared([&] { check_writable(spool); },
             "give its owner the right (chmod u+w, or: acmeproxy spool check --repair), or "
             "choose another folder with --spool");
    // As the programs will: what only root can read is of no use to them.
    parse_command(all_verbs(), invocation.command_line, process_environment());
    std::unique_ptr<RunFolder> run;
    prepared([&] { run = std::make_unique<RunFolder>(run_folder); },
             "choose another folder with --run-dir");
    ServePlan plan = prepared([&] { return plan_from(invocation, spool); }, "");
    std::unique_ptr<Supervisor> supervisor;
    prepared(
        [&] {
            supervisor =
                std::make_unique<Supervisor>(spool, *run, std::move(sockets), std::move(plan),
                                             [&] { return reread(invocation, spool); });
        },
        "");
    supervisor->run();
    return 0;
}

}

Verb serve_verb()
{
    return {.name = "serve",
            .summary = "run all of acmeproxy, the web server included",
            .description =
                "Runs the whole service with nothing configured: makes the spool, obtains and "
                "renews a certificate for this host and all others, answers the challenges of CAs "
                "over HTTP, and serves ACME clients over HTTPS, with lighttpd as the web server. "
                "Until a CA has answered, its own certificate is self-signed. What dies is started "
                "again. By running it you agree to the terms of service of the CA; their URL is "
                "logged when the account is made.\n"
                "SIGHUP has it read its settings anew, SIGTERM ends it when requests in hand are "
                "answered. Started as root it becomes the owner of the spool once its ports are "
                "bound; hooks run as that user.",
            .settings = settings_of_serve(),
            .examples = {{"On a host with a public name, as root", "acmeproxy serve"},
                         {"As any user, on high ports",
                          "acmeproxy serve --spool ~/spool --run-dir ~/run \\\n"
                          "        --server-name proxy.example.org --http-api-addr :8080 \\\n"
                          "        --https-addr :8443"}},
            .man_page = "acmeproxy-serve(8)",
            .run = serve};
}

}
