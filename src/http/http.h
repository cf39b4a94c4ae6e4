// SPDX-License-Identifier: MIT
// The HTTPS client (libcurl), for talking to CAs and remote acmeproxies. https only, TLS 1.2 and
// up, certificates always verified, no redirect is ever followed, bodies are capped.
//
//   HttpTrust trust(options);             // once a process: loads the CA certificates
//   HttpClient client(trust, options);    // one a worker: keeps its connections alive
//   HttpResponse answer = client.send({.method = "HEAD", .url = "https://..."});
//
// Threads: HttpTrust may be shared, HttpClient not.
#pragma once

#include "base/error.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acmeproxy {

struct HttpOptions {
    std::string user_agent = {};
    /// PEM files whose certificates are trusted besides the system's.
    std::vector<std::string> ca_certificates = {};
    /// "http://host:port" or empty. The environment is looked at by whoever fills this in.
    std::string proxy = {};
    /// Host suffixes that bypass the proxy, as curl's NOPROXY.
    std::string no_proxy = {};
    /// "HOST:PORT:ADDRESS" lines as curl's --resolve; for tests and split DNS.
    std::vector<std::string> resolve = {};
    std::chrono::seconds connect_timeout{15};
    std::chrono::seconds timeout{60};
    std::size_t max_body = 1 << 20;
    /// Plain http is allowed only where a caller says so (the self-check's probe).
    bool allow_http = false;
};

struct HttpRequest {
    std::string method = "GET"; ///< GET, HEAD or POST
    std::string url = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
};

struct HttpResponse {
    int status = 0;
    /// Names in lower case, in the order received.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The first header of that name (given in lower case).
    std::optional<std::string> header(std::string_view name) const;
    std::vector<std::string> all_headers(std::string_view name) const;
    /// The media type without parameters, in lower case (RFC 9110, section 8.3.1); "" if absent.
    std::string media_type() const;
    /// Targets of Link headers (RFC 8288) with this relation, as written.
    std::vector<std::string> links(std::string_view rel) const;
};

/// No answer was had. The text says from whom, why, and what to look at.
class HttpError : public Error {
public:
    enum class Reason {
        bad_url, ///< not https, user information in it, too long
        resolve, ///< the host name has no address
        connect, ///< refused, unreachable
        tls,     ///< not trusted, wrong name, handshake failed
        timeout,
        too_large, ///< the body is over max_body
        broken,    ///< the connection ended early, or no HTTP
        stopped,   ///< stop_requested() (base/stop.h)
    };
    HttpError(Reason why, const std::string &text) : Error(text), reason(why) {}
    Reason reason;
};

/// The trusted certificates, loaded once and shared by all clients of the process.
class HttpTrust {
public:
    /// Throws Error naming the file that cannot be read or holds no certificate.
    explicit HttpTrust(const HttpOptions &options);
    ~HttpTrust();
    HttpTrust(const HttpTrust &) = delete;
    HttpTrust &operator=(const HttpTrust &) = delete;
    /// The X509_STORE, for the wrapper alone.
    void *store() const { return store_; }

private:
    void *store_;
};

class HttpClient {
public:
    HttpClient(const HttpTrust &trust, const HttpOptions &options);
    ~HttpClient();
    HttpClient(const HttpClient &) = delete;
    HttpClient &operator=(const HttpClient &) = delete;

    /// One exchange. Any HTTP status is an answer; no answer is an HttpError. A request that is
    /// sent on a kept connection which the server had closed meanwhile is sent once more on a new
    /// one only where not one byte of an answer came (curl's own rule). A body with neither a
    /// length nor chunks ends where the connection does, and libcurl 7.88 does not see whether TLS
    /// was ended orderly: what reads such a body must know its end by itself, as JSON and PEM do.
    HttpResponse send(const HttpRequest &request);
    /// Another overall time limit for the requests from now on.
    void set_timeout(std::chrono::milliseconds timeout);

    std::uint64_t requests() const { return requests_; }
    std::uint64_t connections() const { return connections_; }

private:
    struct Curl;
    std::unique_ptr<Curl> curl_;
    HttpOptions options_;
    std::uint64_t requests_ = 0;
    std::uint64_t connections_ = 0;
};

/// `reference` against `base` (RFC 3986, section 5), for relative Location headers. Throws
/// HttpError(bad_url).
std::string resolve_url(const std::string &base, const std::string &reference);
/// "https://host[:port]": scheme, host and port of a URL, in lower case.
std::string url_origin(const std::string &url);

}
