// SPDX-License-Identifier: MIT
// What a pass would do with a lineage, for every combination of the files that lie beside its
// generations and of the states that these are in.
#include "renew/lineage_job.h"
#include "renew/pass.h"

#include "unit/spool_fixture.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace acmeproxy;
using std::chrono::days;
using std::chrono::hours;

namespace {

enum class Stage { nothing, keyed, ordered, issued, live, deployed, renewing, keyless };
enum class Cert { sound, missing, ruin, other_names };
enum class Retry { none, ruin, failed, failed_and_hook_due };
enum class Ari { none, ruin, past, ahead, of_another };

struct Disk {
    Stage stage = Stage::nothing;
    bool wanted_lost = false; ///< wanted.json of the newest generation
    Cert cert = Cert::sound;
    Retry retry = Retry::none;
    Ari ari = Ari::none;
    bool wished_for = false; ///< the file `renew`
    bool late = false;       ///< the end of the certificate is near

    std::string text() const
    {
        std::string out = "stage";
        for (const int part :
             {static_cast<int>(stage), int(wanted_lost), static_cast<int>(cert),
              static_cast<int>(retry), static_cast<int>(ari), int(wished_for), int(late)})
            out += " " + std::to_string(part);
        return out;
    }
    bool is_begun() const
    {
        return stage == Stage::keyed || stage == Stage::ordered || stage == Stage::renewing;
    }
    bool is_spec_lost() const { return cert == Cert::missing || cert == Cert::ruin; }
    bool is_live() const
    {
        return stage == Stage::live || stage == Stage::deployed || stage == Stage::keyless;
    }
};

/// All the reasons that there are to replace a certificate that is live, in the words of the pass.
std::set<std::string> reasons(const Disk &disk)
{
    std::set<std::string> all;
    if (disk.wished_for)
        all.insert("forced");
    if (disk.cert == Cert::other_names)
        all.insert("what is wanted has changed");
    if (disk.ari == Ari::past)
        all.insert("the CA's renewal window has come");
    // Where nothing else tells, a lost key looks like one that stays elsewhere.
    if (disk.stage == Stage::keyless && !(disk.is_spec_lost() && disk.wanted_lost))
        all.insert("its key is lost");
    // The CA's window stands in for the rule of a third, if it is this certificate's.
    if (disk.late && disk.ari != Ari::ahead)
        all.insert("it expires soon");
    return all;
}

/// What the pass may say. No retry.json that is damaged, and no failure, changes it, but for the
/// hook that alone it was looked at for.
std::set<std::string> expected(const Disk &disk)
{
    const std::string from = " from letsencrypt";
    const std::string newest = disk.stage == Stage::renewing ? "0002" : "0001";
    const bool knows_nothing =
        disk.stage == Stage::nothing || (disk.is_begun() && disk.wanted_lost);
    if (disk.is_spec_lost() && knows_nothing && disk.stage != Stage::renewing)
        return {"error: restore it from a backup"};
    if (disk.stage == Stage::issued)
        return {"would switch to generation 0001"};
    const bool waits = disk.retry == Retry::failed_and_hook_due;
    const std::set<std::string> wait{"would wait for its next attempt at 2026"};
    if (disk.is_live()) {
        if (reasons(disk).empty())
            return {disk.stage == Stage::live ? "would run its hook" : "would do nothing"};
        std::set<std::string> texts;
        for (const std::string &reason : reasons(disk))
            texts.insert("would obtain a certificate" + from + " (" + reason + ")");
        return waits ? wait : texts;
    }
    if (disk.is_begun() && (disk.cert == Cert::other_names || disk.wanted_lost))
        return {"would abandon generation " + newest + " and obtain a certificate" + from};
    if (waits)
        return wait;
    if (disk.stage == Stage::nothing)
        return {"would obtain a certificate" + from};
    if (disk.stage == Stage::ordered)
        return {"would resume its order" + from};
    return {"would place an order for the key that is there" + from};
}

struct PreviewFixture : SpoolFixture {
    PreviewFixture()
    {
        options.default_ca = "letsencrypt";
        options.dry_run = true;
    }
    Lineage lay_out(Stage stage, bool wanted_lost)
    {
        const Lineage lineage = add("stage" + std::to_string(count++) + ".example");
        if (stage == Stage::keyed || stage == Stage::ordered)
            begin(lineage, 1);
        if (stage == Stage::ordered)
            lineage.write_order({"letsencrypt", "https://ca.example/dir", "https://ca.example/a/1",
                                 "https://ca.example/o/1", 1, clock.now()});
        if (stage == Stage::issued || stage == Stage::live)
            issue(lineage, 1);
        if (stage == Stage::live)
            lineage.switch_live(1);
        if (stage == Stage::deployed || stage == Stage::renewing || stage == Stage::keyless)
            deploy(lineage, 1);
        if (stage == Stage::renewing)
            begin(lineage, 2);
        if (stage == Stage::keyless)
            remove(file(lineage, 1, GenerationFile::privkey));
        if (wanted_lost)
            overwrite(file(lineage, stage == Stage::renewing ? 2 : 1, GenerationFile::wanted), "{");
        return lineage;
    }
    /// As acmeproxy has it, without the wait for the disk.
    void put(const std::string &path, Json json) const
    {
        overwrite(path, json.set("format", 1).to_pretty_text());
    }
    void lay_out(const Lineage &lineage, Cert cert)
    {
        LineageSpec spec = spec_for({lineage.name().str()});
        const std::string path = file(lineage, LineageFile::cert);
        remove(path);
        if (cert == Cert::ruin)
            overwrite(path, "{\"format\": 1");
        if (cert == Cert::other_names)
            spec.identifiers.push_back(Identifier::parse("b.example"));
        if (cert == Cert::sound || cert == Cert::other_names)
            put(path, to_json(spec));
    }
    void lay_out(const Lineage &lineage, Retry retry)
    {
        const std::string path = file(lineage, LineageFile::retry);
        remove(path);
        RetryRecord record;
        record.attempts = 3;
        record.error = "no";
        record.last = clock.now() - hours(1);
        record.next = clock.now() + hours(1);
        if (retry == Retry::failed_and_hook_due) {
            record.hook_attempts = 1;
            record.hook_next = clock.now() - hours(1);
        }
        if (retry == Retry::ruin)
            overwrite(path, "[]");
        else if (retry != Retry::none)
            put(path, to_json(record));
    }
    void lay_out(const Lineage &lineage, Ari ari)
    {
        const std::string path = file(lineage, LineageFile::ari);
        remove(path);
        const auto chain = lineage.chain(1);
        AriRecord record;
        record.certificate_id = chain && ari != Ari::of_another
                                    ? chain->front().renewal_info_id().value()
                                    : "of.another";
        record.picked = clock.now() + (ari == Ari::ahead ? hours(1) : -hours(1));
        record.start = *record.picked - hours(1);
        record.end = *record.picked + hours(1);
        if (ari == Ari::ruin)
            overwrite(path, "{\"format\": 1}");
        else if (ari != Ari::none)
            put(path, to_json(record));
    }
    std::string preview(const Lineage &lineage)
    try {
        return LineageJob(spool, lineage.name(), options, cas, connections, clock).preview();
    } catch (const std::exception &e) {
        return "error: " + describe(e);
    }
    bool is_as_expected(const Lineage &lineage, const Disk &disk)
    {
        const std::string said = preview(lineage);
        for (const std::string &text : expected(disk)) {
            if (said.starts_with(text) ||
                (text.starts_with("error: ") && holds(said, text.substr(7))))
                return true;
        }
        BOOST_TEST_MESSAGE(disk.text() + ": " + said + ", not " + *expected(disk).begin());
        return false;
    }

    RenewOptions options;
    CaContexts cas{spool, options, clock};
    Connections connections;
    int count = 0;
};

template <class Enum> std::vector<Enum> all_to(Enum last)
{
    std::vector<Enum> all;
    for (int i = 0; i <= static_cast<int>(last); ++i)
        all.push_back(static_cast<Enum>(i));
    return all;
}

/// Each file beside the generations in each form, with these generations.
int check_all_beside(PreviewFixture &f, Disk disk)
{
    const Lineage lineage = f.lay_out(disk.stage, disk.wanted_lost);
    int count = 0;
    for (const bool late : {false, true}) {
        // The certificates last for 90 days.
        f.clock.set(TestCa::epoch + (late ? days(75) : days(20)));
        disk.late = late;
        for (const Cert cert : all_to(Cert::other_names)) {
            f.lay_out(lineage, disk.cert = cert);
            for (const Retry retry : all_to(Retry::failed_and_hook_due)) {
                f.lay_out(lineage, disk.retry = retry);
                for (const Ari ari : all_to(Ari::of_another)) {
                    f.lay_out(lineage, disk.ari = ari);
                    BOOST_TEST(f.is_as_expected(lineage, disk), disk.text());
                    ++count;
                }
            }
        }
    }
    f.clock.set(TestCa::epoch);
    return count;
}

}

BOOST_AUTO_TEST_SUITE(lineage_preview_test)

BOOST_AUTO_TEST_CASE(every_combination_of_files_beside_the_generations)
{
    PreviewFixture f;
    int count = 0;
    for (const Stage stage : all_to(Stage::keyless))
        for (const bool wanted_lost : {false, true}) {
            if (stage == Stage::nothing && wanted_lost)
                continue;
            count += check_all_beside(f, {.stage = stage, .wanted_lost = wanted_lost});
        }
    BOOST_TEST(count == 15 * 2 * 4 * 4 * 5);
}

BOOST_AUTO_TEST_CASE(a_wish_for_a_new_certificate_counts_where_one_is_live)
{
    PreviewFixture f;
    for (const Stage stage : all_to(Stage::keyless)) {
        const Lineage lineage = f.lay_out(stage, false);
        f.spool.touch(SpoolNames::lineage(lineage.name(), LineageFile::renew));
        f.clock.set(TestCa::epoch + days(20));
        BOOST_TEST(f.is_as_expected(lineage, {.stage = stage, .wished_for = true}));
        f.clock.set(TestCa::epoch);
    }
}

BOOST_AUTO_TEST_CASE(a_pause_of_the_ca_is_told_where_it_would_be_asked)
{
    PreviewFixture f;
    const CaName ca = CaName::parse("letsencrypt");
    save_pause(f.spool, ca, {f.clock.now() + hours(1), "enough"}, f.clock.now());
    CaContexts paused(f.spool, f.options, f.clock);
    for (const Stage stage : all_to(Stage::deployed)) {
        const Lineage lineage = f.lay_out(stage, false);
        LineageJob job(f.spool, lineage.name(), f.options, paused, f.connections, f.clock);
        const bool asks =
            stage == Stage::nothing || stage == Stage::keyed || stage == Stage::ordered;
        const std::string thrown = thrown_by([&] { job.preview(); });
        BOOST_TEST(holds(thrown, "the CA letsencrypt asked for silence until ") == asks, thrown);
        BOOST_TEST(thrown.empty() == !asks, thrown);
    }
}

BOOST_AUTO_TEST_CASE(due_alone_decides_whether_it_is_looked_at)
{
    PreviewFixture f;
    const Time now = f.clock.now();
    for (const Stage stage : all_to(Stage::keyless)) {
        const Lineage lineage = f.lay_out(stage, false);
        for (const Cert cert : all_to(Cert::other_names)) {
            f.lay_out(lineage, cert);
            const auto is_looked_at = [&] {
                const auto names = find_due(f.spool, f.options, now);
                return std::count(names.begin(), names.end(), lineage.name()) == 1;
            };
            f.remove(SpoolFixture::file(lineage, LineageFile::due));
            BOOST_TEST(is_looked_at());
            for (const auto &[due, wanted] :
                 std::vector<std::pair<Time, bool>>{{now - days(400), true},
                                                    {now, true},
                                                    {now + Seconds(1), false},
                                                    {now + hours(48), false},
                                                    {now + hours(49), true}}) {
                lineage.set_due(due);
                BOOST_TEST(is_looked_at() == wanted);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
