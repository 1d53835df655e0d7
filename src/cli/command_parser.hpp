// One sub-command's flags on top of CLI11: help text, values, and errors in our words.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tf_injector::cli {

class CommandParser {
 public:
  // `name` as in `tf_injector NAME`; `usage` what stands behind it; `examples`: the end of --help.
  CommandParser(const std::string& name, const std::string& description, const std::string& usage,
                const std::string& examples);
  CommandParser(CommandParser&&) = delete;
  ~CommandParser();

  // Flags added from here on stand under this heading of --help.
  void group(const std::string& heading);
  // A flag with a value; of several the last counts, as in the Python tool. `names` in CLI11's way:
  // "-o,--output". `take(flag, value)` may throw Error(usage).
  void value(const std::string& names, const std::string& placeholder, const std::string& description,
             std::function<void(const std::string& flag, const std::string& value)> take);
  // The same, stored as it is.
  void text(const std::string& names, const std::string& placeholder, const std::string& description,
            std::string& target);
  // A flag that may be given several times: all its values, in their order.
  void texts(const std::string& names, const std::string& placeholder, const std::string& description,
             std::vector<std::string>& target);
  void flag(const std::string& names, const std::string& description, bool& target);
  void positional(const std::string& name, const std::string& description, std::string& target);

  // Sets everything. Returns the text to be printed when --help or --version was among the words. Throws
  // Error(usage).
  [[nodiscard]] std::optional<std::string> parse(const std::vector<std::string>& words);
  [[nodiscard]] std::string help() const;

 private:
  [[nodiscard]] std::string describe_unexpected(const std::string& word) const;

  struct Library;  // CLI11's headers cost every file that reads them four seconds
  std::unique_ptr<Library> library_;
  std::string group_ = "Options";
};

}  // namespace tf_injector::cli
