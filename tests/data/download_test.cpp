// Fetching from a server on 127.0.0.1 that behaves well and badly.
#include "data/download.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <thread>

#include "archives.hpp"
#include "cifar_example.hpp"
#include "data/cifar/cifar.hpp"
#include "data/dataset_table.hpp"
#include "data/load.hpp"
#include "http_server.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "temporary_folder.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;

std::string random_content(size_t size = 300'000) {
  std::string content(size, '\0');
  uint32_t state = 1;
  for (char& c : content) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return content;
}

class Download : public testing::Test {
 protected:
  // The file under `path` of the server, expected to be `content`.
  DownloadFile file(const HttpServer& server, const std::string& path = "/file") const {
    return {server.address(path), "file", HashKind::sha256, sha256_of(content_.data(), content_.size())};
  }
  // The Error's message, with its kind.
  std::string failure(const DownloadFile& wanted, ErrorKind kind = ErrorKind::download) {
    try {
      fetch(wanted, destination_, options_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_FALSE(file_exists(destination_));
      const std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos);
      if (kind == ErrorKind::download) {
        EXPECT_THAT(message, AllOf(HasSubstr(wanted.address), HasSubstr("by hand"), HasSubstr(destination_)));
      }
      return message;
    }
    return "no failure";
  }
  void expect_fetched() {
    EXPECT_EQ(read_text(destination_), content_);
    EXPECT_FALSE(file_exists(part_));
  }

  test::TemporaryFolder folder_;
  std::string content_ = random_content();
  std::string destination_ = folder_ / "new/folder/file";
  std::string part_ = destination_ + ".part";
  FetchOptions options_{.connect_seconds = 60, .stall_seconds = 60, .on_progress = {}};
};

TEST_F(Download, WholeFile) {
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  uint64_t last = 0;
  options_.on_progress = [&](uint64_t done, std::optional<uint64_t> total) {
    EXPECT_GE(done, last);
    EXPECT_EQ(total.value_or(content_.size()), content_.size());
    last = done;
    return true;
  };
  fetch(file(server), destination_, options_);
  expect_fetched();
  EXPECT_EQ(last, content_.size());
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].range, "");

  fetch(file(server), destination_, options_);  // is there already
  EXPECT_EQ(server.requests().size(), 1u);
  write_atomic(destination_, "another file");
  last = 0;
  fetch(file(server), destination_, options_);
  expect_fetched();
}

TEST_F(Download, Md5) {
  content_ = "hello\n";
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  DownloadFile wanted{server.address("/file"), "file", HashKind::md5, "b1946ac92492d2347c6235b4d2611184"};
  fetch(wanted, destination_, options_);
  expect_fetched();
  std::filesystem::remove(destination_);
  wanted.hash = "b1946ac92492d2347c6235b4d2611185";
  EXPECT_THAT(failure(wanted),
              AllOf(HasSubstr("MD5 b1946ac92492d2347c6235b4d2611184"), HasSubstr(wanted.hash)));
}

TEST_F(Download, GoesOnAfterACutConnection) {
  std::string part_sent = content_.substr(0, 100'000);
  int calls = 0;
  const HttpServer server([&](const auto& request) {
    if (++calls > 1) return HttpServer::serve(content_, request);
    HttpServer::Response cut = HttpServer::serve(content_, request);
    cut.bytes.resize(cut.bytes.size() - content_.size() + part_sent.size());
    return cut;
  });
  EXPECT_THAT(failure(file(server)), HasSubstr("cut after 100000 bytes"));
  EXPECT_EQ(read_text(part_), part_sent);
  uint64_t total_seen = 0;
  options_.on_progress = [&](uint64_t, std::optional<uint64_t> total) {
    if (total) total_seen = *total;
    return true;
  };
  fetch(file(server), destination_, options_);
  expect_fetched();
  EXPECT_EQ(total_seen, content_.size());
  EXPECT_EQ(server.requests().at(1).range, "bytes=100000-");
}

TEST_F(Download, AServerMayIgnoreTheRange) {
  folder_.write("new/folder/file.part", content_.substr(0, 5000));
  const HttpServer server([this](const auto&) { return HttpServer::respond("200 OK", content_); });
  fetch(file(server), destination_, options_);
  expect_fetched();
  EXPECT_EQ(server.requests().at(0).range, "bytes=5000-");
}

TEST_F(Download, AnotherRangeThanAskedForIsRefused) {
  folder_.write("new/folder/file.part", content_.substr(0, 5000));
  const HttpServer server([this](const auto&) {
    return HttpServer::respond("206 Partial Content", content_.substr(4000),
                               "Content-Range: bytes 4000-299999/300000\r\n");
  });
  EXPECT_THAT(failure(file(server)), HasSubstr("another part"));
  EXPECT_EQ(read_text(part_), content_.substr(0, 5000));
}

TEST_F(Download, APartOfAnotherFileIsThrownAway) {
  folder_.write("new/folder/file.part", std::string(5000, 'x'));
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  fetch(file(server), destination_, options_);
  expect_fetched();
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_EQ(server.requests()[1].range, "");
}

TEST_F(Download, APartThatIsCompleteOrTooLong) {
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  folder_.write("new/folder/file.part", content_);
  fetch(file(server), destination_, options_);
  expect_fetched();
  EXPECT_TRUE(server.requests().empty());
  std::filesystem::remove(destination_);
  folder_.write("new/folder/file.part", content_ + "more");
  fetch(file(server), destination_, options_);
  expect_fetched();
}

TEST_F(Download, WrongHashLeavesNothing) {
  const HttpServer server(
      [](const auto&) { return HttpServer::respond("200 OK", "<html>maintenance</html>"); });
  EXPECT_THAT(failure(file(server)), AllOf(HasSubstr("SHA-256"), HasSubstr(file(server).hash)));
  EXPECT_FALSE(file_exists(part_));
}

TEST_F(Download, NotFoundKeepsWhatIsThere) {
  const HttpServer server([](const auto&) { return HttpServer::respond("404 Not Found", "no such file"); });
  EXPECT_THAT(failure(file(server)), HasSubstr("404"));
  EXPECT_FALSE(file_exists(part_));
  folder_.write("new/folder/file.part", content_.substr(0, 5000));
  EXPECT_THAT(failure(file(server)), HasSubstr("404"));
  EXPECT_EQ(read_text(part_), content_.substr(0, 5000));
}

TEST_F(Download, FollowsRedirects) {
  const HttpServer server([this](const HttpServer::Request& request) {
    if (request.path == "/file") return HttpServer::respond("302 Found", "moved", "Location: /other\r\n");
    return HttpServer::serve(content_, request);
  });
  folder_.write("new/folder/file.part", content_.substr(0, 5000));
  fetch(file(server), destination_, options_);
  expect_fetched();
  EXPECT_EQ(server.requests().at(1).path, "/other");
  EXPECT_EQ(server.requests().at(1).range, "bytes=5000-");
}

TEST_F(Download, RedirectsInACircleEnd) {
  const HttpServer server(
      [](const auto&) { return HttpServer::respond("302 Found", "", "Location: /file\r\n"); });
  EXPECT_THAT(failure(file(server)), HasSubstr("redirect"));
}

TEST_F(Download, StalledConnectionsEnd) {
  const HttpServer server([this](const HttpServer::Request& request) {
    HttpServer::Response stalled = HttpServer::serve(content_, request);
    stalled.bytes.resize(request.path == "/silent" ? 0 : 50'000);
    stalled.open_seconds = 300;
    return stalled;
  });
  options_.stall_seconds = 3;
  EXPECT_THAT(failure(file(server)), HasSubstr("stalled after"));  // not: was cut
  EXPECT_TRUE(file_exists(part_));
}

TEST_F(Download, SilentAndAbsentServers) {
  {
    const HttpServer server([](const auto&) { return HttpServer::Response{"", 300}; });
    options_.stall_seconds = 1;
    EXPECT_NE(failure(file(server)), "no failure");
  }
  std::string gone;
  {
    const HttpServer server([](const auto&) { return HttpServer::Response{}; });
    gone = server.address("/file");
  }
  EXPECT_NE(failure({gone, "file", HashKind::sha256, std::string(64, '0')}), "no failure");
  EXPECT_FALSE(file_exists(part_));
}

TEST_F(Download, CanBeStopped) {
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  options_.on_progress = [](uint64_t done, std::optional<uint64_t>) { return done == 0; };
  EXPECT_THAT(failure(file(server), ErrorKind::interrupted), HasSubstr("goes on"));
  EXPECT_TRUE(file_exists(part_));
  options_.on_progress = nullptr;
  fetch(file(server), destination_, options_);
  expect_fetched();
}

TEST_F(Download, AFolderThatCannotBeMade) {
  folder_.write("plain", "a file");
  const DownloadFile wanted{"http://127.0.0.1:1/file", "file", HashKind::sha256, std::string(64, '0')};
  EXPECT_THROW(fetch(wanted, folder_ / "plain/file", options_), OutputError);
}

TEST_F(Download, WaitingForAnotherProcessCanBeStopped) {
  const std::string part = folder_.write("new/folder/file.part", "x");
  const int other = ::open(part.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  int calls = 0;
  options_.on_progress = [&](uint64_t, std::optional<uint64_t>) { return ++calls < 2; };
  EXPECT_THAT(failure({"http://127.0.0.1:1/file", "file", HashKind::sha256, std::string(64, '0')},
                      ErrorKind::interrupted),
              HasSubstr("goes on"));
  ::close(other);
}

TEST_F(Download, TwoAtOnceFetchOnce) {
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  std::thread other([&] { fetch(file(server), destination_, options_); });
  fetch(file(server), destination_, options_);
  other.join();
  expect_fetched();
  EXPECT_EQ(server.requests().size(), 1u);
}

// Missing data of a named set: fetched into ./datasets/<DATASET>, then read from there.
TEST_F(Download, MissingSetsAreFetchedAndRead) {
  content_ = test::gzipped(
      test::tar_member("cifar-10-batches-py/test_batch", test::example_pickle("python2_cifar10")) +
      test::tar_end());
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  NamedSet set = named_set("CIFAR10");
  set.name = "EXAMPLE";
  set.downloads = {file(server)};
  set.downloads[0].name = "cifar-10-python.tar.gz";

  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  std::vector<std::string> messages;
  LoadOptions options;
  options.on_message = [&](const std::string& message) { messages.push_back(message); };
  options.allow_download = false;
  set.find = [](const std::string& place,
                const LoadOptions&) {  // not what this machine's home folder may hold
    return place.starts_with("./") ? find_cifar(cifar10(), place) : std::nullopt;
  };
  EXPECT_THROW(static_cast<void>(load_named(set, options)), DatasetError);
  EXPECT_TRUE(server.requests().empty());
  options.allow_download = true;
  const Dataset dataset = load_named(set, options);
  static_cast<void>(load_named(set, options));
  std::filesystem::current_path(before);

  EXPECT_EQ(dataset.inputs.at(0).bytes, test::cifar_pixels());
  EXPECT_EQ(dataset.name, "EXAMPLE");
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(messages[0], AllOf(HasSubstr(server.address("/file")), HasSubstr("./datasets/EXAMPLE")));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(Download, AMissingSetThatIsBeingFetchedCanBeStopped) {
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  NamedSet set = named_set("CIFAR10");
  set.downloads = {file(server)};
  set.find = [](const std::string&, const LoadOptions&) { return std::nullopt; };
  LoadOptions options;
  options.on_fetch = [](uint64_t, std::optional<uint64_t>) { return false; };
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  try {
    static_cast<void>(load_named(set, options));
    ADD_FAILURE() << "not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
  std::filesystem::current_path(before);
}

TEST_F(Download, MirrorsAreTriedInOrder) {
  const HttpServer server([this](const auto& request) {
    return request.path == "/good/file" ? HttpServer::serve(content_, request)
                                        : HttpServer::respond("404 Not Found", "");
  });
  const DownloadFile wanted = file(server, "/the/published/one");
  DownloadOptions options;
  std::vector<std::string> messages;
  options.on_message = [&](const std::string& message) { messages.push_back(message); };
  options.mirrors = {server.address("/bad/"), server.address("/bad"), server.address("/good/")};
  const std::string folder = folder_ / "new/folder";
  download_files({&wanted, 1}, folder, options);
  expect_fetched();
  std::vector<std::string> asked;
  for (const auto& request : server.requests()) asked.push_back(request.path);
  EXPECT_THAT(asked, testing::ElementsAre("/bad/file", "/bad", "/good/file"));
  EXPECT_THAT(messages,
              testing::ElementsAre(HasSubstr("/bad/file"), HasSubstr("answers 404"), HasSubstr("/bad"),
                                   HasSubstr("answers 404"), HasSubstr("/good/file")));

  std::filesystem::remove(destination_);
  options.mirrors = {server.address("/bad/")};
  EXPECT_THROW(download_files({&wanted, 1}, folder, options), Error);
}

TEST_F(Download, WhatIsThereIsNotFetched) {
  const HttpServer server([this](const auto& request) { return HttpServer::serve(content_, request); });
  EXPECT_TRUE(fetch(file(server), destination_, options_));
  EXPECT_FALSE(fetch(file(server), destination_, options_));
}

}  // namespace
}  // namespace tf_injector::detail::data
