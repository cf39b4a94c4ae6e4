// SPDX-License-Identifier: MIT
#include "cli/lineage_report.h"

#include "base/error.h"
#include "base/time_text.h"

namespace acmeproxy {

namespace {

Json times(const Certificate &certificate)
{
    return Json::object()
        .set("subject", certificate.subject())
        .set("issuer", certificate.issuer())
        .set("serial", certificate.serial())
        .set("fingerprint", certificate.fingerprint())
        .set("not_before", format_rfc3339(certificate.not_before()))
        .set("not_after", format_rfc3339(certificate.not_after()));
}

std::vector<std::string> values_of(const std::vector<Identifier> &identifiers)
{
    std::vector<std::string> values;
    for (const Identifier &identifier : identifiers)
        values.push_back(identifier.value());
    return values;
}

void read_spec(const Lineage &lineage, LineageReport &report)
{
    try {
        report.spec = lineage.spec();
    } catch (...) {
        report.damage.push_back(describe_current());
    }
}

void read_state(const Lineage &lineage, LineageReport &report)
{
    try {
        report.live = lineage.live();
        if (report.live) {
            const auto chain = lineage.chain(*report.live);
            if (chain)
                report.certificate = std::shared_ptr<const Certificate>(chain, &chain->front());
        }
        if (report.spec)
            report.state = to_text(state_of(lineage.facts(*report.spec, &report.damage)));
        report.due = lineage.due();
        report.retry = lineage.retry();
    } catch (...) {
        report.damage.push_back(describe_current());
    }
}

}

std::vector<Identifier> LineageReport::identifiers() const
{
    if (spec)
        return spec->identifiers;
    return certificate ? certificate->identifiers() : std::vector<Identifier>();
}

std::string LineageReport::key() const
{
    if (!spec)
        return "";
    if (!spec->makes_key())
        return "elsewhere";
    return to_text(spec->key_type) + (spec->is_sealed() ? ", sealed" : "");
}

std::string LineageReport::source() const
{
    if (!spec)
        return "(default)";
    if (!spec->server.empty())
        return spec->server;
    return spec->ca.empty() ? "(default)" : spec->ca;
}

std::vector<std::string> LineageReport::recipients() const
{
    return spec ? texts_of(spec->recipients) : std::vector<std::string>();
}

std::string LineageReport::last_error() const
{
    if (!damage.empty())
        return damage.front();
    return retry.error.empty() ? retry.hook_error : retry.error;
}

LineageReport report_on(const Lineage &lineage)
{
    LineageReport report;
    report.name = lineage.name().str();
    report.path = lineage.path();
    report.state = "damaged";
    read_spec(lineage, report);
    read_state(lineage, report);
    return report;
}

Json to_json(const LineageReport &report)
{
    Json json = Json::object();
    json.set("name", report.name)
        .set("identifiers", Json::strings(values_of(report.identifiers())))
        .set("state", report.state)
        .set("path", report.path);
    if (report.spec) {
        json.set("ca", report.spec->ca).set("key_type", report.key());
        json.set("reuse_key", report.spec->reuse_key).set("profile", report.spec->profile);
        json.set("preferred_chain", report.spec->preferred_chain).set("hook", report.spec->hook);
        json.set("source", report.spec->source).set("deliver", report.spec->deliver);
        json.set("server", report.spec->server);
        if (report.spec->owner)
            json.set("owner", report.spec->owner->str());
        json.set("recipients", Json::strings(report.recipients()));
        json.set("escrow", report.spec->escrow ? report.spec->escrow->text() : "");
    }
    if (report.live)
        json.set("live", report.path + "/" + SpoolNames::live_target(*report.live));
    if (report.certificate)
        json.set("certificate", times(*report.certificate));
    if (report.due)
        json.set("due", format_rfc3339(*report.due));
    json.set("attempts", report.retry.attempts).set("last_error", report.last_error());
    json.set("damage", Json::strings(report.damage));
    return json;
}

std::string relative(std::optional<Time> when, Time now)
{
    if (!when)
        return "-";
    if (*when == now)
        return "now";
    return *when > now ? "in " + format_duration(*when - now) : format_duration(*when - now);
}

}
