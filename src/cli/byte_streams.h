// SPDX-License-Identifier: MIT
// What keygen, seal and open read and write: standard input and output, or files that were named.
// Nothing of it lies in memory that is not guarded.
#pragma once

#include "base/fd.h"
#include "base/temp_file.h"
#include "crypto/age.h"

#include <memory>
#include <string>

namespace acmeproxy {

class InputFile {
public:
    /// "" or "-": standard input.
    explicit InputFile(const std::string &name);
    std::size_t read(char *buffer, std::size_t size);
    /// The rest. Throws Error over 64 KiB.
    Secret read_all();

private:
    std::string name_;
    Fd owned_;
    int fd_;
};

/// A file that was named appears, or is replaced, by commit(); without it nothing has happened.
class OutputFile {
public:
    enum class Existing { replace, refuse };

    /// "" or "-": standard output. What is there and no regular file is written to directly.
    OutputFile(const std::string &name, mode_t mode, Existing existing);
    bool is_terminal() const;
    void write(std::string_view bytes);
    void commit();

private:
    void make_temporary(mode_t mode, Existing existing);

    std::string name_;
    Fd owned_;
    int fd_ = -1;
    Existing existing_;
    std::unique_ptr<Dir> folder_;
    std::unique_ptr<TempFile> file_;
    std::string target_;
};

}
