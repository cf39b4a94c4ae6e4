// SPDX-License-Identifier: MIT
#include "http/http.h"

#include "base/stop.h"
#include "base/text.h"
#include "http/failure.h"
#include "http/libcurl.h"
#include "http/url.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <openssl/ssl.h>

namespace acmeproxy {

namespace {

/// Of all header lines of one exchange together.
constexpr std::size_t max_headers_size = 64 * 1024;

struct ListFreer {
    void operator()(curl_slist *list) const { libcurl().slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListFreer>;

void append(List &list, const std::string &line)
{
    curl_slist *longer = libcurl().slist_append(list.get(), line.c_str());
    if (!longer)
        throw std::bad_alloc();
    list.release();
    list.reset(longer);
}

/// What the callbacks below fill while curl_easy_perform() runs. They are called from C: nothing
/// may be thrown through them.
struct Exchange {
    HttpResponse response;
    std::size_t max_body = 0;
    std::size_t headers_size = 0;
    bool headers_ended = false;
    bool is_too_large = false;
};

void take_header_line(Exchange &exchange, std::string_view line)
{
    if (line.starts_with("HTTP/")) { // anew after each interim answer (RFC 9110, section 15.2)
        exchange.response.headers.clear();
        exchange.headers_ended = false;
        return;
    }
    auto &headers = exchange.response.headers;
    if (trim(line).empty()) {
        exchange.headers_ended = true;
    } else if (exchange.headers_ended) {
        // a trailer of a chunked body: it must not pass for a header (RFC 9110, section 6.5.1)
    } else if ((line.front() == ' ' || line.front() == '\t') && !headers.empty()) {
        headers.back().second += " " + std::string(trim(line)); // RFC 9112, section 5.2
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
        headers.emplace_back(to_lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
}

std::size_t on_header(char *data, std::size_t, std::size_t size, void *pointer)
try {
    Exchange &exchange = *static_cast<Exchange *>(pointer);
    exchange.headers_size += size;
    exchange.is_too_large = exchange.headers_size > max_headers_size;
    if (exchange.is_too_large)
        return 0;
    take_header_line(exchange, {data, size});
    return size;
} catch (...) {
    return 0;
}

std::size_t on_body(char *data, std::size_t, std::size_t size, void *pointer)
try {
    Exchange &exchange = *static_cast<Exchange *>(pointer);
    exchange.is_too_large = size > exchange.max_body - exchange.response.body.size();
    if (exchange.is_too_large)
        return 0;
    exchange.response.body.append(data, size);
    return size;
} catch (...) {
    return 0;
}

/// Called at least once a second, also while nothing arrives.
int on_progress(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t)
{
    return stop_requested() ? 1 : 0;
}

CURLcode on_ssl_context(CURL *, void *context, void *store)
{
    auto *shared = static_cast<X509_STORE *>(store);
    if (!X509_STORE_up_ref(shared))
        return CURLE_OUT_OF_MEMORY;
    SSL_CTX_set_cert_store(static_cast<SSL_CTX *>(context), shared); // takes one reference over
    return CURLE_OK;
}

template <class T> void set(CURL *curl, CURLoption option, T value)
{
    const CURLcode code = libcurl().easy_setopt(curl, option, value);
    if (code == CURLE_OUT_OF_MEMORY)
        throw std::bad_alloc();
    if (code != CURLE_OK)
        throw Error("set option " + std::to_string(option) +
                    " of libcurl: " + libcurl().easy_strerror(code));
}

/// A line end in a value would be one more header to the server.
void check_header(const HttpRequest &request, std::string_view text)
{
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
        throw Error(request.method + " " + shown_url(request.url) +
                    ": line end in a header of the request");
}

List header_list(const HttpRequest &request)
{
    List list;
    bool has_type = false;
    for (const auto &[name, value] : request.headers) {
        check_header(request, name);
        check_header(request, value);
        has_type = has_type || equal_ignoring_case(name, "Content-Type");
        // curl takes "Name:" for the order to leave a header of its own out
        append(list, value.empty() ? name + ";" : name + ": " + value);
    }
    append(list, "Expect:"); // else a larger body waits for a 100 that few servers send
    if (!has_type)
        append(list, "Content-Type:");
    return list;
}

}

struct HttpClient::Curl {
    struct Freer {
        void operator()(CURL *curl) const { libcurl().easy_cleanup(curl); }
    };

    CURL *get() const { return handle.get(); }
    void set_limits(const HttpOptions &options) const;
    void set_network(const HttpOptions &options);
    void set_tls(const HttpTrust &trust) const;
    void set_request(const HttpRequest &request);

    List resolve;
    List headers;
    std::array<char, CURL_ERROR_SIZE> error = {};
    std::unique_ptr<CURL, Freer> handle; // the last, since it uses the others while it lives
};

void HttpClient::Curl::set_limits(const HttpOptions &options) const
{
    constexpr long buffer_size = 16 * 1024; // documents are small; the default for uploads is 64 K
    set(get(), CURLOPT_BUFFERSIZE, buffer_size);
    set(get(), CURLOPT_UPLOAD_BUFFERSIZE, buffer_size);
    set(get(), CURLOPT_CONNECTTIMEOUT, static_cast<long>(options.connect_timeout.count()));
    set(get(), CURLOPT_TIMEOUT, static_cast<long>(options.timeout.count()));
    set(get(), CURLOPT_NOSIGNAL, 1L);
    set(get(), CURLOPT_NOPROGRESS, 0L);
    set(get(), CURLOPT_XFERINFOFUNCTION, on_progress);
    set(get(), CURLOPT_HEADERFUNCTION, on_header);
    set(get(), CURLOPT_WRITEFUNCTION, on_body);
}

void HttpClient::Curl::set_network(const HttpOptions &options)
{
    set(get(), CURLOPT_USERAGENT, options.user_agent.c_str());
    set(get(), CURLOPT_PROTOCOLS_STR, options.allow_http ? "https,http" : "https");
    set(get(), CURLOPT_FOLLOWLOCATION, 0L);
    set(get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    // "" where there is none: with NULL curl would ask the environment, which in a CGI program
    // holds headers of the request
    set(get(), CURLOPT_PROXY, options.proxy.c_str());
    set(get(), CURLOPT_NOPROXY, options.no_proxy.c_str());
    set(get(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    for (const std::string &line : options.resolve)
        append(resolve, line);
    set(get(), CURLOPT_RESOLVE, resolve.get());
}

void HttpClient::Curl::set_tls(const HttpTrust &trust) const
{
    set(get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(get(), CURLOPT_SSL_VERIFYPEER, 1L);
    set(get(), CURLOPT_SSL_VERIFYHOST, 2L);
    // no files of curl's own: the store of `trust` takes the place of what they would give
    for (const CURLoption option :
         {CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH})
        set(get(), option, static_cast<const char *>(nullptr));
    set(get(), CURLOPT_SSL_CTX_FUNCTION, on_ssl_context);
    set(get(), CURLOPT_SSL_CTX_DATA, trust.store());
}

void HttpClient::Curl::set_request(const HttpRequest &request)
{
    if (request.method == "GET") {
        set(get(), CURLOPT_HTTPGET, 1L);
    } else if (request.method == "HEAD") {
        set(get(), CURLOPT_NOBODY, 1L);
    } else if (request.method == "POST") {
        set(get(), CURLOPT_POST, 1L);
        set(get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(get(), CURLOPT_POSTFIELDS, request.body.data());
    } else {
        throw Error("send a request: method " + printable(request.method) + " is not supported");
    }
    List list = header_list(request);
    set(get(), CURLOPT_HTTPHEADER, list.get());
    headers = std::move(list);
    set(get(), CURLOPT_URL, request.url.c_str());
    error[0] = '\0';
}

HttpClient::HttpClient(const HttpTrust &trust, const HttpOptions &options)
    : curl_(std::make_unique<Curl>()), options_(options)
{
    curl_->handle.reset(libcurl().easy_init());
    if (!curl_->handle)
        throw std::bad_alloc();
    curl_->set_limits(options_);
    curl_->set_network(options_);
    curl_->set_tls(trust);
    set(curl_->get(), CURLOPT_ERRORBUFFER, curl_->error.data());
}

HttpClient::~HttpClient() = default;

HttpResponse HttpClient::send(const HttpRequest &request)
{
    check_url(request.url, options_);
    Exchange exchange;
    exchange.max_body = options_.max_body;
    curl_->set_request(request);
    set(curl_->get(), CURLOPT_HEADERDATA, &exchange);
    set(curl_->get(), CURLOPT_WRITEDATA, &exchange);
    const CURLcode code = libcurl().easy_perform(curl_->get());
    ++requests_;
    long opened = 0;
    libcurl().easy_getinfo(curl_->get(), CURLINFO_NUM_CONNECTS, &opened);
    connections_ += static_cast<std::uint64_t>(opened);
    if (exchange.is_too_large)
        throw failure(HttpError::Reason::too_large, request, "the answer is too large");
    if (code != CURLE_OK)
        throw failure_of(curl_->get(), code, request, curl_->error.data());
    if (!exchange.headers_ended) // curl is content with half of a header
        throw failure_of(curl_->get(), CURLE_PARTIAL_FILE, request, "");
    long status = 0;
    libcurl().easy_getinfo(curl_->get(), CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    return std::move(exchange.response);
}

void HttpClient::set_timeout(std::chrono::milliseconds timeout)
{
    const long limit = static_cast<long>(timeout.count());
    set(curl_->get(), CURLOPT_TIMEOUT_MS, std::max(limit, 1L)); // 0 would be none at all
}

}
