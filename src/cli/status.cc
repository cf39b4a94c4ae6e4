// SPDX-License-Identifier: MIT
// acmeproxy status: how all lineages are, for people, programs and monitoring.
#include "base/log.h"
#include "base/time_text.h"
#include "cli/context.h"
#include "cli/lineage_report.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace acmeproxy {

namespace {

/// Why monitoring should ring, or "".
std::string alarm(const LineageReport &report, Time now, int warn_days)
{
    if (!report.damage.empty())
        return report.damage.front();
    if (!report.certificate)
        return report.last_error().empty() ? "" : "no certificate yet: " + report.last_error();
    const Time end = report.certificate->not_after();
    if (end <= now)
        return "expired " + format_duration(end - now);
    if (end - now <= std::chrono::days(warn_days))
        return "expires in " + format_duration(end - now);
    return report.last_error();
}

std::vector<std::string> row(const LineageReport &report, Time now)
{
    const auto expires =
        report.certificate ? std::optional(report.certificate->not_after()) : std::nullopt;
    const bool is_due = report.due && *report.due <= now;
    const std::string error = report.last_error();
    return {report.name, report.state, relative(expires, now),
            is_due ? "now" : relative(report.due, now), error.empty() ? "-" : error};
}

int show_status(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const Time now = system_clock().now();
    const int warn_days = invocation.number("warn-days");
    const bool checks = invocation.flag("check");
    Json list = Json::array();
    TextTable table({"NAME", "STATE", "EXPIRES", "DUE", "LAST ERROR"});
    int alarms = 0;
    for (const LineageName &name : find_lineages(spool, invocation.arguments)) {
        const Lineage lineage(spool, name);
        const LineageReport report = report_on(lineage);
        if (!lineage.exists())
            continue; // removed meanwhile
        if (invocation.flag("json"))
            list.push(to_json(report));
        else
            table.add(row(report, now));
        const std::string why = checks ? alarm(report, now, warn_days) : "";
        if (!why.empty())
            log_error(report.name + ": " + why);
        alarms += why.empty() ? 0 : 1;
    }
    out << (invocation.flag("json") ? list.to_pretty_text() : table.to_text());
    return alarms > 0 ? 1 : 0;
}

}

Verb status_verb()
{
    return {.name = "status",
            .synopsis = "[NAME...]",
            .most = Verb::any_number,
            .summary = "show how the certificates are",
            .description = "Shows for each lineage, or those named, its state, when its "
                           "certificate expires, when it is looked at next, and the last error "
                           "since the last success. Reads the spool alone.",
            .settings = {"warn-days"},
            .actions = {json_action(),
                        {.name = "check",
                         .kind = OptionKind::flag,
                         .help = "For monitoring: exit with 1 when a certificate expires soon, "
                                 "is damaged, or its last attempt or hook failed, and say so on "
                                 "standard error."}},
            .examples = {{"For monitoring", "acmeproxy status --check --warn-days 10"}},
            .man_page = "acmeproxy-renew(8)",
            .run = show_status};
}

}
