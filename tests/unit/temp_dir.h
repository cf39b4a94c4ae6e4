// SPDX-License-Identifier: MIT
// A folder for one test, removed with all that is in it, also when the test fails.
#pragma once

#include "base/dir.h"
#include "base/error.h"

#include <cstdlib>
#include <string>
#include <unistd.h>

namespace acmeproxy {

class TempDir {
public:
    TempDir() : dir_(make()) {}
    ~TempDir()
    {
        try {
            for (const std::string &name : dir_.list())
                dir_.remove_tree(name);
        } catch (const std::exception &) {
            // a test that made something unremovable has already failed
        }
        ::rmdir(dir_.path().c_str());
    }
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;

    const Dir &dir() const { return dir_; }
    const std::string &path() const { return dir_.path(); }

private:
    static std::string make()
    {
        const char *base = std::getenv("TMPDIR");
        std::string name = std::string(base ? base : "/tmp") + "/acmeproxy-test-XXXXXX";
        if (!::mkdtemp(name.data()))
            throw_errno("make a temporary folder");
        return name;
    }
    Dir dir_;
};

}
