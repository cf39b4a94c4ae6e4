// SPDX-License-Identifier: MIT
// Against a server of our own on the loopback interface, with certificates made for the test.
#include "http/http.h"

#include "base/stop.h"
#include "unit/error_of.h"
#include "unit/temp_dir.h"
#include "unit/web_server.h"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>

using namespace acmeproxy;

namespace {

using Reason = HttpError::Reason;
using Then = WebAnswer::Then;
using std::chrono::milliseconds;

void run(const std::string &command)
{
    if (std::system(command.c_str()) != 0)
        throw Error("run " + command);
}

/// A CA, a server certificate of it, and the files that tests need of them; made once.
class Certificates {
public:
    Certificates()
    {
        const std::string key = " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        const std::string cd = "cd " + dir_.path() + " && ";
        run(cd + "openssl req -x509 -days 30 -subj '/CN=A test CA' -keyout ca.key -out ca.pem" +
            key + " 2>openssl.log");
        run(cd + "openssl req -subj /CN=x -keyout server.key -out server.csr" + key +
            " 2>openssl.log");
        run(cd + "echo subjectAltName=DNS:localhost,DNS:ca.example,IP:127.0.0.1 >names");
        run(cd + "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial"
                 " -days 20 -extfile names -out server.pem 2>openssl.log");
        run(cd + "cat server.key >>server.pem");
        run(cd + "mkdir hashed && cp ca.pem hashed/"
                 " && ln -s ca.pem hashed/$(openssl x509 -in ca.pem -noout -subject_hash).0");
    }
    std::string path(const std::string &name) const { return dir_.dir().path_of(name); }

private:
    TempDir dir_;
};

const Certificates &certificates()
{
    static const Certificates made;
    return made;
}

/// Sets an environment variable, or takes it away, for as long as it lives.
class Variable {
public:
    Variable(const char *name, const char *value) : name_(name)
    {
        if (const char *old = std::getenv(name))
            old_ = old;
        set(value);
    }
    ~Variable() { set(old_ ? old_->c_str() : nullptr); }
    Variable(const Variable &) = delete;
    Variable &operator=(const Variable &) = delete;

private:
    void set(const char *value) const
    {
        if (value)
            ::setenv(name_.c_str(), value, 1);
        else
            ::unsetenv(name_.c_str());
    }
    std::string name_;
    std::optional<std::string> old_;
};

HttpOptions trusting()
{
    HttpOptions options;
    options.user_agent = "acmeproxy-test/1";
    options.ca_certificates = {certificates().path("ca.pem")};
    return options;
}

HttpOptions trusting_nobody()
{
    HttpOptions options = trusting();
    options.ca_certificates.clear();
    return options;
}

/// Trust and client together.
struct Client : HttpTrust, HttpClient {
    explicit Client(const HttpOptions &options = trusting())
        : HttpTrust(options), HttpClient(*this, options)
    {
    }
};

WebServer::Handler always(const WebAnswer &answer)
{
    return [answer](const std::string &) { return answer; };
}

struct TlsServer : WebServer {
    explicit TlsServer(Handler handler, int max_tls = 0)
        : WebServer(certificates().path("server.pem"), std::move(handler), max_tls)
    {
    }
    explicit TlsServer(const WebAnswer &answer) : TlsServer(always(answer)) {}
};

const WebAnswer ok = {.text = web_answer("200 OK", "", "hello")};

/// The error of a request, which must be for `reason`.
std::string failure_of(HttpClient &client, const HttpRequest &request, Reason reason)
{
    try {
        const HttpResponse response = client.send(request);
        return "answered with " + std::to_string(response.status);
    } catch (const HttpError &e) {
        BOOST_TEST((e.reason == reason), "reason " << int(e.reason) << " of: " << e.what());
        return e.what();
    }
}

std::string line_of(const std::string &request)
{
    return request.substr(0, request.find("\r\n"));
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

}

BOOST_AUTO_TEST_SUITE(http_client_test)

BOOST_AUTO_TEST_CASE(an_answer_has_status_headers_and_body)
{
    TlsServer server(
        WebAnswer{.text = web_answer("201 Created",
                                     "Content-Type: Application/JSON; charset=utf-8\r\n"
                                     "Link: <a>;rel=\"index\"\r\n"
                                     "LINK:   <b>;rel=\"alternate\", <c>;rel=next  \r\n"
                                     "link: <d>;rel=\"alternate\"\r\n"
                                     "X-Empty:\r\nX-Folded: one\r\n  two\r\n",
                                     "{}")});
    Client client;
    const HttpResponse answer = client.send({.url = server.url("/x?y")});
    BOOST_TEST(answer.status == 201);
    BOOST_TEST(answer.body == "{}");
    BOOST_TEST(answer.media_type() == "application/json");
    BOOST_TEST(answer.header("x-empty").value() == "");
    BOOST_TEST(answer.header("x-folded").value() == "one two");
    BOOST_TEST(answer.links("alternate") == (std::vector<std::string>{"b", "d"}),
               boost::test_tools::per_element());
    BOOST_TEST(line_of(server.requests().at(0)) == "GET /x?y HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(a_request_carries_what_was_given_and_little_else)
{
    TlsServer server(WebAnswer{.text = web_answer("200 OK", "Set-Cookie: a=b\r\n", "")});
    Client client;
    const std::string body(5000, 'x');
    client.send({.method = "POST",
                 .url = server.url("/new"),
                 .headers = {{"Content-Type", "application/jose+json"}, {"X-Empty", ""}},
                 .body = body});
    client.send({.method = "POST", .url = server.url("/bare")});
    client.send({.method = "HEAD", .url = server.url("/head")});
    client.send({.url = server.url("/get")});
    const std::vector<std::string> requests = server.requests();
    const std::string host = "Host: localhost:" + std::to_string(server.port()) + "\r\n";
    const std::string common = host + "User-Agent: acmeproxy-test/1\r\nAccept: */*\r\n";
    BOOST_REQUIRE(requests.size() == 4u);
    BOOST_TEST(requests[0] == "POST /new HTTP/1.1\r\n" + common +
                                  "Content-Type: application/jose+json\r\nX-Empty:\r\n"
                                  "Content-Length: 5000\r\n\r\n" +
                                  body);
    BOOST_TEST(requests[1] == "POST /bare HTTP/1.1\r\n" + common + "Content-Length: 0\r\n\r\n");
    BOOST_TEST(requests[2] == "HEAD /head HTTP/1.1\r\n" + common + "\r\n");
    BOOST_TEST(requests[3] == "GET /get HTTP/1.1\r\n" + common + "\r\n");
}

BOOST_AUTO_TEST_CASE(requests_share_one_connection)
{
    TlsServer server(ok);
    Client client;
    for (const std::string method : {"HEAD", "POST", "GET", "POST", "HEAD"}) {
        const HttpResponse answer = client.send({.method = method, .url = server.url("/")});
        BOOST_TEST(answer.status == 200);
        BOOST_TEST(answer.body == (method == "HEAD" ? "" : "hello"));
    }
    BOOST_TEST(client.requests() == 5u);
    BOOST_TEST(client.connections() == 1u);
    BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_server_closed_is_opened_anew)
{
    TlsServer server(WebAnswer{.text = ok.text, .then = Then::closes});
    Client client;
    for (const std::string method : {"GET", "POST", "HEAD"})
        BOOST_TEST(client.send({.method = method, .url = server.url("/")}).status == 200);
    BOOST_TEST(client.connections() == 3u);
    BOOST_TEST(server.requests().size() == 3u);
}

BOOST_AUTO_TEST_CASE(one_trust_serves_clients_of_many_threads)
{
    TlsServer server(ok);
    const HttpTrust trust(trusting());
    std::atomic<int> answers = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            HttpClient client(trust, trusting());
            for (int j = 0; j < 5; ++j)
                answers += client.send({.url = server.url("/")}).status == 200;
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    BOOST_TEST(answers == 20);
    BOOST_TEST(server.connections() == 4);
}

BOOST_AUTO_TEST_CASE(chunked_bodies_are_put_together_and_trailers_left_out)
{
    TlsServer server(WebAnswer{.text =
                                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                   "Trailer: replay-nonce\r\n\r\n"
                                   "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nReplay-Nonce: late\r\n\r\n"});
    Client client;
    for (int i = 0; i < 2; ++i) {
        const HttpResponse answer = client.send({.url = server.url("/")});
        BOOST_TEST(answer.body == "abcde");
        BOOST_TEST(!answer.header("replay-nonce"));
    }
    BOOST_TEST(client.connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_body_without_a_length_ends_with_the_connection)
{
    TlsServer server(WebAnswer{.text = "HTTP/1.0 200 OK\r\n\r\nabc", .then = Then::closes});
    Client client;
    BOOST_TEST(client.send({.url = server.url("/")}).body == "abc");
}

BOOST_AUTO_TEST_CASE(interim_answers_are_passed_over)
{
    TlsServer server(WebAnswer{
        .text =
            "HTTP/1.1 103 Early Hints\r\nLink: <early>;rel=next\r\nX-Early: 1\r\n\r\n" + ok.text});
    Client client;
    const HttpResponse answer = client.send({.url = server.url("/")});
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(!answer.header("x-early"));
    BOOST_TEST(answer.body == "hello");
}

BOOST_AUTO_TEST_CASE(redirects_are_answers_and_not_followed)
{
    TlsServer server([&](const std::string &) {
        return WebAnswer{.text = web_answer("302 Found", "Location: /elsewhere\r\n", "")};
    });
    Client client;
    for (const std::string method : {"GET", "POST"}) {
        const HttpResponse answer = client.send({.method = method, .url = server.url("/x")});
        BOOST_TEST(answer.status == 302);
        BOOST_TEST(answer.header("location").value() == "/elsewhere");
    }
    BOOST_TEST(server.requests().size() == 2u);
}

BOOST_AUTO_TEST_CASE(errors_of_load_balancers_are_answers)
{
    TlsServer server(WebAnswer{
        .text =
            web_answer("503 Service Unavailable",
                       "Retry-After: Tue, 24 Nov 2026 13:00:00 GMT\r\nContent-Type: text/html\r\n",
                       "<html>busy</html>")});
    Client client;
    const HttpResponse answer = client.send({.method = "POST", .url = server.url("/")});
    BOOST_TEST(answer.status == 503);
    BOOST_TEST(answer.header("retry-after").value() == "Tue, 24 Nov 2026 13:00:00 GMT");
    BOOST_TEST(answer.media_type() == "text/html");
    BOOST_TEST(answer.body == "<html>busy</html>");
}

BOOST_AUTO_TEST_CASE(a_server_of_an_unknown_ca_is_not_trusted)
{
    TlsServer server(ok);
    Client client(trusting_nobody());
    BOOST_TEST(failure_of(client, {.method = "HEAD", .url = server.url("/dir")}, Reason::tls) ==
               "HEAD " + server.url("/dir") +
                   ": the server's certificate is not trusted (unable to get local issuer "
                   "certificate); a CA of your own is trusted by --ca-certificates FILE");
    BOOST_TEST(server.requests().empty());
    Client friendly;
    BOOST_TEST(friendly.send({.url = server.url("/dir")}).status == 200);
}

BOOST_AUTO_TEST_CASE(an_extra_file_may_name_the_server_alone)
{
    TlsServer server(ok);
    HttpOptions options = trusting_nobody();
    options.ca_certificates = {certificates().path("server.pem")};
    Client client(options);
    BOOST_TEST(client.send({.url = server.url("/")}).status == 200);
}

BOOST_AUTO_TEST_CASE(the_systems_certificates_are_found_as_openssl_finds_them)
{
    TlsServer server(ok);
    {
        const Variable file("SSL_CERT_FILE", nullptr);
        const Variable folder("SSL_CERT_DIR", certificates().path("hashed").c_str());
        Client client(trusting_nobody());
        BOOST_TEST(client.send({.url = server.url("/")}).status == 200);
    }
    {
        const std::string folders = "/nonexistent:" + certificates().path("hashed");
        const Variable file("SSL_CERT_FILE", nullptr);
        const Variable folder("SSL_CERT_DIR", folders.c_str());
        Client client(trusting_nobody());
        BOOST_TEST(client.send({.url = server.url("/")}).status == 200);
    }
    {
        const Variable file("SSL_CERT_FILE", certificates().path("ca.pem").c_str());
        const Variable folder("SSL_CERT_DIR", "/nonexistent");
        Client client(trusting_nobody());
        BOOST_TEST(client.send({.url = server.url("/")}).status == 200);
    }
    {
        const Variable file("SSL_CERT_FILE", nullptr);
        const Variable folder("SSL_CERT_DIR", "/nonexistent");
        Client client(trusting_nobody());
        failure_of(client, {.url = server.url("/")}, Reason::tls);
    }
}

BOOST_AUTO_TEST_CASE(files_without_sound_certificates_are_named)
{
    TempDir dir;
    run("cd " + dir.path() + " && echo none >text && : >empty && (cat " +
        certificates().path("ca.pem") +
        "; echo '-----BEGIN CERTIFICATE-----'; echo AAAA; echo '-----END CERTIFICATE-----') >bad");
    const std::pair<std::string, std::string> cases[] = {
        {"missing", "open trusted certificates FILE: No such file or directory"},
        {"text", "read trusted certificates FILE: no PEM certificate in it"},
        {"empty", "read trusted certificates FILE: no PEM certificate in it"},
        {"bad", "read trusted certificates FILE: certificate 2 is not sound"},
        {".", "read trusted certificates FILE: not readable"},
    };
    for (const auto &[name, pattern] : cases) {
        HttpOptions options = trusting_nobody();
        options.ca_certificates = {dir.dir().path_of(name)};
        std::string error = pattern;
        error.replace(error.find("FILE"), 4, options.ca_certificates[0]);
        BOOST_TEST(error_of([&] { HttpTrust trust(options); }) == error);
        const Variable file("SSL_CERT_FILE", options.ca_certificates[0].c_str());
        BOOST_TEST(error_of([] { HttpTrust trust(trusting_nobody()); }) == error);
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_name_is_refused)
{
    TlsServer server(ok);
    HttpOptions options = trusting();
    const std::string port = std::to_string(server.port());
    options.resolve = {"ca.example:" + port + ":127.0.0.1", "other.example:" + port + ":127.0.0.1"};
    Client client(options);
    BOOST_TEST(client.send({.url = server.url("/", "ca.example")}).status == 200);
    BOOST_TEST(client.send({.url = server.url("/", "127.0.0.1")}).status == 200);
    BOOST_TEST(failure_of(client, {.url = server.url("/", "other.example")}, Reason::tls) ==
               "GET " + server.url("/", "other.example") +
                   ": the server's certificate is for another name");
    BOOST_TEST(server.requests().size() == 2u);
}

BOOST_AUTO_TEST_CASE(old_tls_is_refused)
{
    TlsServer server(always(ok), TLS1_1_VERSION);
    Client client;
    const std::string error = failure_of(client, {.url = server.url("/")}, Reason::tls);
    BOOST_TEST(has(error, ": the TLS handshake failed ("), error);
}

BOOST_AUTO_TEST_CASE(what_is_no_tls_is_no_server_of_ours)
{
    WebServer plain(always(ok));
    Client client;
    const std::string url = "https://localhost:" + std::to_string(plain.port()) + "/";
    const std::string error = failure_of(client, {.url = url}, Reason::tls);
    BOOST_TEST(has(error, ": the TLS handshake failed ("), error);
}

BOOST_AUTO_TEST_CASE(plain_http_goes_only_where_it_was_allowed)
{
    WebServer plain(always(ok));
    Client client;
    BOOST_TEST(failure_of(client, {.url = plain.url("/")}, Reason::bad_url) ==
               "bad URL " + plain.url("/") + ": only https is allowed");
    BOOST_TEST(plain.requests().empty());
    HttpOptions options = trusting();
    options.allow_http = true;
    Client liberal(options);
    BOOST_TEST(liberal.send({.url = plain.url("/")}).body == "hello");
    failure_of(liberal, {.url = "ftp://localhost/"}, Reason::bad_url);
}

BOOST_AUTO_TEST_CASE(a_body_may_be_as_large_as_the_limit)
{
    TlsServer server([](const std::string &request) {
        const std::size_t size = has(line_of(request), "/fits ") ? 50000 : 50001;
        if (has(line_of(request), "/chunked "))
            return WebAnswer{.text =
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc351\r\n" +
                                 std::string(50001, 'x') + "\r\n0\r\n\r\n"};
        const std::string text = web_answer("200 OK", "", std::string(size, 'x'));
        const bool is_head = request.starts_with("HEAD ");
        return WebAnswer{.text = is_head ? text.substr(0, text.find("\r\n\r\n") + 4) : text};
    });
    HttpOptions options = trusting();
    options.max_body = 50000;
    Client client(options);
    BOOST_TEST(client.send({.url = server.url("/fits")}).body.size() == 50000u);
    for (const std::string path : {"/over", "/chunked"})
        BOOST_TEST(failure_of(client, {.url = server.url(path)}, Reason::too_large) ==
                   "GET " + server.url(path) + ": the answer is too large");
    BOOST_TEST(client.send({.method = "HEAD", .url = server.url("/over")}).status == 200);
    BOOST_TEST(client.send({.url = server.url("/fits")}).body.size() == 50000u);
}

BOOST_AUTO_TEST_CASE(headers_are_limited_together)
{
    TlsServer server([](const std::string &request) {
        std::string headers;
        for (int i = 0; i < (has(line_of(request), "/fits ") ? 60 : 66); ++i)
            headers +=
                "X-" + std::to_string(1000 + i) + ": " + std::string(1000 - 10, 'x') + "\r\n";
        return WebAnswer{.text = web_answer("200 OK", headers, "")};
    });
    Client client;
    BOOST_TEST(client.send({.url = server.url("/fits")}).status == 200);
    BOOST_TEST(failure_of(client, {.url = server.url("/over")}, Reason::too_large) ==
               "GET " + server.url("/over") + ": the answer is too large");
}

BOOST_AUTO_TEST_CASE(a_slow_answer_ends_in_a_time_out)
{
    TlsServer server([](const std::string &request) {
        const bool is_slow = has(line_of(request), "/slow ");
        return WebAnswer{.text = ok.text, .delay = milliseconds(is_slow ? 20000 : 0)};
    });
    Client client;
    client.set_timeout(milliseconds(200));
    const auto start = std::chrono::steady_clock::now();
    const std::string error = failure_of(client, {.url = server.url("/slow")}, Reason::timeout);
    BOOST_TEST((std::chrono::steady_clock::now() - start < milliseconds(5000)));
    BOOST_TEST(error.starts_with("GET " + server.url("/slow") + ": operation timed out after "),
               error);
    client.set_timeout(milliseconds(20000));
    BOOST_TEST(client.send({.url = server.url("/fast")}).status == 200);
}

BOOST_AUTO_TEST_CASE(a_server_that_shakes_no_hands_ends_in_a_time_out)
{
    const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr *>(&address), size) == 0);
    BOOST_REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr *>(&address), &size) ==
                  0);
    const std::string origin = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    HttpOptions options = trusting();
    options.connect_timeout = std::chrono::seconds(1);
    Client client(options);
    BOOST_TEST(failure_of(client, {.url = origin + "/x"}, Reason::connect) ==
               "GET " + origin + "/x: cannot connect to " + origin + ": Connection refused");
    BOOST_REQUIRE(::listen(listener.get(), 5) == 0);
    failure_of(client, {.url = origin + "/x"}, Reason::timeout);
}

BOOST_AUTO_TEST_CASE(a_name_without_an_address_is_said)
{
    Client client; // the name is too long for the DNS to be asked
    const std::string url = "https://" + std::string(70, 'a') + ".example/";
    BOOST_TEST(failure_of(client, {.url = url}, Reason::resolve) ==
               "GET " + url + ": the host name has no address; look at the DNS");
}

BOOST_AUTO_TEST_CASE(an_answer_that_ends_early_is_none)
{
    const std::string part = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc";
    struct Case {
        WebAnswer answer;
        std::string error;
    };
    const Case cases[] = {
        {{.text = "", .then = Then::closes}, "the server closed the connection without an answer"},
        {{.text = part, .then = Then::closes}, "the server closed the connection amid its answer"},
        {{.text = part, .then = Then::breaks_off}, ""},
        {{.text = "HTTP/1.1 200 OK\r\nContent-Le", .then = Then::closes}, ""},
        {{.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
          .then = Then::closes},
         ""},
        {{.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
          .then = Then::closes},
         ""},
    };
    for (const Case &broken : cases) {
        TlsServer server(broken.answer);
        Client client;
        const std::string error = failure_of(client, {.url = server.url("/")}, Reason::broken);
        BOOST_TEST(error.starts_with("GET " + server.url("/") + ": " + broken.error), error);
        BOOST_TEST(!error.ends_with(": "));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_broken)
{
    for (const std::string text : {"220 mail ready\r\n", "\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n"}) {
        TlsServer server(WebAnswer{.text = text, .then = Then::closes});
        Client client;
        failure_of(client, {.url = server.url("/")}, Reason::broken);
    }
}

BOOST_AUTO_TEST_CASE(no_header_can_be_smuggled_in)
{
    TlsServer server(ok);
    Client client;
    for (const std::string &text : {std::string("a\r\nX: y"), std::string("a\nb"),
                                    std::string("a\0b", 3), std::string("\r")}) {
        const HttpRequest in_value = {.url = server.url("/"), .headers = {{"X-A", text}}};
        const HttpRequest in_name = {.url = server.url("/"), .headers = {{text, "x"}}};
        for (const HttpRequest &request : {in_value, in_name})
            BOOST_TEST(error_of([&] { client.send(request); }) ==
                       "GET " + server.url("/") + ": line end in a header of the request");
    }
    BOOST_TEST(error_of([&] { client.send({.method = "PUT", .url = server.url("/")}); }) ==
               "send a request: method PUT is not supported");
    BOOST_TEST(server.requests().empty());
}

BOOST_AUTO_TEST_CASE(urls_with_a_password_are_refused_without_showing_it)
{
    Client client;
    BOOST_TEST(failure_of(client, {.url = "https://user:hunter2@localhost:1/"}, Reason::bad_url) ==
               "bad URL with user information: user name or password in it");
}

BOOST_AUTO_TEST_CASE(proxies_of_the_environment_are_not_asked)
{
    TlsServer server(ok);
    const Variable https("https_proxy", "http://127.0.0.1:1");
    const Variable upper("HTTPS_PROXY", "http://127.0.0.1:1");
    const Variable all("ALL_PROXY", "http://127.0.0.1:1");
    Client client;
    BOOST_TEST(client.send({.url = server.url("/")}).status == 200);
}

BOOST_AUTO_TEST_CASE(the_proxy_of_the_options_is_asked)
{
    TlsServer server(ok);
    WebServer proxy(always({.text = web_answer("403 Forbidden", "X-Of-Proxy: 1\r\n", "")}));
    const Variable none("no_proxy", "*"); // must not count
    HttpOptions options = trusting();
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    Client client(options);
    const std::string error = failure_of(client, {.url = server.url("/")}, Reason::broken);
    BOOST_TEST(has(error, "403"), error);
    const std::string host = "localhost:" + std::to_string(server.port());
    BOOST_TEST(line_of(proxy.requests().at(0)) == "CONNECT " + host + " HTTP/1.1");
    options.no_proxy = "example.org,localhost";
    Client direct(options);
    BOOST_TEST(direct.send({.url = server.url("/")}).status == 200);
    BOOST_TEST(proxy.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_a_request)
{
    // in a process of its own, since a stop is for good
    TlsServer server(WebAnswer{.text = ok.text, .delay = milliseconds(20000)});
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        try {
            Client client;
            std::thread stopper([] {
                std::this_thread::sleep_for(milliseconds(200));
                request_stop();
            });
            const std::string error =
                failure_of(client, {.url = server.url("/x")}, Reason::stopped);
            stopper.join();
            ::_exit(error == "GET " + server.url("/x") + ": stopped by a signal" ? 0 : 1);
        } catch (...) {
            ::_exit(2);
        }
    }
    const auto start = std::chrono::steady_clock::now();
    int status = -1;
    BOOST_TEST(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    BOOST_TEST((std::chrono::steady_clock::now() - start < milliseconds(5000)));
}

BOOST_AUTO_TEST_SUITE_END()
