// SPDX-License-Identifier: MIT
// Talking to one CA. AcmeService is what all workers share of a CA: its directory, fetched once,
// and its nonces. AcmeSession is one worker's way to it, over that worker's HttpClient.
//
//   AcmeService service("https://ca.example/dir");
//   AcmeSession session(client, service, system_clock());
//   HttpResponse order = session.post(url, payload, {key, account_url}, "new order");
//
// Threads: an AcmeService may be shared, an AcmeSession not.
#pragma once

#include "acme/directory.h"
#include "acme/nonce_pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/key.h"
#include "http/http.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace acmeproxy {

class AcmeService {
public:
    explicit AcmeService(std::string directory_url);
    const std::string &directory_url() const { return directory_url_; }
    /// Fetched with `http` by the first caller, while others wait; a failure is not kept.
    const Directory &directory(HttpClient &http, const Clock &clock);
    NoncePool nonces;

    /// How long this CA lately took to validate / to issue: when the first poll is worth it.
    std::atomic<std::int64_t> validation_ms{50};
    std::atomic<std::int64_t> issuance_ms{50};

private:
    const std::string directory_url_;
    std::mutex mutex_;
    std::optional<Directory> directory_;
};

/// Who signs: an account key, with its account URL ("kid"), or without it as "jwk".
struct Signer {
    const PrivateKey &key;
    std::string account_url; ///< empty: the header carries the jwk
};

class AcmeSession {
public:
    AcmeSession(HttpClient &http, AcmeService &service, const Clock &clock,
                UnitRandom random = random_unit);

    const Directory &directory();
    const Clock &clock() const { return clock_; }
    AcmeService &service() { return service_; }
    HttpClient &http() { return http_; }

    /// A signed POST (RFC 8555, section 6.2). `payload` "" is a POST-as-GET. `doing` names it in
    /// errors ("new order"). badNonce is tried again with the nonce of the error, up to 8 times,
    /// with jitter. Returns 2xx answers; throws CaProblem, HttpError. With `known_tag`, an ETag, it
    /// is a conditional request (RFC 9110, section 13.1.2), and 304 is an answer, too.
    HttpResponse post(const std::string &url, std::string_view payload, const Signer &signer,
                      const std::string &doing, const std::string &known_tag = "");
    /// The same, and its body as an object. Throws Error where it is none.
    Json post_for_json(const std::string &url, std::string_view payload, const Signer &signer,
                       const std::string &doing, HttpResponse *response = nullptr);
    /// An unsigned GET (directory, renewal info).
    HttpResponse get(const std::string &url, const std::string &doing);

private:
    std::string take_nonce();

    HttpClient &http_;
    AcmeService &service_;
    const Clock &clock_;
    UnitRandom random_;
};

}
