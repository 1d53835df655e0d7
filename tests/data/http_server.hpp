// An HTTP server on 127.0.0.1 for one test: serves one file, well or badly, and remembers what it was asked
// for.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tf_injector::detail::test {

class HttpServer {
 public:
  struct Request {
    std::string path;   // "/file"
    std::string range;  // the Range header's value, or ""
  };
  // What is sent, byte by byte as it stands: status line, headers, body. Then the connection is closed, after
  // `open_seconds` in which nothing is sent.
  struct Response {
    std::string bytes;
    double open_seconds = 0;
  };
  using Handler = std::function<Response(const Request&)>;

  explicit HttpServer(Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "http://127.0.0.1:<port><path>".
  [[nodiscard]] std::string address(const std::string& path) const;
  [[nodiscard]] std::vector<Request> requests() const;

  // A whole response with Content-Length.
  [[nodiscard]] static Response respond(const std::string& status, const std::string& body,
                                        const std::string& more_headers = "");
  // As a good server: 200 with all, 206 with what a range "bytes=N-" asks for, 416 when nothing is there.
  [[nodiscard]] static Response serve(const std::string& content, const Request& request);

 private:
  void run();
  void answer(int connection);

  Handler handler_;
  int socket_ = -1;
  int port_ = 0;
  int stop_pipe_[2] = {-1, -1};
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::thread thread_;
};

namespace detail {

inline std::string header_value(const std::string& request, const std::string& name) {
  const size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

inline bool send_all(int connection, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::send(connection, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

}  // namespace detail

inline HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (socket_ < 0 || ::bind(socket_, raw, size) != 0 || ::listen(socket_, 8) != 0 ||
      ::getsockname(socket_, raw, &size) != 0 || ::pipe(stop_pipe_) != 0)
    throw std::runtime_error("cannot listen on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

inline HttpServer::~HttpServer() {
  ::close(stop_pipe_[1]);
  thread_.join();
  ::close(stop_pipe_[0]);
  ::close(socket_);
}

inline std::string HttpServer::address(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

inline std::vector<HttpServer::Request> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

inline void HttpServer::run() {
  for (;;) {
    pollfd watched[] = {{socket_, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}};
    if (::poll(watched, 2, -1) < 0) continue;
    if (watched[1].revents != 0) return;
    const int connection = ::accept(socket_, nullptr, nullptr);
    if (connection < 0) continue;
    answer(connection);
    ::close(connection);
  }
}

inline void HttpServer::answer(int connection) {
  std::string text;
  char block[4096];
  while (text.find("\r\n\r\n") == std::string::npos) {
    const ssize_t n = ::recv(connection, block, sizeof block, 0);
    if (n <= 0) return;
    text.append(block, static_cast<size_t>(n));
  }
  const size_t begin = text.find(' ') + 1;
  Request request{text.substr(begin, text.find(' ', begin) - begin), detail::header_value(text, "Range")};
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  const Response response = handler_(request);
  if (!detail::send_all(connection, response.bytes) || response.open_seconds <= 0) return;
  pollfd stop{stop_pipe_[0], POLLIN, 0};
  static_cast<void>(::poll(&stop, 1, static_cast<int>(response.open_seconds * 1000)));
}

inline HttpServer::Response HttpServer::respond(const std::string& status, const std::string& body,
                                                const std::string& more_headers) {
  return {"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\nConnection: close\r\n" + more_headers + "\r\n" + body,
          0};
}

inline HttpServer::Response HttpServer::serve(const std::string& content, const Request& request) {
  if (request.range.empty()) return respond("200 OK", content);
  const size_t start = std::stoul(request.range.substr(request.range.find('=') + 1));
  const std::string size = std::to_string(content.size());
  if (start >= content.size())
    return respond("416 Range Not Satisfiable", "", "Content-Range: bytes */" + size + "\r\n");
  return respond("206 Partial Content", content.substr(start),
                 "Content-Range: bytes " + std::to_string(start) + "-" + std::to_string(content.size() - 1) +
                     "/" + size + "\r\n");
}

}  // namespace tf_injector::detail::test
