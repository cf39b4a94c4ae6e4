// SPDX-License-Identifier: MIT
#include "spool/check_lineage.h"

#include "base/error.h"
#include "spool/ca_store.h"

#include <functional>
#include <sys/stat.h>
#include <utility>

namespace acmeproxy {

namespace {

class LineageCheck {
public:
    LineageCheck(const Lineage &lineage, Findings &findings, Time now)
        : lineage_(lineage), spool_(lineage.spool()), findings_(findings), now_(now)
    {
    }

    void run()
    {
        const std::string folder = SpoolNames::lineage(lineage_.name()).str();
        const auto st = spool_.dir().status(folder);
        if (!st || !S_ISDIR(st->st_mode))
            return; // gone meanwhile, or reported already
        std::optional<Lock> lock;
        if (findings_.are_repaired() && !(lock = lineage_.lock())) {
            note(folder, "is being worked on by another process", "check again when it is done");
            return;
        }
        try {
            if (const auto spec = check_spec(folder))
                check_files(*spec, folder);
            check_due(folder);
            check_caches();
        } catch (const std::exception &e) {
            note(folder, "cannot be checked: " + describe(e),
                 "see what the message says, and check again");
        }
    }

private:
    std::optional<LineageSpec> check_spec(const std::string &folder)
    {
        try {
            return lineage_.spec();
        } catch (const std::exception &e) {
            // What cannot be read for another reason than its content is not written over.
            const bool damaged = !find_cause<std::system_error>(e) && !find_cause<NewerFormat>(e);
            const auto rebuilt = damaged ? lineage_.rebuild_spec() : std::nullopt;
            note(folder + "/cert.json", "cannot be read: " + describe(e),
                 rebuilt ? "make it anew from the certificate"
                         : "put it back from a backup, or remove the lineage and add it again",
                 rebuilt ? [&] { lineage_.write_spec(*rebuilt); } : std::function<void()>());
            return rebuilt;
        }
    }

    void check_files(const LineageSpec &spec, const std::string &folder)
    {
        if (spec.source == "agent" && !find_server(spool_, spec.server))
            note(folder + "/cert.json", "is of a server of which there is nothing in cas/",
                 "acmeproxy ca add NAME " + agent_directory(spec.server));
        const LineageFacts facts = lineage_.facts(spec);
        for (const GenerationFacts &generation : facts.generations)
            check_generation(spec, generation);
        const bool had_live =
            spool_.exists(SpoolNames::lineage(lineage_.name(), LineageFile::live));
        const Next next = next_step(facts, false);
        // Stored and not live yet is a state, and the next pass goes on from it.
        const bool is_issued = !had_live && facts.order == LineageFacts::OrderFile::of_newest;
        if (next.step == Step::switch_live && !facts.live_generation() && !is_issued)
            note(folder + "/live", had_live ? "points to no certificate" : "is missing",
                 "point it to the newest certificate",
                 [&] { lineage_.switch_live(next.generation); });
        else if (had_live && !facts.live)
            note(folder + "/live", "points to no generation",
                 "the next pass obtains a certificate: acmeproxy renew " + lineage_.name().str());
    }

    void check_generation(const LineageSpec &spec, const GenerationFacts &generation)
    {
        const auto path = [&](GenerationFile which) {
            return file(generation.number, which).str();
        };
        const std::string renew =
            "get a new certificate: acmeproxy renew --force " + lineage_.name().str();
        const bool is_stored = lineage_.stored_at(generation.number).has_value();
        if (!generation.committed && is_stored && !lineage_.chain(generation.number))
            note(path(GenerationFile::fullchain), "cannot be read as certificates", renew);
        const auto then = lineage_.wanted(generation.number);
        const LineageSpec &made_for = then ? *then : spec;
        const bool is_mended = lineage_.lacks_bundle(generation.number);
        if (generation.committed && !generation.sound && made_for.is_sealed() && !is_mended)
            note(path(made_for.makes_key() ? GenerationFile::privkey_age
                                           : GenerationFile::bundle_age),
                 "or a file beside it is missing, damaged or of another key than the certificate's",
                 renew);
        if (generation.committed && !generation.sound && !made_for.is_sealed())
            note(path(made_for.makes_key() ? GenerationFile::privkey : GenerationFile::request),
                 "is missing, damaged or of another key than the certificate's", renew);
        if (!generation.committed && !generation.usable && !is_stored)
            note(SpoolNames::generation(lineage_.name(), generation.number).str(),
                 "cannot be used: request.pem or the key is missing, damaged or of another key",
                 "the next pass abandons it and begins another: acmeproxy renew " +
                     lineage_.name().str());
        if (generation.committed && made_for.source != "agent" &&
            !spool_.exists(file(generation.number, GenerationFile::request)))
            note(path(GenerationFile::request), "is missing",
                 "put it back from a backup, or " + renew);
        const SpoolPath origin = file(generation.number, GenerationFile::origin);
        if (spool_.exists(origin) && !lineage_.origin(generation.number))
            note(origin.str(), "is damaged", "remove it: it is made anew when it is needed",
                 [&] { spool_.remove(origin); });
        if (generation.committed && !lineage_.is_complete(generation.number))
            note(SpoolNames::generation(lineage_.name(), generation.number).str(),
                 is_mended ? "lacks cert.pem, chain.pem or bundle.pem.age as fullchain.pem has them"
                           : "lacks cert.pem or chain.pem as fullchain.pem has them",
                 "make them anew from fullchain.pem",
                 [&] { lineage_.complete(generation.number); });
    }

    void check_due(const std::string &folder)
    {
        const auto due = lineage_.due();
        if (!due)
            note(folder + "/due", "is missing", "make it: the next pass looks at the lineage",
                 [&] { lineage_.set_due(now_); });
        else if (*due > now_ + std::chrono::hours(48))
            note(folder + "/due", "is more than two days ahead: a clock was wrong",
                 "the next pass looks at it", [&] { lineage_.set_due(now_); });
    }

    void check_caches()
    {
        for (const LineageFile which : {LineageFile::retry, LineageFile::ari, LineageFile::order}) {
            const SpoolPath path = SpoolNames::lineage(lineage_.name(), which);
            try {
                const auto json = spool_.read_json(path);
                if (json && which == LineageFile::retry)
                    parse_retry_record(*json);
                if (json && which == LineageFile::ari)
                    parse_ari_record(*json);
                if (json && which == LineageFile::order)
                    parse_order_record(*json);
            } catch (const std::exception &e) {
                const bool damaged =
                    !find_cause<std::system_error>(e) && !find_cause<NewerFormat>(e);
                note(path.str(), "is damaged: " + describe(e),
                     damaged ? "remove it: it is made anew when it is needed" : "move it away",
                     damaged ? [&] { spool_.remove(path); } : std::function<void()>());
            }
        }
    }

    SpoolPath file(Generation number, GenerationFile which) const
    {
        return SpoolNames::generation(lineage_.name(), number, which);
    }

    template <class... Words> void note(Words &&...words)
    {
        findings_.note(std::forward<Words>(words)...);
    }

    const Lineage &lineage_;
    const Spool &spool_;
    Findings &findings_;
    const Time now_;
};

}

void check_lineage(const Lineage &lineage, Findings &findings, Time now)
{
    LineageCheck(lineage, findings, now).run();
}

}
