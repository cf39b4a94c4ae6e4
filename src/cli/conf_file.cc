// SPDX-License-Identifier: MIT
#include "cli/conf_file.h"

#include "base/fd.h"
#include "base/text.h"
#include "cli/usage_error.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <system_error>

namespace acmeproxy {

namespace {

std::string_view without_comment(std::string_view line)
{
    for (std::size_t at = line.find('#'); at != std::string_view::npos;
         at = line.find('#', at + 1)) {
        if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t')
            return line.substr(0, at);
    }
    return line;
}

[[noreturn]] void unreadable(const std::string &file, int err)
{
    throw UsageError("read " + file + ": " + std::generic_category().message(err));
}

}

std::vector<ConfLine> parse_conf(std::string_view text, const std::string &file)
{
    std::vector<ConfLine> result;
    int number = 0;
    for (const std::string &raw : split(text, '\n')) {
        ++number;
        const auto refuse = [&](const std::string &why) {
            throw UsageError(fmt::format("{}:{}: {}", file, number, why));
        };
        if (!is_valid_utf8(raw) || raw.find('\0') != std::string::npos)
            refuse("the line is not UTF-8 text");
        const std::string_view line = trim(without_comment(raw));
        if (line.empty())
            continue;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos)
            refuse("\"" + printable(line, 60) + "\" is not a line of \"key = value\"");
        const std::string key(trim(line.substr(0, equals)));
        if (key.empty())
            refuse("there is no key before \"=\"");
        result.push_back({number, key, std::string(trim(line.substr(equals + 1)))});
    }
    return result;
}

std::optional<std::string> read_conf_file(const std::string &file)
{
    // A symbolic link is followed: the administrator put it there.
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        const int err = errno;
        if (err == ENOENT)
            return std::nullopt;
        unreadable(file, err);
    }
    constexpr std::size_t most = 1 << 20;
    std::string text;
    char block[8192];
    for (;;) {
        const ssize_t size = ::read(fd.get(), block, sizeof block);
        if (size == 0)
            return text;
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            unreadable(file, errno);
        text.append(block, static_cast<std::size_t>(size));
        if (text.size() > most)
            throw UsageError("read " + file + ": it is larger than 1 MiB");
    }
}

}
