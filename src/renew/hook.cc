// SPDX-License-Identifier: MIT
#include "renew/hook.h"

#include "base/error.h"
#include "base/time_text.h"
#include "spool/owner.h"

#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace acmeproxy {

namespace {

/// Throws unless root alone can change what `path` is.
void check_is_roots(const std::filesystem::path &path)
{
    struct stat st = {};
    if (::lstat(path.c_str(), &st) != 0)
        throw_errno("stat " + path.string());
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw Error("as root, only hooks that root alone can change are run: " + path.string() +
                    " is owned or writable by someone else (chown root, chmod go-w)");
    if (S_ISLNK(st.st_mode))
        throw Error("as root, no hook is run through a symbolic link: " + path.string());
    if (path != path.root_path())
        check_is_roots(path.parent_path());
}

/// Without "." and "..", and without a slash at the end.
std::filesystem::path hooks_folder(const HookOptions &options)
{
    return (std::filesystem::path(options.hooks_dir) / "x").lexically_normal().parent_path();
}

}

std::string find_hook(const HookOptions &options, const std::string &setting)
try {
    const bool plain = setting.find('/') == std::string::npos;
    if (!plain && !setting.starts_with('/'))
        throw Error("name a file in " + options.hooks_dir + ", or an absolute path");
    const std::filesystem::path path =
        plain ? hooks_folder(options) / setting : std::filesystem::path(setting).lexically_normal();
    struct stat st = {};
    if (::stat(path.c_str(), &st) != 0)
        throw_errno("stat " + path.string());
    if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
        throw Error(path.string() + " is not an executable file (chmod +x)");
    if (is_root()) {
        const std::filesystem::path allowed = hooks_folder(options);
        if (path.parent_path() != allowed)
            throw Error("as root, only hooks in " + allowed.string() + " are run");
        check_is_roots(path);
    }
    return path.string();
} catch (...) {
    rethrow_while("hook \"" + setting + "\"");
}

std::vector<std::string> hook_environment(const Lineage &lineage, Generation number,
                                          const std::vector<Certificate> &chain)
{
    const Certificate &certificate = chain.front();
    const std::string live = lineage.path(LineageFile::live);
    const bool has_key = lineage.spool().exists(
        SpoolNames::generation(lineage.name(), number, GenerationFile::privkey));
    const auto file = [&](GenerationFile f) { return live + "/" + file_name(f); };
    const std::string key = has_key ? file(GenerationFile::privkey) : "";
    std::string commas, spaces;
    for (const Identifier &id : certificate.identifiers()) {
        commas += (commas.empty() ? "" : ",") + id.value();
        spaces += (spaces.empty() ? "" : " ") + id.value();
    }
    const std::string first = commas.substr(0, commas.find(','));
    return {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG=C.UTF-8",
        "ACMEPROXY_CERT_NAME=" + lineage.name().str(),
        "ACMEPROXY_CERT_DOMAINS=" + commas,
        "ACMEPROXY_CERT_DIR=" + live,
        "ACMEPROXY_CERT_GENERATION=" + std::to_string(number),
        "ACMEPROXY_CERT_KEY=" + key,
        "ACMEPROXY_CERT_CERT=" + file(GenerationFile::cert),
        "ACMEPROXY_CERT_CHAIN=" + file(GenerationFile::chain),
        "ACMEPROXY_CERT_FULLCHAIN=" + file(GenerationFile::fullchain),
        "ACMEPROXY_CERT_NOT_AFTER=" + format_rfc3339(certificate.not_after()),
        "ACMEPROXY_CERT_SERIAL=" + certificate.serial(),
        "ACMEPROXY_CERT_FINGERPRINT=" + certificate.fingerprint(),
        // certbot's deploy hooks
        "RENEWED_LINEAGE=" + live,
        "RENEWED_DOMAINS=" + spaces,
        // lego's hooks, from 5.0 on and before
        "LEGO_HOOK_CERT_NAME=" + lineage.name().str(),
        "LEGO_HOOK_CERT_DOMAINS=" + commas,
        "LEGO_HOOK_CERT_PATH=" + file(GenerationFile::fullchain),
        "LEGO_HOOK_CERT_KEY_PATH=" + key,
        "LEGO_CERT_DOMAIN=" + first,
        "LEGO_CERT_PATH=" + file(GenerationFile::fullchain),
        "LEGO_CERT_KEY_PATH=" + key,
    };
}

}
