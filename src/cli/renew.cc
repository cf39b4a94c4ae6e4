// SPDX-License-Identifier: MIT
// acmeproxy renew | deploy: what cron runs. Exit status 1: a lineage or a hook failed.
#include "base/log.h"
#include "cli/context.h"
#include "cli/renew_run.h"
#include "cli/verbs.h"
#include "renew/deploy.h"
#include "renew/pass.h"

#include <algorithm>
#include <cstdio>

namespace acmeproxy {

namespace {

RenewOptions pass_options(const Invocation &invocation, const Spool &spool)
{
    RenewOptions options = renew_options(invocation);
    options.force = invocation.flag("force");
    options.dry_run = invocation.flag("dry-run");
    if (!invocation.arguments.empty())
        options.names = find_lineages(spool, invocation.arguments);
    return options;
}

int preview(const Invocation &invocation)
{
    const Spool spool = open_spool(invocation);
    const PassResult result = preview_pass(spool, pass_options(invocation, spool), system_clock());
    std::fflush(stdout);
    return result.failed > 0 ? 1 : 0;
}

int renew(const Invocation &invocation, std::ostream &)
{
    if (invocation.flag("dry-run"))
        return preview(invocation);
    const Spool spool = open_spool_for_hooks(invocation);
    const RunResult result =
        renew_and_deploy(spool, pass_options(invocation, spool), hook_options(invocation));
    return result.failed > 0 ? 1 : 0;
}

int deploy_all(const Invocation &invocation, std::ostream &)
{
    const Spool spool = open_spool_for_hooks(invocation);
    const bool all = invocation.flag("force") || !invocation.arguments.empty();
    std::vector<LineageName> names = find_undeployed(spool, system_clock().now(), all);
    if (!invocation.arguments.empty()) {
        const std::vector<LineageName> asked = find_lineages(spool, invocation.arguments);
        std::erase_if(names, [&](const LineageName &name) {
            return std::find(asked.begin(), asked.end(), name) == asked.end();
        });
    }
    const DeployResult result =
        deploy(spool, names, hook_options(invocation), system_clock(), random_unit);
    if (result.deployed > 0)
        log_info("deployed " + std::to_string(result.deployed));
    return result.failed > 0 ? 1 : 0;
}

const std::vector<std::string> hook_settings{"certificate-obtained-hook", "hook-timeout",
                                             "hooks-dir"};

Verb deploy_verb()
{
    return {.name = "deploy",
            .synopsis = "[NAME...]",
            .most = Verb::any_number,
            .summary = "run the hooks of certificates that are not deployed",
            .description = "Runs the hooks of all lineages, or of those named, whose live "
                           "certificate is not deployed: new ones, and those whose hook failed "
                           "and is due again. renew ends by doing the same.",
            .settings = hook_settings,
            .actions = {{.name = "force",
                         .kind = OptionKind::flag,
                         .help = "Do not wait: run failed hooks again now."}},
            .examples = {{"After a hook was repaired", "acmeproxy deploy --force"}},
            .man_page = "acmeproxy-renew(8)",
            .run = deploy_all};
}

}

std::vector<Verb> renew_verbs()
{
    std::vector<std::string> settings = network_settings();
    settings.insert(settings.end(), hook_settings.begin(), hook_settings.end());
    settings.insert(settings.end(),
                    {"acme-directory-url", "contact", "account-key-type", "preferred-chain",
                     "workers", "order-timeout", "self-check", "self-check-port"});
    return {{.name = "renew",
             .synopsis = "[NAME...]",
             .most = Verb::any_number,
             .summary = "obtain and renew what is due, then run the hooks",
             .description = "Takes one pass over all lineages that are due, or looks at those "
                            "named whether due or not, and ends: to be run often, by cron(8) or a "
                            "systemd timer. Exits with 1 when something failed; each failure is "
                            "one line on standard error.",
             .settings = settings,
             .actions = {{.name = "force",
                          .kind = OptionKind::flag,
                          .help = "Obtain new certificates although the old ones are good."},
                         {.name = "dry-run",
                          .kind = OptionKind::flag,
                          .help = "Only say what would be done."}},
             .examples = {{"What would the next pass do", "acmeproxy renew --dry-run"},
                          {"A new certificate now", "acmeproxy renew --force www.example.org"}},
             .man_page = "acmeproxy-renew(8)",
             .run = renew},
            deploy_verb()};
}

}
