// SPDX-License-Identifier: MIT
// What sealing takes when a lineage of a client gets a key: the key alone, and the bundle that is
// begun with the key and finished with the chain. Made by "make contrib/bench/seal_bundle".
#include "base/random.h"
#include "crypto/age_bundle.h"
#include "crypto/guarded_memory.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

int main()
{
    using namespace acmeproxy;
    guard_openssl_memory();
    const std::vector<AgeRecipient> to = {AgeIdentity::generate().recipient()};
    const std::string key = random_bytes(241);    // P-256 as PEM
    const std::string chain = random_bytes(5000); // three certificates
    std::vector<double> times;
    for (int i = 0; i < 501; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        age_seal(to, key);
        finish_bundle(begin_bundle(to, key), chain);
        const std::chrono::duration<double, std::milli> time =
            std::chrono::steady_clock::now() - begin;
        times.push_back(time.count());
    }
    std::sort(times.begin(), times.end());
    std::printf("a key and its chain: median %.2f ms, fastest %.2f, slowest %.2f of %zu\n",
                times[times.size() / 2], times.front(), times.back(), times.size());
}
