// SPDX-License-Identifier: MIT
// A web server on a free port of the loopback interface, for one test: each request is given to a
// function, and what that returns is sent as it is. With a certificate it speaks TLS.
#pragma once

#include "base/error.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace acmeproxy {

struct WebAnswer {
    std::string text;
    enum class Then {
        keeps_open,
        closes,     ///< orderly
        breaks_off, ///< without the end that TLS asks for
    } then = Then::keeps_open;
    std::chrono::milliseconds delay{0};
};

/// A whole answer with its Content-Length. `headers` are lines with their ends.
inline std::string web_answer(const std::string &status, const std::string &headers,
                              const std::string &body)
{
    return "HTTP/1.1 " + status + "\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class WebServer {
public:
    using Handler = std::function<WebAnswer(const std::string &request)>;

    /// Without TLS.
    explicit WebServer(Handler handler) : handler_(std::move(handler)) { start(); }
    /// `pem` is a file with key and certificate.
    WebServer(const std::string &pem, Handler handler, int max_tls = 0)
        : handler_(std::move(handler)), context_(SSL_CTX_new(TLS_server_method()))
    {
        if (max_tls) {
            SSL_CTX_set_max_proto_version(context_.get(), max_tls);
            SSL_CTX_set_min_proto_version(context_.get(), max_tls);
            SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
        }
        if (SSL_CTX_use_certificate_chain_file(context_.get(), pem.c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(context_.get(), pem.c_str(), SSL_FILETYPE_PEM) != 1)
            throw Error("load " + pem);
        start();
    }
    ~WebServer()
    {
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
            for (const int fd : open_)
                ::shutdown(fd, SHUT_RDWR);
        }
        ::shutdown(listener_.get(), SHUT_RDWR);
        acceptor_.join();
        for (std::thread &thread : threads_)
            thread.join();
    }
    WebServer(const WebServer &) = delete;
    WebServer &operator=(const WebServer &) = delete;

    int port() const { return port_; }
    std::string url(const std::string &path, const std::string &host = "localhost") const
    {
        return (context_ ? "https://" : "http://") + host + ":" + std::to_string(port_) + path;
    }
    int connections() const { return connections_; }
    /// All that were read, as they came.
    std::vector<std::string> requests() const
    {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

private:
    struct Freer {
        void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
        void operator()(SSL *ssl) const { SSL_free(ssl); }
    };
    struct Connection {
        Fd fd;
        std::unique_ptr<SSL, Freer> ssl = nullptr;

        std::string read() const
        {
            char buffer[4096];
            const ssize_t size = ssl ? SSL_read(ssl.get(), buffer, sizeof buffer)
                                     : ::recv(fd.get(), buffer, sizeof buffer, 0);
            return size > 0 ? std::string(buffer, size) : "";
        }
        bool write(const std::string &text) const
        {
            for (std::size_t at = 0; at < text.size();) {
                const ssize_t size =
                    ssl ? SSL_write(ssl.get(), text.data() + at, static_cast<int>(text.size() - at))
                        : ::send(fd.get(), text.data() + at, text.size() - at, MSG_NOSIGNAL);
                if (size <= 0)
                    return false;
                at += size;
            }
            return true;
        }
    };

    void start()
    {
        listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto *generic = reinterpret_cast<sockaddr *>(&address);
        if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 50) != 0 ||
            ::getsockname(listener_.get(), generic, &size) != 0)
            throw_errno("listen on the loopback interface");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }

    void accept_all()
    {
        for (;;) {
            Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            const std::lock_guard lock(mutex_);
            if (!fd || is_stopping_)
                return;
            open_.push_back(fd.get());
            threads_.emplace_back([this, raw = fd.release()] { serve(Connection{Fd(raw)}); });
        }
    }

    void serve(Connection connection)
    {
        if (shake_hands(connection)) {
            ++connections_;
            while (answer_one(connection)) {
            }
        }
        const std::lock_guard lock(mutex_);
        std::erase(open_, connection.fd.get());
        connection.fd.reset();
    }

    bool shake_hands(Connection &connection)
    {
        if (!context_)
            return true;
        connection.ssl.reset(SSL_new(context_.get()));
        SSL_set_fd(connection.ssl.get(), connection.fd.get());
        return SSL_accept(connection.ssl.get()) == 1;
    }

    static std::size_t whole_size(const std::string &text)
    {
        if (text.starts_with('\x16')) // a TLS handshake, where none is spoken
            return 0;
        const std::size_t end = text.find("\r\n\r\n");
        if (end == std::string::npos)
            return std::string::npos;
        const std::size_t field = text.find("Content-Length: ");
        return end + 4 + (field < end ? std::stoul(text.substr(field + 16)) : 0);
    }

    bool answer_one(const Connection &connection)
    {
        std::string request;
        while (request.size() < whole_size(request)) {
            const std::string part = connection.read();
            if (part.empty())
                return false;
            request += part;
        }
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
        }
        const WebAnswer answer = handler_(request);
        // ends early when the client goes
        pollfd gone = {.fd = connection.fd.get(), .events = POLLIN, .revents = 0};
        ::poll(&gone, 1, static_cast<int>(answer.delay.count()));
        const bool is_head =
            request.starts_with("HEAD "); // it has no body (RFC 9110, section 9.3.2)
        if (!connection.write(is_head ? answer.text.substr(0, answer.text.find("\r\n\r\n") + 4)
                                      : answer.text))
            return false;
        if (answer.then == WebAnswer::Then::closes && connection.ssl)
            SSL_shutdown(connection.ssl.get());
        return answer.then == WebAnswer::Then::keeps_open;
    }

    Handler handler_;
    std::unique_ptr<SSL_CTX, Freer> context_ = nullptr;
    Fd listener_;
    int port_ = 0;
    std::atomic<int> connections_ = 0;
    mutable std::mutex mutex_;
    bool is_stopping_ = false;
    std::vector<int> open_;
    std::vector<std::string> requests_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}
