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

#include "cli/flag_values.hpp"
#include "core/nearest_name.hpp"
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
                          std::function<void(const std::string&, const std::string&)> take) {
  const std::string shown = shown_name(names);
  CLI::Option* option = library_->app.add_option(
      names,
      [shown, take = std::move(take)](const CLI::results_t& results) {
        take(shown, checked_value(shown, results.back()));
        return true;
      },
      description);
  option->type_name(placeholder)->group(group_)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
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
  try {
    // CLI11 takes them from the back.
    library_->app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return library_->app.help();
  } catch (const CLI::CallForVersion& version) {
    return std::string(version.what()) + "\n";
  } catch (const CLI::ExtrasError&) {
    throw Error(ErrorKind::usage, describe_unexpected(library_->app.remaining().front()));
  } catch (const CLI::ArgumentMismatch&) {
    throw Error(ErrorKind::usage, describe_mismatch(words));
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    std::replace(text.begin(), text.end(), '\n', ' ');
    throw Error(ErrorKind::usage, text);
  }
  return std::nullopt;
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
