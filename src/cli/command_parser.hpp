// One sub-command's flags on top of CLI11: help text, values, and errors in our words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "core/toml.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail::cli {

// What --help says besides the flags.
struct HelpText {
  const char* description;  // its first lines
  const char* usage;        // what stands behind "tf_injector "
  const char* examples;     // its last lines
};

// A flag, or an argument without one, as completions and the manual page show it.
struct FlagText {
  std::string group;               // heading of --help
  std::vector<std::string> names;  // "-d", "--dataset"; of an argument without a flag its name, "MODEL"
  std::string placeholder;         // of its value: "FILE"; "": it takes none
  std::vector<std::string> words;  // that its value may be, where it is one of several
  std::string description;
  [[nodiscard]] bool is_argument() const { return names.front()[0] != '-'; }
};

// A word that a flag may be given, and what it means.
template <typename T>
struct Choice {
  std::string word;
  T value;
};

// What an integer flag is stored as: int of std::optional<int>.
template <typename T>
struct NumberOf {
  using Type = T;
};
template <typename T>
struct NumberOf<std::optional<T>> {
  using Type = T;
};
template <typename T>
using Number = typename NumberOf<T>::Type;

// `names` are in CLI11's way: "-o,--output". Of a flag with a value that is given several times the last
// counts, as in the Python tool. Targets must outlive the parser.
class CommandParser {
 public:
  explicit CommandParser(const HelpText& help);
  CommandParser(CommandParser&&) = delete;
  ~CommandParser();

  // Flags added from here on stand under this heading of --help.
  void group(const std::string& heading);
  // A flag with a value. `take(flag, value)` may throw Error(usage).
  void value(const std::string& names, const std::string& placeholder, const std::string& description,
             const std::function<void(const std::string& flag, const std::string& value)>& take);
  // The same, stored as it is.
  void text(const std::string& names, const std::string& placeholder, const std::string& description,
            std::string& target);
  // A flag that may be given several times: all its values, in their order.
  void texts(const std::string& names, const std::string& placeholder, const std::string& description,
             std::vector<std::string>& target);
  // An integer of at least `least` and at most `most`: int, int64_t, or one of them in an optional.
  template <typename T>
  void integer(const std::string& names, const std::string& description, T& target,
               int64_t least = std::numeric_limits<Number<T>>::min(),
               int64_t most = std::numeric_limits<Number<T>>::max()) {
    add_integer(names, description, least, most,
                [&target](int64_t value) { target = static_cast<Number<T>>(value); });
  }
  // One of several words.
  void word(const std::string& names, const std::string& description, const std::vector<std::string>& words,
            std::string& target);
  // The same, stored as what it means.
  template <typename T>
  void choice(const std::string& names, const std::string& description,
              const std::vector<Choice<std::type_identity_t<T>>>& choices, T& target) {
    std::vector<std::string> words;
    for (const Choice<T>& choice : choices) words.push_back(choice.word);
    add_word(names, description, words, [choices, &target](size_t index) { target = choices[index].value; });
  }
  void flag(const std::string& names, const std::string& description, bool& target);
  // `words`: what it may be, for completions; whoever takes it checks it. Empty: anything.
  void positional(const std::string& name, const std::string& description, std::string& target,
                  std::vector<std::string> words = {});
  // Any number of them.
  void positionals(const std::string& name, const std::string& description, std::vector<std::string>& target);

  // All of them, in their order, --version and --help last.
  [[nodiscard]] std::vector<FlagText> flags();

  // Sets everything: from the words, and what they leave open from the file that --config names. Returns the
  // text to be printed when --help, --version or --print-config was among the words. Throws Error(usage).
  [[nodiscard]] std::optional<std::string> parse(const std::vector<std::string>& words);
  // What was set, in the order of the flags; known after parse.
  [[nodiscard]] Configuration configuration() const;

 private:
  // A flag that a file may set too.
  struct Setting {
    std::string name;  // its first long one, without the dashes
    bool is_switch = false, takes_several = false;
    std::function<void(const std::vector<std::string>&)> set;  // its values; of a switch none
    std::vector<std::string> values = {};                      // that it was given
    bool is_given = false;
  };
  void add_setting(Setting setting);
  [[nodiscard]] Setting* find_setting(const std::string& long_name);
  [[nodiscard]] std::vector<std::string> without_switched_off(const std::vector<std::string>& words);
  void note_given();
  void apply_config();
  void apply(const TomlEntry& entry, const std::string& place);
  [[nodiscard]] static std::vector<std::string> values_of(const TomlEntry& entry, const Setting& setting,
                                                          const std::string& place);
  [[nodiscard]] std::string describe_unknown_key(const std::string& key) const;
  void add_integer(const std::string& names, const std::string& description, int64_t least, int64_t most,
                   std::function<void(int64_t)> take);
  void add_word(const std::string& names, const std::string& description,
                const std::vector<std::string>& words, std::function<void(size_t index)> take);
  void add_help();
  [[nodiscard]] std::string describe_mismatch(const std::vector<std::string>& words) const;
  [[nodiscard]] std::string describe_unexpected(const std::string& word) const;

  struct Library;  // CLI11's headers cost every file that reads them four seconds
  std::unique_ptr<Library> library_;
  std::string group_ = "Options";
  std::map<std::string, std::vector<std::string>> argument_words_;  // of positionals, by name
  std::vector<Setting> settings_;
  std::set<std::string> switched_off_;  // by "--name=false"
  std::string config_path_;
  bool prints_config_ = false;
};

}  // namespace tf_injector::detail::cli
