// SPDX-License-Identifier: MIT
#include "renew/hook.h"

#include "base/text.h"
#include "spool/owner.h"
#include "unit/as_root.h"
#include "unit/spool_fixture.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>

using namespace acmeproxy;

namespace {

/// A hooks folder with one hook, "reload".
struct Hooks {
    Hooks()
    {
        options.hooks_dir = dir.path() + "/hooks";
        dir.dir().make_dir("hooks", 0755);
        put("hooks/reload", 0755);
    }
    void put(const std::string &relative, mode_t mode) const
    {
        const Fd fd = dir.dir().open_file(relative, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        const std::string script = "#!/bin/sh\nexit 0\n";
        if (!fd || ::write(fd.get(), script.data(), script.size()) < 0 ||
            ::fchmod(fd.get(), mode) != 0)
            throw_errno("make " + relative);
    }
    std::string refusal(const std::string &setting) const
    {
        return thrown_by([&] { find_hook(options, setting); });
    }
    TempDir dir;
    HookOptions options;
};

std::string value_of(const std::vector<std::string> &environment, const std::string &name)
{
    std::string found = "(not set)";
    for (const std::string &entry : environment) {
        if (!entry.starts_with(name + "="))
            continue;
        BOOST_TEST(found == "(not set)", name << " is there twice");
        found = entry.substr(name.size() + 1);
    }
    return found;
}

}

BOOST_AUTO_TEST_SUITE(hook_test)

BOOST_AUTO_TEST_CASE(what_is_no_hook_is_refused_with_the_reason)
{
    Hooks f;
    f.put("hooks/plain", 0644);
    f.dir.dir().make_dir("hooks/folder", 0755);
    const struct {
        std::string setting;
        std::string reason;
    } table[] = {
        {"none", "stat " + f.options.hooks_dir + "/none: No such file"},
        {"plain", f.options.hooks_dir + "/plain is not an executable file (chmod +x)"},
        {"folder", "folder is not an executable file"},
        {".", "is not an executable file"},
        {"..", "is not an executable file"},
        {"sub/reload", "name a file in " + f.options.hooks_dir + ", or an absolute path"},
        {"./reload", "or an absolute path"},
        {"../hooks/reload", "or an absolute path"},
        {f.options.hooks_dir + "/none", "No such file"},
        {"reload now", "No such file"},
    };
    for (const auto &row : table) {
        const std::string error = f.refusal(row.setting);
        BOOST_TEST(holds(error, "hook \"" + row.setting + "\": "), error);
        BOOST_TEST(holds(error, row.reason), error);
    }
}

BOOST_AUTO_TEST_CASE(a_plain_name_and_an_absolute_path_are_found)
{
    if (is_root())
        return; // the folder of the test is below one that all may write to
    Hooks f;
    f.put("elsewhere", 0700);
    BOOST_TEST(find_hook(f.options, "reload") == f.options.hooks_dir + "/reload");
    BOOST_TEST(find_hook(f.options, f.dir.path() + "/elsewhere") == f.dir.path() + "/elsewhere");
    f.options.hooks_dir += "/";
    BOOST_TEST(find_hook(f.options, "reload") == f.dir.path() + "/hooks/reload");
}

BOOST_AUTO_TEST_CASE(root_runs_only_what_root_alone_can_change,
                     *boost::unit_test::label("root") *
                         boost::unit_test::precondition(started_by_root))
{
    Hooks f;
    f.put("elsewhere", 0755);
    BOOST_TEST(holds(f.refusal(f.dir.path() + "/elsewhere"),
                     "as root, only hooks in " + f.options.hooks_dir + " are run"));
    BOOST_TEST(holds(f.refusal(f.options.hooks_dir + "/../elsewhere"), "as root, only hooks in "));
    BOOST_TEST(holds(f.refusal("/bin/sh"), "as root, only hooks in "));
    f.put("hooks/open", 0777);
    BOOST_TEST(holds(f.refusal("open"), "hooks/open is owned or writable by someone else"));
    f.put("hooks/foreign", 0755);
    BOOST_REQUIRE(::chown((f.options.hooks_dir + "/foreign").c_str(), 12345, 0) == 0);
    BOOST_TEST(holds(f.refusal("foreign"), "hooks/foreign is owned or writable by someone else"));
    f.dir.dir().make_link("reload", "hooks/link");
    const std::string linked = f.refusal("link");
    BOOST_TEST((holds(linked, "as root, no hook is run through a symbolic link") ||
                holds(linked, "hooks/link is owned or writable by someone else")),
               linked);
    BOOST_REQUIRE(::chmod(f.options.hooks_dir.c_str(), 0775) == 0);
    BOOST_TEST(holds(f.refusal("reload"), "hooks is owned or writable by someone else"));
    BOOST_TEST(holds(f.refusal("reload"), "(chown root, chmod go-w)"));
}

BOOST_AUTO_TEST_CASE(each_variable_is_set)
{
    SpoolFixture f;
    const Lineage lineage =
        f.add("_.a.example", SpoolFixture::spec_for({"*.a.example", "192.0.2.1"}));
    f.deploy(lineage, 1);
    f.deploy(lineage, 2);
    const auto parsed = lineage.chain(2);
    const auto &chain = *parsed;
    const std::vector<std::string> environment = hook_environment(lineage, 2, chain);
    const std::string live = f.base + "/certs/_.a.example/live";
    const Certificate &certificate = chain.front();
    std::string commas, spaces, first;
    for (const Identifier &id : certificate.identifiers()) {
        first = first.empty() ? id.value() : first;
        commas += (commas.empty() ? "" : ",") + id.value();
        spaces += (spaces.empty() ? "" : " ") + id.value();
    }
    BOOST_TEST((commas == "*.a.example,192.0.2.1" || commas == "192.0.2.1,*.a.example"));
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        {"LANG", "C.UTF-8"},
        {"ACMEPROXY_CERT_NAME", "_.a.example"},
        {"ACMEPROXY_CERT_DOMAINS", commas},
        {"ACMEPROXY_CERT_DIR", live},
        {"ACMEPROXY_CERT_GENERATION", "2"},
        {"ACMEPROXY_CERT_KEY", live + "/privkey.pem"},
        {"ACMEPROXY_CERT_CERT", live + "/cert.pem"},
        {"ACMEPROXY_CERT_CHAIN", live + "/chain.pem"},
        {"ACMEPROXY_CERT_FULLCHAIN", live + "/fullchain.pem"},
        {"ACMEPROXY_CERT_NOT_AFTER", "2026-12-20T14:13:20Z"},
        {"ACMEPROXY_CERT_SERIAL", certificate.serial()},
        {"ACMEPROXY_CERT_FINGERPRINT", certificate.fingerprint()},
        {"RENEWED_LINEAGE", live},
        {"RENEWED_DOMAINS", spaces},
        {"LEGO_HOOK_CERT_NAME", "_.a.example"},
        {"LEGO_HOOK_CERT_DOMAINS", commas},
        {"LEGO_HOOK_CERT_PATH", live + "/fullchain.pem"},
        {"LEGO_HOOK_CERT_KEY_PATH", live + "/privkey.pem"},
        {"LEGO_CERT_DOMAIN", first},
        {"LEGO_CERT_PATH", live + "/fullchain.pem"},
        {"LEGO_CERT_KEY_PATH", live + "/privkey.pem"},
    };
    for (const auto &[name, value] : expected)
        BOOST_TEST(value_of(environment, name) == value, name);
    BOOST_TEST(environment.size() == expected.size()); // and nothing else
}

BOOST_AUTO_TEST_CASE(a_key_that_stays_elsewhere_is_not_named)
{
    SpoolFixture f;
    LineageSpec spec = SpoolFixture::spec_for({"a.example"});
    spec.csr = Csr::make(PrivateKey::generate(KeyType::ec256), spec.identifiers).pem();
    const Lineage lineage = f.add("a.example", spec);
    lineage.begin(1, spec, nullptr, Csr::from_pem(spec.csr));
    f.commit(lineage, 1);
    const auto environment = hook_environment(lineage, 1, *lineage.chain(1));
    for (const char *name : {"ACMEPROXY_CERT_KEY", "LEGO_HOOK_CERT_KEY_PATH", "LEGO_CERT_KEY_PATH"})
        BOOST_TEST(value_of(environment, name) == "", name);
}

BOOST_AUTO_TEST_CASE(nothing_of_our_own_environment_gets_through)
{
    ::setenv("ACMEPROXY_ACME_EAB_KEY", "s3cret", 1);
    ::setenv("ACMEPROXY_CERT_X", "s3cret", 1);
    ::setenv("HTTP_PROXY", "s3cret", 1);
    SpoolFixture f;
    const Lineage lineage = f.add("a.example");
    f.deploy(lineage, 1);
    const auto environment = hook_environment(lineage, 1, *lineage.chain(1));
    for (const std::string &entry : environment) {
        BOOST_TEST(!holds(entry, "s3cret"));
        BOOST_TEST((!entry.starts_with("ACMEPROXY_") || entry.starts_with("ACMEPROXY_CERT_")));
        BOOST_TEST(std::count(entry.begin(), entry.end(), '\n') == 0);
    }
    for (const char *name : {"ACMEPROXY_ACME_EAB_KEY", "ACMEPROXY_CERT_X", "HTTP_PROXY"})
        ::unsetenv(name);
}

BOOST_AUTO_TEST_SUITE_END()
