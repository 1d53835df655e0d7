// What stands between text from the user's files and the terminal: nothing in it is obeyed.
#pragma once

#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail::cli {

// Makes text safe (core/printable: terminal_safe). Words of the command line, such as paths, that hold line
// ends are escaped wherever they stand in it, as the lines of a message could not be told from theirs.
class SafeText {
 public:
  SafeText() = default;
  explicit SafeText(const std::vector<std::string>& words);

  [[nodiscard]] std::string operator()(std::string_view text) const;

 private:
  std::vector<std::string> split_;  // words with line ends, longest first
};

// Writes safe text to another buffer, which must outlive it. What is written at once is made safe at once.
class SafeOutput : public std::streambuf {
 public:
  SafeOutput(std::streambuf* out, SafeText safe) : out_(out), safe_(std::move(safe)) {}

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int overflow(int c) override;
  int sync() override;

 private:
  bool write(std::string_view text);

  std::streambuf* out_;
  SafeText safe_;
  std::string begun_;  // the first bytes of a character that is not yet complete
};

}  // namespace tf_injector::detail::cli
