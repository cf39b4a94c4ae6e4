// SPDX-License-Identifier: MIT
#include "base/temp_file.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/random.h"

#include <cerrno>
#include <fcntl.h>
#include <memory>

namespace acmeproxy {

namespace {

std::string folder_of(const std::string &path)
{
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

Fd create(const Dir &root, const std::string &name, mode_t mode)
{
    Fd fd = root.open_file(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!fd)
        throw_errno("create " + root.path_of(name), ENOENT);
    if (::fchmod(fd.get(), mode) != 0) {
        const int err = errno;
        ::unlinkat(root.fd(), name.c_str(), 0);
        throw_errno("set mode of " + root.path_of(name), err);
    }
    return fd;
}

void write_all(int fd, std::string_view content, const std::string &path)
{
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            throw_errno("write " + path);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
}

}

std::string unique_name()
{
    return hex_encode(random_bytes(12));
}

TempFile::TempFile(const Dir &root, const std::string &tmp_folder, mode_t mode)
    : root_(root), name_(tmp_folder + "/" + unique_name()), fd_(create(root, name_, mode))
{
}

TempFile::~TempFile()
{
    if (!name_.empty())
        ::unlinkat(root_.fd(), name_.c_str(), 0);
}

void TempFile::write(std::string_view content)
{
    write_all(fd_.get(), content, root_.path_of(name_));
}

void TempFile::begin_sync() const
{
    ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); // fsync says what fails
}

void TempFile::sync_content(Durability durability)
{
    if (durability != Durability::transient && ::fsync(fd_.get()) != 0)
        throw_errno("sync " + root_.path_of(name_));
}

void TempFile::sync_folder_of(const std::string &target, Durability durability)
{
    if (durability == Durability::synced)
        root_.sync(folder_of(target));
}

void TempFile::rename_to(const std::string &target, Durability durability)
{
    sync_content(durability);
    root_.rename(name_, target);
    name_.clear();
    sync_folder_of(target, durability);
}

bool TempFile::link_to(const std::string &target, Durability durability)
{
    sync_content(durability);
    if (::linkat(root_.fd(), name_.c_str(), root_.fd(), target.c_str(), 0) != 0) {
        if (errno == EEXIST)
            return false;
        throw_errno("link " + root_.path_of(target));
    }
    sync_folder_of(target, durability);
    return true;
}

void replace_file(const Dir &root, const std::string &tmp_folder, const std::string &target,
                  std::string_view content, mode_t mode, Durability durability)
{
    TempFile file(root, tmp_folder, mode);
    file.write(content);
    file.rename_to(target, durability);
}

void replace_files(const Dir &root, const std::string &tmp_folder,
                   const std::vector<NewContent> &files)
{
    std::vector<std::unique_ptr<TempFile>> written;
    for (const NewContent &file : files) {
        written.push_back(std::make_unique<TempFile>(root, tmp_folder, file.mode));
        written.back()->write(file.content);
        written.back()->begin_sync();
    }
    for (std::size_t i = 0; i < files.size(); ++i)
        written[i]->rename_to(files[i].target,
                              i + 1 < files.size() ? Durability::content : Durability::synced);
}

void write_new_file(const Dir &root, const std::string &target, std::string_view content,
                    mode_t mode)
{
    const Fd fd = create(root, target, mode);
    write_all(fd.get(), content, root.path_of(target));
}

}
