#include "cli/command_parser.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cctype>
#include <memory>
#include <sstream>
#include <utility>

#include "cli/config_file.hpp"
#include "cli/flag_values.hpp"
#include "core/nearest_name.hpp"
#include "core/printable.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/version.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr size_t kHelpColumn = 34;
constexpr size_t kHelpWidth = 100;

// CLI11's help, with descriptions broken at kHelpWidth and our own usage line.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string usage) : usage_(std::move(usage)) {}

  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: tf_injector " + usage_ + "\n";
  }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const override {
    std::string out = make_description(app) + make_usage(app, std::move(name)) + make_positionals(app);
    for (const std::string& group : app->get_groups()) {
      const auto options = app->get_options(
          [&](const CLI::Option* option) { return option->get_group() == group && option->nonpositional(); });
      if (!options.empty()) out += make_group(group, false, options);
    }
    return out + "\n" + make_footer(app);
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string head = "  " + make_option_name(option, is_positional);
    if (!is_positional) head += make_option_opts(option);
    std::string out;
    if (head.size() + 2 > kHelpColumn) {
      out = head + "\n";
      head.clear();
    }
    std::istringstream words(make_option_desc(option));
    head.resize(kHelpColumn, ' ');
    std::string line = head;
    for (std::string word; words >> word;) {
      if (line.size() + 1 + word.size() > kHelpWidth) {
        out += line + "\n";
        line.assign(kHelpColumn, ' ');
      }
      if (line.size() > kHelpColumn) line += ' ';
      line += word;
    }
    return out + line + "\n";
  }

 private:
  std::string usage_;
};

bool looks_like_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && std::isdigit(static_cast<unsigned char>(word[1])) == 0 &&
         word[1] != '.';
}

// The name that messages use: "--output" of "-o,--output".
std::string shown_name(const std::string& names) {
  const size_t begin = names.find("--");
  return names.substr(begin, names.find(',', begin) - begin);
}

// "output-path" of "-o,--output-path".
std::string setting_name(const std::string& names) { return shown_name(names).substr(2); }

// What stands behind a flag. Throws Error(usage) when it is no value.
const std::string& checked_value(const std::string& flag, const std::string& word) {
  if (word.empty() || looks_like_flag(word)) {
    throw Error(ErrorKind::usage,
                fmt::format("{} needs a value{}", flag, word.empty() ? "" : ", found the flag " + word));
  }
  return word;
}

}  // namespace

struct CommandParser::Library {
  CLI::App app;
};

CommandParser::CommandParser(const HelpText& help) : library_(new Library{CLI::App(help.description)}) {
  library_->app.formatter(std::make_shared<HelpFormatter>(help.usage));
  library_->app.footer(help.examples);
  library_->app.set_help_flag();  // ours is added last, so that it stands last
}

CommandParser::~CommandParser() = default;

void CommandParser::group(const std::string& heading) { group_ = heading; }

void CommandParser::value(const std::string& names, const std::string& placeholder,
                          const std::string& description,
                          const std::function<void(const std::string&, const std::string&)>& take) {
  const std::string shown = shown_name(names);
  CLI::Option* option = library_->app.add_option(
      names,
      [shown, take](const CLI::results_t& results) {
        take(shown, checked_value(shown, results.back()));
        return true;
      },
      description);
  option->type_name(placeholder)->group(group_)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_setting({.name = setting_name(names),
               .set = [shown, take](const std::vector<std::string>& values) { take(shown, values.back()); }});
}

void CommandParser::text(const std::string& names, const std::string& placeholder,
                         const std::string& description, std::string& target) {
  value(names, placeholder, description,
        [&target](const std::string&, const std::string& word) { target = word; });
}

void CommandParser::texts(const std::string& names, const std::string& placeholder,
                          const std::string& description, std::vector<std::string>& target) {
  const std::string shown = shown_name(names);
  library_->app
      .add_option(
          names,
          [shown, &target](const CLI::results_t& results) {
            for (const std::string& word : results) target.push_back(checked_value(shown, word));
            return true;
          },
          description)
      ->type_name(placeholder)
      ->group(group_)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_setting({.name = setting_name(names),
               .takes_several = true,
               .set = [&target](const std::vector<std::string>& values) { target = values; }});
}

void CommandParser::add_integer(const std::string& names, const std::string& description, int64_t least,
                                int64_t most, std::function<void(int64_t)> take) {
  value(names, "N", description,
        [least, most, take = std::move(take)](const std::string& flag, const std::string& text) {
          take(parse_integer(flag, text, least, most));
        });
}

void CommandParser::add_word(const std::string& names, const std::string& description,
                             const std::vector<std::string>& words, std::function<void(size_t index)> take) {
  value(names, fmt::format("{{{}}}", fmt::join(words, ",")), description,
        [words, take = std::move(take)](const std::string& flag, const std::string& text) {
          const std::string word = parse_choice(flag, text, words);
          take(static_cast<size_t>(std::find(words.begin(), words.end(), word) - words.begin()));
        });
}

void CommandParser::word(const std::string& names, const std::string& description,
                         const std::vector<std::string>& words, std::string& target) {
  add_word(names, description, words, [words, &target](size_t index) { target = words[index]; });
}

void CommandParser::flag(const std::string& names, const std::string& description, bool& target) {
  library_->app.add_flag(names, target, description)->group(group_)->disable_flag_override();
  add_setting({.name = setting_name(names),
               .is_switch = true,
               .set = [&target](const std::vector<std::string>&) { target = true; }});
}

void CommandParser::positional(const std::string& name, const std::string& description, std::string& target,
                               std::vector<std::string> words) {
  library_->app.add_option(name, target, description)->group(group_);
  argument_words_[name] = std::move(words);
}

void CommandParser::positionals(const std::string& name, const std::string& description,
                                std::vector<std::string>& target) {
  library_->app.add_option(name, target, description)->group(group_);
  argument_words_[name] = {};
}

void CommandParser::add_help() {
  if (!settings_.empty()) {
    library_->app
        .add_option("-c,--config", config_path_,
                    "Flags that are not given here: a TOML file with a line `long-name = value` each")
        ->type_name("FILE")
        ->group(group_)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    library_->app.add_flag("--print-config", prints_config_, "Print the flags as such a file, and end")
        ->group(group_)
        ->disable_flag_override();
  }
  library_->app.set_version_flag("--version", std::string("tf_injector ") + version(), "Print the version")
      ->group(group_);
  library_->app.set_help_flag("-h,--help", "Print this help")->group(group_);
}

std::vector<FlagText> CommandParser::flags() {
  add_help();
  std::vector<FlagText> flags;
  for (const CLI::Option* option : library_->app.get_options()) {
    FlagText flag{.group = option->get_group(),
                  .names = {},
                  .placeholder = option->get_items_expected_max() > 0 ? option->get_type_name() : "",
                  .words = {},
                  .description = option->get_description()};
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    if (flag.names.empty()) {
      flag.names.push_back(option->get_name());
      flag.words = argument_words_[flag.names.front()];
    }
    if (flag.placeholder.starts_with('{')) {
      std::istringstream words(flag.placeholder.substr(1, flag.placeholder.size() - 2));
      for (std::string word; std::getline(words, word, ',');) flag.words.push_back(word);
    }
    flags.push_back(std::move(flag));
  }
  return flags;
}

std::optional<std::string> CommandParser::parse(const std::vector<std::string>& words) {
  add_help();
  const std::vector<std::string> on = without_switched_off(words);
  try {
    // CLI11 takes them from the back.
    library_->app.parse(std::vector<std::string>(on.rbegin(), on.rend()));
  } catch (const CLI::CallForHelp&) {
    return library_->app.help();
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::ExtrasError&) {
    throw Error(ErrorKind::usage, describe_unexpected(library_->app.remaining().front()));
  } catch (const CLI::ArgumentMismatch&) {
    throw Error(ErrorKind::usage, describe_mismatch(on));
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    throw Error(ErrorKind::usage, text);
  }
  note_given();
  apply_config();
  if (prints_config_) return config_text(configuration());
  return std::nullopt;
}

Configuration CommandParser::configuration() const {
  Configuration configuration{.file = config_path_, .flags = {}};
  for (const Setting& setting : settings_) {
    if (setting.is_given) configuration.flags.push_back({setting.name, setting.values});
  }
  return configuration;
}

void CommandParser::add_setting(Setting setting) { settings_.push_back(std::move(setting)); }

// Null where there is none: whichever of its long names it is.
CommandParser::Setting* CommandParser::find_setting(const std::string& long_name) {
  const CLI::Option* option = library_->app.get_option_no_throw("--" + long_name);
  if (option == nullptr) return nullptr;
  for (Setting& setting : settings_) {
    if (library_->app.get_option_no_throw("--" + setting.name) == option) return &setting;
  }
  return nullptr;
}

// "--name=false" undoes a switch that a file sets, "--name=true" is "--name".
std::vector<std::string> CommandParser::without_switched_off(const std::vector<std::string>& words) {
  std::vector<std::string> on;
  for (const std::string& word : words) {
    const size_t end = word.find('=');
    const std::string value = end == std::string::npos ? "" : word.substr(end + 1);
    const bool may_be = word.starts_with("--") && (value == "true" || value == "false");
    const Setting* setting = may_be ? find_setting(word.substr(2, end - 2)) : nullptr;
    if (setting == nullptr || !setting->is_switch) {
      on.push_back(word);
    } else if (value == "true") {
      on.push_back(word.substr(0, end));
    } else {
      switched_off_.insert(setting->name);
    }
  }
  return on;
}

void CommandParser::note_given() {
  for (Setting& setting : settings_) {
    const CLI::Option* option = library_->app.get_option("--" + setting.name);
    if (option->count() == 0) continue;
    if (switched_off_.contains(setting.name))
      throw Error(ErrorKind::usage, fmt::format("--{0} and --{0}=false contradict each other", setting.name));
    setting.is_given = true;
    if (setting.is_switch) continue;
    setting.values = setting.takes_several ? option->results() : std::vector{option->results().back()};
  }
}

void CommandParser::apply_config() {
  if (config_path_.empty()) {
    const CLI::Option* option = library_->app.get_option_no_throw("--config");
    if (option != nullptr && option->count() > 0) throw Error(ErrorKind::usage, "--config needs a value");
    return;
  }
  std::map<const Setting*, std::string> keys;  // by which the file has set a flag
  std::set<const Setting*> of_line;            // what the command line has set
  for (const Setting& setting : settings_) {
    if (setting.is_given || switched_off_.contains(setting.name)) of_line.insert(&setting);
  }
  for (const TomlEntry& entry : read_config(config_path_)) {
    const std::string place = fmt::format("{}:{}", config_path_, entry.line);
    const Setting* setting = find_setting(entry.key);
    if (setting == nullptr) throw Error(ErrorKind::usage, place + ": " + describe_unknown_key(entry.key));
    if (const auto [other, is_new] = keys.try_emplace(setting, entry.key); !is_new) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}: '{}' and '{}' are one flag", place, other->second, entry.key));
    }
    if (of_line.contains(setting)) {
      (void)values_of(entry, *setting, place);  // what is wrong is said all the same
      continue;
    }
    apply(entry, place);
  }
}

// As words of the command line; of a switch that is on none.
std::vector<std::string> CommandParser::values_of(const TomlEntry& entry, const Setting& setting,
                                                  const std::string& place) {
  using Kind = TomlValue::Kind;
  const auto refuse = [&](const std::string& expected) {
    throw Error(ErrorKind::usage, fmt::format("{}: {}: expected {}", place, entry.key, expected));
  };
  if (setting.is_switch) {
    if (entry.is_list || entry.values.front().kind != Kind::boolean) refuse("true or false");
    return {};
  }
  std::vector<std::string> words;
  for (const TomlValue& value : entry.values) {
    if (value.kind == Kind::boolean) refuse(fmt::format("a text or a number, found {}", value.text));
    if (value.text.empty()) refuse("a value, found an empty text");
    if (entry.is_list && !setting.takes_several && value.text.find(',') != std::string::npos)
      refuse("values without a comma in the list");
    words.push_back(value.text);
  }
  if (words.empty()) refuse("a value, found an empty list");
  if (setting.takes_several) return words;
  return {fmt::format("{}", fmt::join(words, ","))};
}

void CommandParser::apply(const TomlEntry& entry, const std::string& place) {
  Setting& setting = *find_setting(entry.key);
  setting.values = values_of(entry, setting, place);
  if (setting.is_switch && entry.values.front().text == "false") return;
  try {
    setting.set(setting.values);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    throw Error(ErrorKind::usage, fmt::format("{}: {}", place, error.what()));
  }
  setting.is_given = true;
}

std::string CommandParser::describe_unknown_key(const std::string& key) const {
  std::vector<std::string> names;
  for (const Setting& setting : settings_) names.push_back(setting.name);
  std::string text = fmt::format("unknown key '{}'; expected the long name of a flag", printable(key));
  const std::string nearest = nearest_name(key, names);
  if (!nearest.empty()) text += fmt::format(" (did you mean '{}'?)", nearest);
  return text;
}

// A switch with a value ("--json=x"), or the last word, a flag without one.
std::string CommandParser::describe_mismatch(const std::vector<std::string>& words) const {
  for (const std::string& word : words) {
    const size_t end = word.find('=');
    if (end == std::string::npos || !looks_like_flag(word)) continue;
    const std::string name = word.substr(0, end);
    const CLI::Option* option = library_->app.get_option_no_throw(name);
    if (option != nullptr && option->get_items_expected_max() == 0)
      return fmt::format("{} takes no value, found '{}'", name, word.substr(end + 1));
  }
  return words.back().substr(0, words.back().find('=')) + " needs a value";
}

std::string CommandParser::describe_unexpected(const std::string& word) const {
  if (!looks_like_flag(word)) return fmt::format("unexpected argument '{}'", word);
  std::vector<std::string> known;
  for (const CLI::Option* option : library_->app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    for (const std::string& name : option->get_snames()) known.push_back("-" + name);
  }
  const std::string name = word.substr(0, word.find('='));
  std::string text = fmt::format("unknown flag '{}'", name);
  // "-n" may be meant for "--n"; other letters are near to nothing.
  const bool has_long = name.size() == 2 && std::find(known.begin(), known.end(), "-" + name) != known.end();
  const std::string nearest = has_long ? "-" + name : name.size() > 2 ? nearest_name(name, known) : "";
  if (!nearest.empty()) text += fmt::format("; did you mean '{}'?", nearest);
  return text;
}

}  // namespace tf_injector::detail::cli
