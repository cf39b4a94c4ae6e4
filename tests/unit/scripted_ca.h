// SPDX-License-Identifier: MIT
// An ACME server that says what a test tells it to, over TLS, and keeps what it was asked. It has
// a directory and gives nonces; all other paths answer from their queue, in order.
//
//     ScriptedCa ca;
//     ca.will_answer("/order", "201 Created", ca.order_text("pending"), "Location: /o/1\r\n");
//     new_order(ca.session(), ...);
//     BOOST_TEST(ca.log() == "GET /dir, HEAD /nonce, POST /order");
#pragma once

#include "acme/session.h"
#include "base/text.h"
#include "jose/jws.h"
#include "unit/error_of.h"
#include "unit/fake_clock.h"
#include "unit/temp_dir.h"
#include "unit/test_ca.h"
#include "unit/web_server.h"

#include <deque>
#include <fstream>
#include <map>

namespace acmeproxy {

class ScriptedCa {
public:
    ScriptedCa()
        : server_(server_pem(), [this](const std::string &request) { return answer(request); }),
          trust_(options()), http_(trust_, options()), service_(url("/dir")),
          session_(http_, service_, clock_, [] { return 0.5; })
    {
        Json json = Json::object();
        for (const char *name :
             {"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo"})
            json.set(name, url(std::string("/") + name));
        directory_ = json;
    }

    AcmeSession &session() { return session_; }
    AcmeService &service() { return service_; }
    HttpClient &http() { return http_; }
    FakeClock &clock() { return clock_; }
    TestCa &root() { return root_; }
    std::string url(const std::string &path) const { return server_.url(path); }
    std::string origin() const { return server_.url(""); }

    void set_directory(std::string_view name, const Json &value) { directory_.set(name, value); }
    /// A Replay-Nonce is added where `headers` has none.
    void will_answer(const std::string &path, const std::string &status, const std::string &body,
                     const std::string &headers = "")
    {
        queues_[path].push_back({status, body, headers});
    }
    void will_refuse(const std::string &path, const std::string &status, const std::string &type,
                     const std::string &detail = "", const std::string &headers = "")
    {
        Json json = Json::object();
        json.set("type", "urn:ietf:params:acme:error:" + type).set("detail", detail);
        will_answer(path, status, json.to_text(), headers);
    }
    /// Closes the connection instead of an answer.
    void will_hang_up(const std::string &path) { queues_[path].push_back({"", "", ""}); }

    /// "GET /dir, HEAD /newNonce, ..." of all requests so far.
    std::string log() const
    {
        std::vector<std::string> lines;
        for (const std::string &request : server_.requests())
            lines.push_back(request.substr(0, request.find(" HTTP/")));
        return join(lines, ", ");
    }
    /// The last request as it came.
    std::string last() const { return server_.requests().back(); }
    /// The JWS of the last request, or of the last one to `path`.
    Jws last_jws() const { return jws_in(last()); }
    Jws last_jws(const std::string &path) const
    {
        Jws found = last_jws();
        for (const std::string &request : server_.requests()) {
            if (request.starts_with("POST " + path + " "))
                found = jws_in(request);
        }
        return found;
    }

private:
    struct Scripted {
        std::string status, body, headers;
    };

    static Jws jws_in(const std::string &request)
    {
        return Jws::parse(request.substr(request.find("\r\n\r\n") + 4));
    }

    std::string server_pem()
    {
        const PrivateKey key = PrivateKey::generate(KeyType::ec256);
        const Time now = system_clock().now();
        const Certificate certificate = root_.issue({.key = key.public_key(),
                                                     .names = "DNS:localhost",
                                                     .not_before = now - std::chrono::hours(1),
                                                     .not_after = now + std::chrono::hours(1)});
        const std::string path = dir_.path() + "/server.pem";
        std::ofstream(path) << key.to_pem().view() << certificate.pem();
        std::ofstream(dir_.path() + "/root.pem") << root_.certificate().pem();
        return path;
    }
    HttpOptions options() const
    {
        HttpOptions options;
        options.user_agent = "unit-test/1";
        options.ca_certificates = {dir_.path() + "/root.pem"};
        return options;
    }
    WebAnswer answer(const std::string &request)
    {
        const std::size_t begin = request.find(' ') + 1;
        const std::string path = request.substr(begin, request.find(' ', begin) - begin);
        Scripted scripted{"404 Not Found", "", ""};
        std::deque<Scripted> &queue = queues_[path];
        if (!queue.empty()) {
            scripted = queue.front();
            queue.pop_front();
        } else if (path == "/dir") {
            // as at Let's Encrypt, without a nonce
            return {web_answer("200 OK", "", directory_.to_text())};
        } else if (path == "/newNonce") {
            scripted = {"200 OK", "", ""};
        }
        if (scripted.status.empty())
            return {"", WebAnswer::Then::closes};
        if (scripted.headers.find("Replay-Nonce") == std::string::npos)
            scripted.headers += "Replay-Nonce: n" + std::to_string(++nonces_) + "\r\n";
        return {web_answer(scripted.status, scripted.headers, scripted.body)};
    }

    TempDir dir_;
    TestCa root_;
    FakeClock clock_;
    Json directory_;
    std::map<std::string, std::deque<Scripted>> queues_;
    int nonces_ = 0;
    WebServer server_;
    HttpTrust trust_;
    HttpClient http_;
    AcmeService service_;
    AcmeSession session_;
};

}
