// SPDX-License-Identifier: MIT
// A certification request in DER: what was taken has names in canonical form, sorted and without
// repetitions, and reads the same again as PEM.
#include "base/error.h"
#include "crypto/csr.h"

#include <algorithm>
#include <cstdlib>

using namespace acmeproxy;

namespace {

void check(const Csr &csr, std::string_view input)
{
    const std::vector<Identifier> &names = csr.identifiers();
    if (csr.der() != input || !std::is_sorted(names.begin(), names.end()) ||
        std::adjacent_find(names.begin(), names.end()) != names.end())
        std::abort();
    for (const Identifier &name : names) {
        if (Identifier::parse(name.type_name(), name.value()) != name)
            std::abort();
    }
    if (Csr::from_pem(csr.pem()).der() != csr.der())
        std::abort();
    weakness_of(csr.public_key());
}

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char *>(data), size);
    try {
        check(Csr::from_der(input), input);
    } catch (const Error &) {
        return 0;
    }
    return 0;
}
