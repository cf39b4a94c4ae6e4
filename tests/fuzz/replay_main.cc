// SPDX-License-Identifier: MIT
// Gives every file of the folders on the command line to a fuzz target, where there is no fuzzer.
#include "base/dir.h"
#include "base/error.h"

#include <cstdio>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size);

namespace {

int replay(const std::string &folder)
{
    const acmeproxy::Dir dir(folder);
    int count = 0;
    for (const std::string &name : dir.list()) {
        const auto content = dir.read_file(name);
        if (!content)
            continue;
        LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char *>(content->data()),
                               content->size());
        ++count;
    }
    return count;
}

}

int main(int argc, char **argv)
try {
    int count = 0;
    for (int i = 1; i < argc; ++i)
        count += replay(argv[i]);
    std::printf("%d inputs replayed\n", count);
    return count > 0 ? 0 : 1;
} catch (const std::exception &e) {
    std::fprintf(stderr, "replay: %s\n", acmeproxy::describe(e).c_str());
    return 1;
}
