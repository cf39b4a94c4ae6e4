// SPDX-License-Identifier: MIT
#include "http/failure.h"

#include "base/text.h"
#include "http/libcurl.h"
#include "http/url.h"

#include <cstring>
#include <openssl/x509_vfy.h>

namespace acmeproxy {

namespace {

using Reason = HttpError::Reason;

Reason reason_of(CURLcode code)
{
    switch (code) {
    case CURLE_URL_MALFORMAT:
        return Reason::bad_url;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return Reason::resolve;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
        return Reason::connect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return Reason::tls;
    case CURLE_OPERATION_TIMEDOUT:
        return Reason::timeout;
    case CURLE_ABORTED_BY_CALLBACK:
        return Reason::stopped;
    default:
        return Reason::broken;
    }
}

/// What made OpenSSL refuse the certificate, and what to look at.
std::string distrust(long verify_result)
{
    std::string text = "the server's certificate is not trusted (";
    text += X509_verify_cert_error_string(verify_result);
    if (verify_result == X509_V_ERR_CERT_NOT_YET_VALID ||
        verify_result == X509_V_ERR_CERT_HAS_EXPIRED)
        return text + "); is the clock of this machine right?";
    return text + "); a CA of your own is trusted by --ca-certificates FILE";
}

std::string address_of(CURL *curl)
{
    const char *url = nullptr;
    libcurl().easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &url);
    return url ? url_origin(url) : "";
}

std::string connect_error(CURL *curl)
{
    long error = 0;
    libcurl().easy_getinfo(curl, CURLINFO_OS_ERRNO, &error);
    return error ? ": " + std::string(std::strerror(static_cast<int>(error))) : "";
}

std::string lower_first(std::string text)
{
    if (text.size() > 1 && !(text[1] >= 'A' && text[1] <= 'Z'))
        text[0] = to_lower(text.substr(0, 1))[0];
    return text;
}

std::string explain(CURL *curl, CURLcode code, const std::string &detail)
{
    long verify_result = X509_V_OK;
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
        libcurl().easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &verify_result);
        // "unspecified" is what curl starts from: OpenSSL was content, curl's look at the name not
        if (verify_result != X509_V_OK && verify_result != X509_V_ERR_UNSPECIFIED)
            return distrust(verify_result);
        return "the server's certificate is for another name";
    case CURLE_SSL_CONNECT_ERROR:
        return "the TLS handshake failed (" + detail + ")";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "the host name has no address; look at the DNS";
    case CURLE_COULDNT_RESOLVE_PROXY:
        return "the proxy's host name has no address";
    case CURLE_COULDNT_CONNECT:
        return "cannot connect to " + address_of(curl) + connect_error(curl);
    case CURLE_GOT_NOTHING:
        return "the server closed the connection without an answer";
    case CURLE_PARTIAL_FILE:
        return "the server closed the connection amid its answer";
    case CURLE_RECV_ERROR: // curl 8 for both, where TLS was not ended
        return detail.find("unexpected eof") == std::string::npos
                   ? detail
                   : "the server closed the connection";
    case CURLE_UNSUPPORTED_PROTOCOL:
        return "the server does not speak HTTP/1.1 (" + detail + ")";
    case CURLE_ABORTED_BY_CALLBACK:
        return "stopped by a signal";
    default:
        return detail;
    }
}

}

HttpError failure(Reason reason, const HttpRequest &request, const std::string &why)
{
    return HttpError(reason, request.method + " " + shown_url(request.url) + ": " + why);
}

HttpError failure_of(CURL *curl, CURLcode code, const HttpRequest &request,
                     const std::string &detail)
{
    const std::string known = detail.empty() ? libcurl().easy_strerror(code) : detail;
    return failure(reason_of(code), request,
                   explain(curl, code, printable(lower_first(known), 300)));
}

}
