// SPDX-License-Identifier: MIT
// acmeproxy import: takes over what another ACME client has. Exit status 1: something was skipped.
#include "base/error.h"
#include "base/log.h"
#include "cli/cert_spec.h"
#include "cli/context.h"
#include "cli/usage_error.h"
#include "cli/verbs.h"
#include "crypto/guarded_memory.h"
#include "import/take_over.h"

#include <filesystem>

namespace acmeproxy {

namespace {

struct Program {
    const char *name;
    FoundTree (*read)(const ImportFolder &folder);
    const char *how_to_stop; ///< its own renewals
};
constexpr Program programs[] = {
    {"certbot", read_certbot, "systemctl disable --now certbot.timer, or remove its cron job"},
    {"lego", read_lego, "remove the cron job or timer that runs \"lego renew\""},
    {"acme.sh", read_acme_sh, "acme.sh --uninstall-cronjob"},
    {"dehydrated", read_dehydrated, "remove the cron job or timer that runs \"dehydrated -c\""},
};

const Program &program_of(const std::string &name)
{
    for (const Program &program : programs) {
        if (name == program.name)
            return program;
    }
    throw UsageError("\"import\" knows no program \"" + name + "\"",
                     "it knows certbot, lego, acme.sh and dehydrated");
}

FoundTree read_tree(const Program &program, const std::string &path)
try {
    return program.read(ImportFolder(path));
} catch (const std::system_error &) {
    throw;
} catch (const Error &e) {
    throw UsageError(describe(e), "see \"acmeproxy help import\"");
}

TakeOverOptions options_from(const Invocation &invocation)
{
    TakeOverOptions options;
    options.names = {invocation.arguments.begin() + 2, invocation.arguments.end()};
    if (invocation.given("ca"))
        options.ca = CaName::parse(invocation.text("ca"));
    options.hook = invocation.text("hook");
    options.with_dns = invocation.flag("dns");
    if (invocation.given("ca-certificates"))
        options.ca_certificates = http_options(invocation).ca_certificates;
    options.default_ca = invocation.configured("ca");
    options.directory_url = invocation.text("acme-directory-url");
    return options;
}

/// Exit status.
int report(const std::vector<Outcome> &outcomes, TakeOver::Run run, const Program &program,
           std::ostream &out)
{
    const bool dry = run == TakeOver::Run::dry;
    bool took = false, skipped = false;
    for (const Outcome &outcome : outcomes) {
        if (outcome.kind == Outcome::Kind::skipped)
            log_error("skipped " + outcome.name + ": " + outcome.text);
        else if (outcome.kind == Outcome::Kind::here)
            out << outcome.name << " is here already, " << outcome.text << "\n";
        else
            out << (dry ? "would import " : "imported ") << outcome.name << ": " << outcome.text
                << "\n";
        took = took || outcome.kind == Outcome::Kind::taken;
        skipped = skipped || outcome.kind == Outcome::Kind::skipped;
    }
    if (outcomes.empty())
        out << "there is nothing to import\n";
    if (took && !dry)
        log_info(std::string("from now on acmeproxy renews these: end the renewals of ") +
                 program.name + " (" + program.how_to_stop +
                 "), and point the servers to the files of \"acmeproxy cert show\"");
    return skipped ? 1 : 0;
}

int import(const Invocation &invocation, std::ostream &out)
{
    forbid_core_files();
    const Program &program = program_of(invocation.arguments[0]);
    // Before root becomes the spool's owner, who may not read it.
    const FoundTree tree = read_tree(program, invocation.arguments[1]);
    const TakeOverOptions options = options_from(invocation);
    const Time now = system_clock().now();
    if (invocation.flag("dry-run")) {
        std::optional<Spool> spool;
        if (std::filesystem::exists(spool_folder(invocation)))
            spool.emplace(open_spool(invocation));
        TakeOver dry(spool ? &*spool : nullptr, options, TakeOver::Run::dry, now);
        return report(dry.all_of(tree), TakeOver::Run::dry, program, out);
    }
    const Spool spool = open_or_make_spool(invocation);
    TakeOver real(&spool, options, TakeOver::Run::real, now);
    const int status = report(real.all_of(tree), TakeOver::Run::real, program, out);
    warn_of_hook({.global_hook = "", .hooks_dir = invocation.text("hooks-dir")}, options.hook);
    return status;
}

}

Verb import_verb()
{
    return {
        .name = "import",
        .synopsis = "PROGRAM DIR [NAME...]",
        .least = 2,
        .most = Verb::any_number,
        .summary = "take over the certificates of another ACME client",
        .description =
            "Takes over certificates with their keys, and the account at their CA, from the folder "
            "DIR of certbot (/etc/letsencrypt), lego (.lego), acme.sh (~/.acme.sh) or dehydrated "
            "(/var/lib/dehydrated): all, or those that PROGRAM calls NAME. No CA is asked, and "
            "nothing in DIR is changed. Each becomes a lineage, whose hooks the next \"acmeproxy "
            "renew\" runs.\n"
            "Skipped, with the reason and exit status 1: what is expired or damaged, wildcards and "
            "what was proved by dns-01, and names that a lineage has already. What was imported "
            "before stays as it is.",
        .settings = {"ca", "acme-directory-url", "ca-certificates", "hooks-dir"},
        .actions = {{.name = "dry-run",
                     .kind = OptionKind::flag,
                     .help = "Only say what would be imported, and what not."},
                    {.name = "dns",
                     .kind = OptionKind::flag,
                     .help = "Take over what was proved by dns-01, too (not wildcards): from now "
                             "on the CA must find challenge.fcgi under these names."},
                    hook_action()},
        .examples = {{"What would come from certbot",
                      "acmeproxy import certbot /etc/letsencrypt --dry-run"},
                     {"One certificate of lego, with a hook",
                      "acmeproxy import lego ~/.lego www.example.org --hook reload-nginx"}},
        .man_page = "acmeproxy-import(1)",
        .run = import,
    };
}

}
