// SPDX-License-Identifier: MIT
// acmeproxy cert list | show: what lineages there are. Reads the spool alone.
#include "base/log.h"
#include "base/text.h"
#include "base/time_text.h"
#include "cli/context.h"
#include "cli/lineage_report.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace acmeproxy {

namespace {

int list_certs(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const Time now = system_clock().now();
    Json list = Json::array();
    TextTable table({"NAME", "EXPIRES", "CA", "KEY", "IDENTIFIERS"});
    for (const LineageName &name : spool.lineages()) {
        const Lineage lineage(spool, name);
        const LineageReport report = report_on(lineage);
        if (!lineage.exists())
            continue; // removed meanwhile
        if (invocation.flag("json")) {
            list.push(to_json(report));
            continue;
        }
        const auto expires =
            report.certificate ? std::optional(report.certificate->not_after()) : std::nullopt;
        table.add({report.name, relative(expires, now), report.source(), report.key(),
                   to_text(report.identifiers())});
    }
    out << (invocation.flag("json") ? list.to_pretty_text() : table.to_text());
    return 0;
}

void add_certificate(FieldList &fields, const Certificate &certificate, Time now)
{
    const auto at = [&](Time when) {
        return format_rfc3339(when) + " (" + relative(when, now) + ")";
    };
    fields.add("issuer", certificate.issuer());
    fields.add("serial", certificate.serial());
    fields.add("SHA-256", certificate.fingerprint());
    fields.add("not before", at(certificate.not_before()));
    fields.add("not after", at(certificate.not_after()));
}

std::string text_for_people(const LineageReport &report, Time now)
{
    FieldList fields;
    fields.add("name", report.name);
    std::vector<std::string> names;
    for (const Identifier &identifier : report.identifiers())
        names.push_back(identifier.value());
    fields.add("identifiers", join(names, "\n"));
    fields.add("state", report.state);
    if (report.spec) {
        fields.add(report.spec->server.empty() ? "CA" : "agent", report.source());
        fields.add("key", report.key() + (report.spec->reuse_key ? ", reused" : ""));
        fields.add("profile", report.spec->profile);
        fields.add("preferred chain", report.spec->preferred_chain);
        fields.add("hook", report.spec->hook);
        fields.add("client", report.spec->owner ? report.spec->owner->str() : "");
        fields.add("recipients", join(report.recipients(), "\n"));
        fields.add("escrow", report.spec->escrow ? report.spec->escrow->text() : "");
    }
    if (report.certificate)
        add_certificate(fields, *report.certificate, now);
    fields.add("files", report.live ? report.path + "/live" : "");
    if (report.due)
        fields.add("due", format_rfc3339(*report.due) + " (" + relative(report.due, now) + ")");
    if (report.retry.attempts > 0)
        fields.add("failed attempts", std::to_string(report.retry.attempts));
    fields.add("last error", report.last_error());
    fields.add("damage", join(report.damage, "\n"));
    return fields.to_text();
}

int show_cert(const Invocation &invocation, std::ostream &out)
{
    const Spool spool = open_spool(invocation);
    const Lineage lineage(spool, find_lineage(spool, invocation.arguments[0]));
    const LineageReport report = report_on(lineage);
    if (invocation.flag("json"))
        out << to_json(report).to_pretty_text();
    else
        out << text_for_people(report, system_clock().now());
    return report.damage.empty() ? 0 : 1;
}

}

std::vector<Verb> cert_list_verbs()
{
    return {
        {.name = "cert list",
         .summary = "list the certificates that are kept fresh",
         .description = "Lists the lineages: one line a certificate that is kept fresh.",
         .actions = {json_action()},
         .examples = {{"The names alone", "acmeproxy cert list --json | jq -r '.[].name'"}},
         .man_page = "acmeproxy-cert(1)",
         .run = list_certs},
        {.name = "cert show",
         .synopsis = "NAME",
         .least = 1,
         .most = 1,
         .summary = "show one certificate and how it is kept",
         .description = "Shows a lineage: what is wanted, what is live, where its files are, when "
                        "it is looked at next. Exits with 1 when something of it is damaged.",
         .actions = {json_action()},
         .examples = {{"Where the files are", "acmeproxy cert show www.example.org"}},
         .man_page = "acmeproxy-cert(1)",
         .run = show_cert},
    };
}

}
