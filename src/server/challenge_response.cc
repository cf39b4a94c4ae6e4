// SPDX-License-Identifier: MIT
#include "server/challenge_response.h"

#include "base/error.h"
#include "base/fd.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>

namespace acmeproxy {

namespace {

/// A key authorization is a token, a dot and 43 characters (RFC 8555, section 8.1).
constexpr off_t max_size = 1024;
constexpr std::size_t max_token_size = 128;
/// SHA-256 in base64url (RFC 7638).
constexpr std::size_t thumbprint_size = 43;

bool is_base64url(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/// All of it: files of the spool are replaced, never changed, so the size stays true.
std::string read_whole(const Fd &file, std::size_t size, const std::string &name)
{
    std::string content(size, 0);
    std::size_t have = 0;
    while (have < size) {
        const ssize_t got = ::read(file.get(), content.data() + have, size - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            throw_errno("read " + name);
        if (got == 0)
            throw Error("read " + name + ": it became shorter");
        have += static_cast<std::size_t>(got);
    }
    return content;
}

/// The content of a regular file. A symbolic link, folder or device is as good as nothing: the
/// spool has none here, and whoever put it there shall not learn what it leads to.
std::optional<std::string> read_regular(const std::string &name)
{
    // O_NONBLOCK: opening a FIFO must not wait for its writer.
    const Fd file(::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file) {
        if (errno == ENOENT || errno == ELOOP || errno == ENXIO)
            return std::nullopt;
        throw_errno("open " + name);
    }
    struct stat st = {};
    if (::fstat(file.get(), &st) != 0)
        throw_errno("stat " + name);
    if (!S_ISREG(st.st_mode))
        return std::nullopt;
    if (st.st_size > max_size)
        throw Error("read " + name + ": larger than any key authorization");
    return read_whole(file, static_cast<std::size_t>(st.st_size), name);
}

std::string token_of(std::string_view path)
{
    return std::string(path.substr(challenge_prefix.size()));
}

/// The answer to what asks for no token; nullopt: there is one in the path.
std::optional<CgiResponse> refuse(std::string_view method, std::string_view path)
{
    if (method != "GET" && method != "HEAD") {
        CgiResponse refusal = text_response(405, "only GET and HEAD are answered here");
        refusal.headers.emplace_back("Allow", "GET, HEAD");
        return refusal;
    }
    if (!path.starts_with(challenge_prefix))
        return text_response(404, "only challenges are answered here");
    if (!can_be_token(path.substr(challenge_prefix.size())))
        return text_response(400, "this cannot be a token");
    return std::nullopt;
}

CgiResponse authorization_response(std::string key_authorization)
{
    return {200, {{"Content-Type", "application/octet-stream"}}, std::move(key_authorization)};
}

}

bool can_be_token(std::string_view text)
{
    return !text.empty() && text.size() <= max_token_size &&
           std::all_of(text.begin(), text.end(), is_base64url);
}

CgiResponse challenge_response(std::string_view method, std::string_view path,
                               const std::string &spool)
{
    if (auto refusal = refuse(method, path))
        return std::move(*refusal);
    if (!spool.starts_with('/'))
        throw Error("find the spool " + spool + ": not an absolute path");
    auto key_authorization = read_regular(spool + "/challenges/" + token_of(path));
    if (!key_authorization)
        return text_response(404, "this token is not known");
    return authorization_response(std::move(*key_authorization));
}

CgiResponse stateless_response(std::string_view method, std::string_view path,
                               std::string_view thumbprint)
{
    if (thumbprint.size() != thumbprint_size ||
        !std::all_of(thumbprint.begin(), thumbprint.end(), is_base64url))
        throw Error("ACMEPROXY_THUMBPRINT is not what \"acmeproxy account thumbprint\" prints: 43 "
                    "characters of base64url");
    if (auto refusal = refuse(method, path))
        return std::move(*refusal);
    return authorization_response(token_of(path) + "." + std::string(thumbprint));
}

}
