// SPDX-License-Identifier: MIT
#include "spool/check.h"

#include "base/error.h"
#include "spool/ca_store.h"
#include "spool/client_store.h"
#include "spool/layout.h"
#include "spool/lineage.h"

#include <fmt/format.h>
#include <functional>

namespace acmeproxy {

namespace {

class Check {
public:
    Check(const Spool &spool, Repair repair, Time now)
        : spool_(spool), repair_(repair), now_(now), base_(*spool.dir().status(""))
    {
    }

    std::vector<Finding> run()
    {
        check_path("", *find_rule("."), base_);
        for (const PathRule &rule : layout()) {
            const bool top = rule.kind == PathKind::folder && rule.pattern != "." &&
                             rule.pattern.find('/') == std::string_view::npos;
            if (top && !spool_.dir().exists(std::string(rule.pattern)))
                note(std::string(rule.pattern), "is missing", "make the folder",
                     [&] { spool_.dir().make_dir(std::string(rule.pattern), rule.mode); });
        }
        walk("");
        for (const CaName &ca : spool_.cas())
            check_ca(ca);
        for (const ClientId &client : ClientStore(spool_).clients())
            check_client(client);
        for (const LineageName &name : spool_.lineages())
            check_lineage(Lineage(spool_, name));
        return std::move(findings_);
    }

private:
    /// Notes a finding; with a way to mend it that is done, if asked for.
    void note(const std::string &path, const std::string &what, const std::string &advice,
              const std::function<void()> &mend = {})
    {
        Finding finding{spool_.dir().path_of(path), what, advice, false};
        if (repair_ == Repair::yes && mend) {
            try {
                mend();
                finding.repaired = true;
            } catch (const std::exception &e) {
                finding.advice += " (tried, in vain: " + describe(e) + ")";
            }
        }
        findings_.push_back(std::move(finding));
    }

    void walk(const std::string &folder)
    {
        for (const std::string &name : spool_.dir().list(folder)) {
            const std::string path = folder.empty() ? name : folder + "/" + name;
            const auto st = spool_.dir().status(path);
            if (!st)
                continue; // gone meanwhile
            const PathRule *rule = find_rule(path);
            if (folder == "tmp")
                check_temporary(path, *st);
            else if (!rule)
                note(path, "does not belong in a spool", "move it away");
            else if (check_path(path, *rule, *st) && rule->kind == PathKind::folder)
                walk(path);
        }
    }

    void check_temporary(const std::string &path, const struct stat &st)
    {
        if (now_ - Time(Seconds(st.st_mtime)) > std::chrono::days(1))
            note(path, "was left behind by a process that died", "the next pass removes it",
                 [&] { spool_.dir().remove_tree(path); });
    }

    /// False: it is something else than it should be.
    bool check_path(const std::string &path, const PathRule &rule, const struct stat &st)
    {
        const PathKind kind = S_ISDIR(st.st_mode)   ? PathKind::folder
                              : S_ISLNK(st.st_mode) ? PathKind::link
                                                    : PathKind::file;
        if (kind != rule.kind || (kind == PathKind::file && !S_ISREG(st.st_mode))) {
            note(path, "is not " + std::string(name_of(rule.kind)), "move it away");
            return false;
        }
        if (st.st_uid != base_.st_uid)
            note(path,
                 fmt::format("belongs to user {}, not to the spool's owner {}", st.st_uid,
                             base_.st_uid),
                 fmt::format("chown {} it", base_.st_uid));
        const mode_t mode = st.st_mode & 07777;
        if (kind != PathKind::link && mode != rule.mode)
            note(path, fmt::format("has mode {:04o}, not {:04o}", mode, rule.mode),
                 fmt::format("chmod {:04o} it", rule.mode), [&] {
                     const std::string relative = path.empty() ? "." : path;
                     if (::fchmodat(spool_.dir().fd(), relative.c_str(), rule.mode, 0) != 0)
                         throw_errno("set mode");
                 });
        return true;
    }

    static std::string_view name_of(PathKind kind)
    {
        switch (kind) {
        case PathKind::folder:
            return "a folder";
        case PathKind::file:
            return "a regular file";
        case PathKind::link:
            return "a symbolic link";
        }
        return "";
    }

    void check_ca(const CaName &ca)
    {
        const std::string folder = SpoolNames::ca(ca).str();
        readable(folder + "/ca.json", "write it again: acmeproxy ca add",
                 [&] { load_ca(spool_, ca); });
        const AccountFiles account(spool_, ca, ClientId::parse("default"));
        const std::string owner = SpoolNames::account(ca, ClientId::parse("default")).str();
        readable(owner + "/key.pem", "put it back from a backup, or remove it to get a new account",
                 [&] {
                     if (account.record() && !account.key())
                         throw Error("it is missing, and there is an account of it");
                 });
    }

    /// What is missing or cannot be read denies: that must not go unseen.
    void check_client(const ClientId &client)
    {
        const ClientStore clients(spool_);
        const std::string file = ClientNames::client(client, ClientFile::client).str();
        readable(file, "the client is denied everything: mend it, or remove the client", [&] {
            if (clients.load_policy(client).names.empty())
                note(file, "allows no names",
                     "acmeproxy client allow " + client.str() + " PATTERN");
        });
        check_client_files(client, ClientFile::eab,
                           [&](const ClientScopedId &id) { return clients.eab(id).has_value(); });
        check_client_files(client, ClientFile::accounts, [&](const ClientScopedId &id) {
            return clients.account(id).has_value();
        });
    }

    void check_client_files(const ClientId &client, ClientFile which,
                            const std::function<bool(const ClientScopedId &)> &reads)
    {
        const std::string folder = ClientNames::client(client, which).str();
        for (const std::string &name : spool_.dir().list(folder)) {
            const auto id = ClientNames::id_of_file(client, name);
            if (id && !reads(*id) && spool_.dir().exists(folder + "/" + name))
                note(folder + "/" + name, "cannot be read, so it is refused", "remove it");
        }
    }

    void readable(const std::string &path, const std::string &advice,
                  const std::function<void()> &read)
    {
        try {
            read();
        } catch (const std::exception &e) {
            note(path, "cannot be read: " + describe(e), advice);
        }
    }

    void check_lineage(const Lineage &lineage)
    {
        const std::string folder = SpoolNames::lineage(lineage.name()).str();
        const auto st = spool_.dir().status(folder);
        if (!st || !S_ISDIR(st->st_mode))
            return; // gone meanwhile, or reported already
        std::optional<Lock> lock;
        if (repair_ == Repair::yes && !(lock = lineage.lock())) {
            note(folder, "is being worked on by another process", "check again when it is done");
            return;
        }
        try {
            if (const auto spec = check_spec(lineage, folder))
                check_files(lineage, *spec, folder);
            check_due(lineage, folder);
            check_caches(lineage);
        } catch (const std::exception &e) {
            note(folder, "cannot be checked: " + describe(e),
                 "see what the message says, and check again");
        }
    }

    std::optional<LineageSpec> check_spec(const Lineage &lineage, const std::string &folder)
    {
        try {
            return lineage.spec();
        } catch (const std::exception &e) {
            // What cannot be read for another reason than its content is not written over.
            const bool damaged = !find_cause<std::system_error>(e) && !find_cause<NewerFormat>(e);
            const auto rebuilt = damaged ? lineage.rebuild_spec() : std::nullopt;
            note(folder + "/cert.json", "cannot be read: " + describe(e),
                 rebuilt ? "make it anew from the certificate"
                         : "put it back from a backup, or remove the lineage and add it again",
                 rebuilt ? [&] { lineage.write_spec(*rebuilt); } : std::function<void()>());
            return rebuilt;
        }
    }

    void check_files(const Lineage &lineage, const LineageSpec &spec, const std::string &folder)
    {
        const LineageFacts facts = lineage.facts(spec);
        for (const GenerationFacts &generation : facts.generations)
            check_generation(lineage, spec, generation);
        const bool had_live = spool_.exists(SpoolNames::lineage(lineage.name(), LineageFile::live));
        const Next next = next_step(facts, false);
        // Stored and not live yet is a state, and the next pass goes on from it.
        const bool is_issued = !had_live && facts.order == LineageFacts::OrderFile::of_newest;
        if (next.step == Step::switch_live && !facts.live_generation() && !is_issued)
            note(folder + "/live", had_live ? "points to no certificate" : "is missing",
                 "point it to the newest certificate",
                 [&] { lineage.switch_live(next.generation); });
        else if (had_live && !facts.live)
            note(folder + "/live", "points to no generation",
                 "the next pass obtains a certificate: acmeproxy renew " + lineage.name().str());
    }

    void check_generation(const Lineage &lineage, const LineageSpec &spec,
                          const GenerationFacts &generation)
    {
        const auto path = [&](GenerationFile which) {
            return file(lineage, generation.number, which).str();
        };
        const std::string renew =
            "get a new certificate: acmeproxy renew --force " + lineage.name().str();
        if (!generation.committed && lineage.stored_at(generation.number))
            note(path(GenerationFile::fullchain), "cannot be read as certificates", renew);
        if (generation.committed && !generation.sound)
            note(path(spec.makes_key() ? GenerationFile::privkey : GenerationFile::request),
                 "is missing, damaged or of another key than the certificate's", renew);
        if (generation.committed && !lineage.is_complete(generation.number))
            note(SpoolNames::generation(lineage.name(), generation.number).str(),
                 "lacks cert.pem or chain.pem as fullchain.pem has them",
                 "make them anew from fullchain.pem", [&] { lineage.complete(generation.number); });
    }

    void check_due(const Lineage &lineage, const std::string &folder)
    {
        const auto due = lineage.due();
        if (!due)
            note(folder + "/due", "is missing", "make it: the next pass looks at the lineage",
                 [&] { lineage.set_due(now_); });
        else if (*due > now_ + std::chrono::hours(48))
            note(folder + "/due", "is more than two days ahead: a clock was wrong",
                 "the next pass looks at it", [&] { lineage.set_due(now_); });
    }

    void check_caches(const Lineage &lineage)
    {
        for (const LineageFile which : {LineageFile::retry, LineageFile::ari, LineageFile::order}) {
            const SpoolPath path = SpoolNames::lineage(lineage.name(), which);
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

    static SpoolPath file(const Lineage &lineage, Generation number, GenerationFile which)
    {
        return SpoolNames::generation(lineage.name(), number, which);
    }

    const Spool &spool_;
    const Repair repair_;
    const Time now_;
    const struct stat base_;
    std::vector<Finding> findings_;
};

}

std::vector<Finding> check_spool(const Spool &spool, Repair repair, Time now)
{
    return Check(spool, repair, now).run();
}

}
