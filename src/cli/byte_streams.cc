// SPDX-License-Identifier: MIT
#include "cli/byte_streams.h"

#include "base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace acmeproxy {

namespace {

constexpr std::size_t most_at_once = 65536;

bool is_standard(const std::string &name)
{
    return name.empty() || name == "-";
}

}

InputFile::InputFile(const std::string &name)
    : name_(is_standard(name) ? "standard input" : name), fd_(STDIN_FILENO)
{
    if (is_standard(name))
        return;
    owned_ = Fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!owned_)
        throw_errno("open " + name);
    fd_ = owned_.get();
}

std::size_t InputFile::read(char *buffer, std::size_t size)
{
    for (;;) {
        const ssize_t got = ::read(fd_, buffer, size);
        if (got >= 0)
            return static_cast<std::size_t>(got);
        if (errno != EINTR)
            throw_errno("read " + name_);
    }
}

Secret InputFile::read_all()
{
    Secret bytes = Secret::of_size(most_at_once + 1);
    std::size_t have = 0;
    while (have < bytes.size()) {
        const std::size_t got = read(bytes.data() + have, bytes.size() - have);
        have += got;
        if (got == 0)
            return Secret(bytes.view().substr(0, have));
    }
    throw Error("read " + name_ + ": larger than 64 KiB");
}

OutputFile::OutputFile(const std::string &name, mode_t mode, Existing existing)
    : name_(is_standard(name) ? "standard output" : name), existing_(existing)
{
    struct stat st = {};
    if (is_standard(name)) {
        fd_ = STDOUT_FILENO;
    } else if (::stat(name.c_str(), &st) == 0 && !S_ISREG(st.st_mode)) {
        owned_ = Fd(::open(name.c_str(), O_WRONLY | O_CLOEXEC));
        if (!owned_)
            throw_errno("open " + name);
        fd_ = owned_.get();
    } else {
        make_temporary(mode, existing);
    }
}

void OutputFile::make_temporary(mode_t mode, Existing existing)
try {
    namespace fs = std::filesystem;
    if (existing == Existing::refuse && fs::exists(fs::symlink_status(name_)))
        throw Error("it is there already");
    const fs::path path = fs::weakly_canonical(fs::absolute(name_));
    folder_ = std::make_unique<Dir>(path.parent_path().string());
    target_ = path.filename().string();
    file_ = std::make_unique<TempFile>(*folder_, ".", mode);
} catch (const std::filesystem::filesystem_error &e) {
    throw Error("write " + name_ + ": " + e.code().message());
} catch (...) {
    rethrow_while("write " + name_);
}

bool OutputFile::is_terminal() const
{
    return fd_ >= 0 && ::isatty(fd_) == 1;
}

void OutputFile::write(std::string_view bytes)
try {
    if (file_) {
        file_->write(bytes);
        return;
    }
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR)
            throw_errno("write");
        if (written > 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
    }
} catch (...) {
    rethrow_while("write " + name_);
}

void OutputFile::commit()
try {
    if (!file_)
        return;
    if (existing_ == Existing::replace)
        file_->rename_to(target_);
    else if (!file_->link_to(target_))
        throw Error("it is there already");
} catch (...) {
    rethrow_while("write " + name_);
}

}
