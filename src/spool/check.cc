// SPDX-License-Identifier: MIT
#include "spool/check.h"

#include "base/error.h"
#include "spool/ca_store.h"
#include "spool/check_content.h"
#include "spool/check_lineage.h"
#include "spool/client_store.h"
#include "spool/layout.h"
#include "spool/name_claims.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace acmeproxy {

namespace {

class Check {
public:
    Check(const Spool &spool, Repair repair, Time now)
        : spool_(spool), findings_(spool, repair), now_(now), base_(*spool.dir().status(""))
    {
    }

    std::vector<Finding> run()
    {
        check_path("", *find_rule("."), base_);
        for (const PathRule &rule : layout()) {
            const bool wanted = rule.is_fixed() && rule.pattern != ".";
            if (wanted && !spool_.dir().exists(std::string(rule.pattern)))
                note(std::string(rule.pattern), "is missing", "make the folder",
                     [&] { spool_.dir().make_dir(std::string(rule.pattern), rule.mode); });
        }
        walk("");
        for (const CaName &ca : spool_.cas())
            check_ca(ca);
        for (const ClientId &client : ClientStore(spool_).clients())
            check_client(client);
        for (const LineageName &name : spool_.lineages())
            check_lineage(Lineage(spool_, name), findings_, now_);
        check_claims();
        return findings_.take();
    }

private:
    void walk(const std::string &folder)
    {
        for (const std::string &name : spool_.dir().list(folder)) {
            const std::string path = folder.empty() ? name : folder + "/" + name;
            const auto st = spool_.dir().status(path);
            if (!st)
                continue; // gone meanwhile
            const PathRule *rule = find_rule(path);
            if (rule && rule->pattern.ends_with("/..."))
                check_temporary(path, *st);
            else if (!rule)
                note(path, "does not belong in a spool", "move it away");
            else if (!check_path(path, *rule, *st))
                continue;
            else if (rule->kind == PathKind::folder)
                walk(path);
            else if (const ContentRule *content = find_content_rule(rule->pattern))
                check_content(path, *content);
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
        // What agent.fcgi makes belongs to the user that it runs as.
        const bool is_agents = rule.writers.find("agent") != std::string_view::npos;
        if (st.st_uid != base_.st_uid && !is_agents)
            note(path,
                 fmt::format("belongs to user {}, not to the spool's owner {}", st.st_uid,
                             base_.st_uid),
                 fmt::format("chown {} it", base_.st_uid));
        check_group(path, rule, st);
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

    /// Counts where it may do what others may not: what agent.fcgi reads and writes.
    void check_group(const std::string &path, const PathRule &rule, const struct stat &st)
    {
        const mode_t of_group = (rule.mode >> 3) & 7;
        const mode_t of_others = rule.mode & 7;
        if (st.st_gid == base_.st_gid || (of_group & ~of_others) == 0)
            return;
        note(path,
             fmt::format("is of group {}, not of the spool's group {}", st.st_gid, base_.st_gid),
             fmt::format("chgrp {} it", base_.st_gid), [&] {
                 if (::fchownat(spool_.dir().fd(), path.c_str(), static_cast<uid_t>(-1),
                                base_.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
                     throw_errno("set group");
             });
    }

    void check_content(const std::string &path, const ContentRule &rule)
    {
        try {
            rule.read(spool_, path, now_);
        } catch (const std::exception &e) {
            const bool is_readable = !find_cause<std::system_error>(e);
            const bool goes = rule.is_cache && is_readable && !find_cause<NewerFormat>(e);
            const bool is_fault = dynamic_cast<const ContentFault *>(&e) != nullptr;
            note(path,
                 (is_fault      ? ""
                  : is_readable ? "is damaged: "
                                : "cannot be read: ") +
                     describe(e),
                 rule.advice,
                 goes ? [&] { spool_.dir().remove_file(path); } : std::function<void()>());
        }
    }

    /// keys/ and names/: what leads nowhere counts for nothing, and is mended by whoever meets it.
    void check_claims()
    {
        const char *const advice = "remove it: it counts for nothing";
        const ClientStore clients(spool_);
        const std::string keys = ClientNames::folder(ClientFolder::keys).str();
        for (const std::string &name : spool_.dir().list(keys)) {
            const std::string path = keys + "/" + name;
            const PathRule *rule = find_rule(path);
            if (!rule || rule->pattern != "keys/THUMBPRINT" || !is_settled(path))
                continue;
            const Thumbprint thumbprint = Thumbprint::parse(name);
            if (clients.is_dangling(thumbprint))
                note(path, "leads to no account that has this key", advice,
                     [&] { clients.account_by_key(thumbprint.str()); });
        }
        const NameClaims claims(spool_);
        for (const ClaimName &name : claims.dangling()) {
            const std::string path = AgentNames::claim(name).str();
            if (is_settled(path))
                note(path, "names no client that has a lineage of that name", advice,
                     [&] { remove_claim(claims, name); });
        }
    }

    static void remove_claim(const NameClaims &claims, const ClaimName &name)
    {
        const Lock lock = claims.lock();
        const std::vector<ClaimName> still = claims.dangling();
        if (std::find(still.begin(), still.end(), name) != still.end())
            claims.remove(name);
    }

    /// A regular file, and not just being made: a claim comes before what it leads to.
    bool is_settled(const std::string &path) const
    {
        const auto st = spool_.dir().status(path);
        return st && S_ISREG(st->st_mode) &&
               now_ - Time(Seconds(st->st_mtime)) > std::chrono::minutes(1);
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
        readable(SpoolNames::ca(ca, CaFile::identity).str(),
                 "put it back from a backup, or remove it to get new keys from the server",
                 [&] { load_identities(spool_, ca); });
        const std::string accounts = SpoolNames::ca(ca, CaFile::accounts).str();
        for (const std::string &name : spool_.dir().list(accounts)) {
            if (!find_rule(accounts + "/" + name))
                continue; // reported already
            const ClientId owner = ClientId::parse(name);
            const SpoolPath key = SpoolNames::account(ca, owner, AccountFile::key);
            if (AccountFiles(spool_, ca, owner).record() && !spool_.exists(key))
                note(key.str(), "is missing, and there is an account of it",
                     "put it back from a backup, or remove account.json to get a new account");
        }
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

    template <class... Words> void note(Words &&...words)
    {
        findings_.note(std::forward<Words>(words)...);
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

    const Spool &spool_;
    Findings findings_;
    const Time now_;
    const struct stat base_;
};

}

std::vector<Finding> check_spool(const Spool &spool, Repair repair, Time now)
{
    return Check(spool, repair, now).run();
}

}
