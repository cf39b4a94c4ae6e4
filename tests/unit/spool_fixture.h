// SPDX-License-Identifier: MIT
// A spool in a folder of its own, with a CA to issue what lies in it.
//
//     SpoolFixture f;
//     const Lineage lineage = f.add("a.example");
//     f.issue(lineage, 1);
#pragma once

#include "base/error.h"
#include "crypto/age_bundle.h"
#include "renew/schedule.h"
#include "spool/layout.h"
#include "spool/lineage.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"
#include "unit/test_ca.h"

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace acmeproxy {

struct SpoolFixture {
    SpoolFixture() : base(temp.path() + "/spool"), made(init_spool(base, "")), spool(base) {}

    static LineageSpec spec_for(const std::vector<std::string> &names)
    {
        LineageSpec spec;
        for (const std::string &name : names)
            spec.identifiers.push_back(Identifier::parse(name));
        return spec;
    }

    Lineage add(const std::string &name) { return add(name, spec_for({name})); }
    Lineage add(const std::string &name, const LineageSpec &spec)
    {
        const LineageName parsed = LineageName::parse(name);
        if (!Lineage::create(spool, parsed, spec))
            throw Error("the test makes " + name + " twice");
        return Lineage(spool, parsed);
    }

    /// A key, its request and what was wanted.
    static void begin(const Lineage &lineage, Generation number)
    {
        begin(lineage, number, lineage.spec());
    }
    static void begin(const Lineage &lineage, Generation number, const LineageSpec &spec)
    {
        const PrivateKey key = PrivateKey::generate(spec.key_type);
        lineage.begin(number, spec, &key, Csr::make(key, spec.identifiers));
    }
    /// The key is sealed for the lineage's recipients.
    static void begin_sealed(const Lineage &lineage, Generation number)
    {
        const PrivateKey key = PrivateKey::generate(KeyType::ec256);
        const Secret pem = key.to_pem();
        const LineageSpec spec = lineage.spec();
        lineage.begin(number, spec,
                      SealedKey{age_seal(spec.all_recipients(), pem.view()),
                                begin_bundle(spec.all_recipients(), pem.view())},
                      Csr::make(key, spec.identifiers));
    }
    /// Certificate and issuers, stored now.
    void commit(const Lineage &lineage, Generation number,
                Time not_before = TestCa::epoch - std::chrono::hours(1),
                Time not_after = TestCa::epoch + std::chrono::days(90))
    {
        const auto csr = lineage.request(number);
        if (!csr)
            throw Error("the generation has no request");
        lineage.commit(number, parse_chain(ca.issue_chain(*csr, not_before, not_after)));
        set_stored(lineage, number, clock.now());
    }
    void issue(const Lineage &lineage, Generation number)
    {
        begin(lineage, number);
        commit(lineage, number);
    }
    /// Issued, live and deployed.
    void deploy(const Lineage &lineage, Generation number)
    {
        issue(lineage, number);
        lineage.switch_live(number);
        lineage.mark_deployed(number);
    }

    void set_stored(const Lineage &lineage, Generation number, Time when) const
    {
        spool.dir().set_mtime(file(lineage, number, GenerationFile::fullchain),
                              when.time_since_epoch().count());
    }
    static std::string file(const Lineage &lineage, Generation number, GenerationFile which)
    {
        return SpoolNames::generation(lineage.name(), number, which).str();
    }
    static std::string file(const Lineage &lineage, LineageFile which)
    {
        return SpoolNames::lineage(lineage.name(), which).str();
    }

    /// In place, as a disk that fails or a hand that slips would.
    void overwrite(const std::string &relative, const std::string &content) const
    {
        const PathRule *rule = find_rule(relative);
        const Fd fd = spool.dir().open_file(relative, O_WRONLY | O_CREAT | O_TRUNC,
                                            rule && rule->mode ? rule->mode : 0600);
        if (!fd || ::write(fd.get(), content.data(), content.size()) !=
                       static_cast<ssize_t>(content.size()))
            throw_errno("overwrite " + relative);
    }
    /// As on a full disk: nothing can be written any more, not by root either.
    void fill_the_disk() const
    {
        spool.dir().remove_tree("tmp");
        overwrite("tmp", "");
    }
    std::string content(const std::string &relative) const
    {
        return spool.dir().read_file(relative).value_or("(none)");
    }
    void remove(const std::string &relative) const { spool.dir().remove_tree(relative); }
    /// All paths below the base with their kind, mode, content and link target.
    std::string snapshot(const std::string &folder = "") const
    {
        std::string text;
        for (const std::string &name : spool.dir().list(folder)) {
            const std::string path = folder.empty() ? name : folder + "/" + name;
            const auto st = spool.dir().status(path);
            text += path + " " + std::to_string(st->st_mode) + " ";
            if (S_ISREG(st->st_mode))
                text += std::to_string(st->st_mtime) + " " + content(path);
            text += spool.dir().read_link(path).value_or("") + "\n";
            if (S_ISDIR(st->st_mode))
                text += snapshot(path);
        }
        return text;
    }

    TempDir temp;
    std::string base;
    std::vector<std::string> made;
    Spool spool;
    FakeClock clock;
    TestCa root;
    TestCa ca{"Test Intermediate", root};
};

/// What `act` throws, as the log would show it; "" where it throws nothing.
template <class Act> std::string thrown_by(Act act)
try {
    act();
    return "";
} catch (const std::exception &e) {
    return describe(e);
}

inline bool holds(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

}
