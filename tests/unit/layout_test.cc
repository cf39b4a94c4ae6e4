// SPDX-License-Identifier: MIT
#include "spool/layout.h"

#include "base/text.h"
#include "spool/names.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <map>

using namespace acmeproxy;

namespace {

/// Under `srcdir`, as automake has it, or in a folder above this one.
std::filesystem::path find_in_source(const std::string &relative)
{
    if (const char *srcdir = std::getenv("srcdir"))
        return std::filesystem::path(srcdir) / relative;
    for (auto folder = std::filesystem::current_path();; folder = folder.parent_path()) {
        if (std::filesystem::exists(folder / relative) || folder == folder.root_path())
            return folder / relative;
    }
}

struct Documented {
    std::string path, kind, mode, owner, group, writers;
    bool operator==(const Documented &) const = default;
    std::string text() const { return join({path, kind, mode, owner, group, writers}, " | "); }
};

std::string cell(const std::string &text)
{
    std::string inner(trim(text));
    if (inner.size() > 1 && inner.front() == '`' && inner.back() == '`')
        inner = inner.substr(1, inner.size() - 2);
    return inner;
}

/// The table of paths: the only one with a column "mode".
std::vector<Documented> documented()
{
    std::ifstream file(find_in_source("doc/spool.md"));
    BOOST_REQUIRE(file.is_open());
    std::vector<Documented> rows;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
        const std::vector<std::string> cells = split(line, '|');
        if (cells.size() < 8)
            inside = false;
        else if (cell(cells[3]) == "mode")
            inside = true;
        else if (inside && cell(cells[1]).find("---") == std::string::npos)
            // A lock is a file; the manual tells that it holds nothing.
            rows.push_back({cell(cells[1]), cell(cells[2]) == "lock" ? "file" : cell(cells[2]),
                            cell(cells[3]), cell(cells[4]), cell(cells[5]), cell(cells[6])});
    }
    return rows;
}

/// agent.fcgi is the one program that may run as another user: what it makes belongs to that user,
/// and all is of the group of the spool's owner.
std::string owners(std::string_view writers)
{
    const std::vector<std::string> all = split(writers, ',');
    const auto agents = std::count_if(all.begin(), all.end(),
                                      [](const std::string &who) { return trim(who) == "agent"; });
    if (agents == 0)
        return "acmeproxy";
    return all.size() == 1 ? "acmeproxy-agent" : "acmeproxy, acmeproxy-agent";
}

Documented as_documented(const PathRule &rule)
{
    const std::string path(rule.pattern);
    const std::string kind = path.ends_with("/...")          ? "any"
                             : rule.kind == PathKind::folder ? "folder"
                             : rule.kind == PathKind::link   ? "link"
                                                             : "file";
    return {path,
            kind,
            rule.mode ? fmt::format("{:04o}", rule.mode) : "",
            owners(rule.writers),
            "acmeproxy",
            std::string(rule.writers)};
}

std::string rule_of(const std::string &path)
{
    const PathRule *rule = find_rule(path);
    return rule ? std::string(rule->pattern) : "(none)";
}

}

BOOST_AUTO_TEST_SUITE(layout_test)

BOOST_AUTO_TEST_CASE(the_layout_is_what_the_manual_says)
{
    const std::vector<Documented> rows = documented();
    BOOST_TEST(rows.size() == layout().size());
    for (std::size_t i = 0; i < std::min(rows.size(), layout().size()); ++i)
        BOOST_TEST(rows[i].text() == as_documented(layout()[i]).text());
}

BOOST_AUTO_TEST_CASE(each_path_is_found_by_its_rule)
{
    const std::string id = "client-1.ABCDEFGHIJKLMNOPQRSTUV";
    const std::map<std::string, std::string> examples = {
        {"TOKEN", "DGyRejmCefe7v4NfDGDKfA"},
        {"CA", "letsencrypt"},
        {"OWNER", "default"},
        {"NAME", "_.a.example"},
        {"N", "0001"},
        {"CLIENT", "client-1"},
        {"KID.json", id + ".json"},
        {"KID.used", id + ".used"},
        {"ACCT.json", id + ".json"},
        {"ACCT.used", id + ".used"},
        {"DAY", "2026-11-24"},
        {"THUMBPRINT", std::string(43, 'A')},
        {"MINUTE", "2026-11-24T13:50Z"},
        {"NONCE", std::string(64, 'a')},
        {"SECRET", "20261124T135000Z-ABCD_-12"},
        {"HASH", std::string(64, 'b')},
        {"CLIENT@NAME.json", "client-1@a.example.json"},
        {"CLIENT@NAME.refused", "client-1@a.example.refused"},
        {"IDENTIFIER", "_.a.example"},
        {"...", "x/y"},
    };
    for (const PathRule &rule : layout()) {
        std::vector<std::string> parts = split(rule.pattern, '/');
        for (std::string &part : parts) {
            const auto found = examples.find(part);
            part = found == examples.end() ? part : found->second;
        }
        BOOST_TEST(rule_of(join(parts, "/")) == rule.pattern);
    }
}

BOOST_AUTO_TEST_CASE(parents_stand_before_what_is_in_them)
{
    for (std::size_t i = 0; i < layout().size(); ++i) {
        const std::string pattern(layout()[i].pattern);
        const std::size_t slash = pattern.rfind('/');
        if (slash == std::string::npos)
            continue;
        bool found = false;
        for (std::size_t j = 0; j < i; ++j)
            found = found || (layout()[j].pattern == pattern.substr(0, slash) &&
                              layout()[j].kind == PathKind::folder);
        BOOST_TEST(found, pattern);
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_belong_has_no_rule)
{
    for (const char *path : {"",
                             "x",
                             "..",
                             "certs/",
                             "certs//live",
                             "certs/A",
                             "certs/..",
                             "certs/.a/live",
                             "certs/a.example/gen/1",
                             "certs/a.example/gen/00001",
                             "certs/a.example/gen/0001/x",
                             "certs/a.example/gen/0001/privkey.pem.bak",
                             "certs/a.example/cert.json/x",
                             "certs/a.example/live/privkey.pem",
                             "challenges/a.b",
                             "challenges/a/b",
                             "cas/A/ca.json",
                             "cas/a/accounts/../key.pem",
                             "/certs",
                             "tmpx/y",
                             "./certs",
                             "NAME",
                             "requests/a.example.json",
                             "requests/client@a.example",
                             "names/A",
                             "names/.other",
                             "clients/client/tokens/abc",
                             "certs/NAME"})
        BOOST_TEST(rule_of(path) == "(none)", path);
}

BOOST_AUTO_TEST_CASE(all_belongs_below_tmp)
{
    for (const char *path : {"tmp/x", "tmp/x/y", "tmp/x/y/z", "tmp/.."})
        BOOST_TEST(rule_of(path) == "tmp/...");
    BOOST_TEST(rule_of("tmp") == "tmp");
}

BOOST_AUTO_TEST_CASE(only_what_is_public_is_readable_by_others)
{
    for (const PathRule &rule : layout()) {
        const std::string pattern(rule.pattern);
        // Ciphertext is for those who hand it out, and nobody else.
        const bool sealed = pattern.ends_with(".age");
        const bool secret = !sealed && (pattern.find("key.pem") != std::string::npos ||
                                        pattern.find("next.pem") != std::string::npos ||
                                        pattern.find("ca.json") != std::string::npos);
        BOOST_TEST((!sealed || (rule.mode & 037) == 0), pattern);
        BOOST_TEST((!secret || (rule.mode & 077) == 0), pattern);
        // The group, that of agent.fcgi, writes to its folders alone, and reads no secret.
        const bool of_agent = pattern.starts_with("nonces") || pattern.starts_with("requests");
        BOOST_TEST((rule.mode & (of_agent ? 002 : 022)) == 0U, pattern);
        const bool of_ca = pattern == "cas" || pattern.starts_with("cas/");
        const bool begun = pattern.ends_with(".begun");
        BOOST_TEST((!(of_ca || begun) || (rule.mode & 077) == 0), pattern);
    }
}

BOOST_AUTO_TEST_SUITE_END()
