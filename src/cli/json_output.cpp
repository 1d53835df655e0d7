#include "cli/json_output.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string_view>

#include "cli/console/standard_streams.hpp"
#include "core/same_file.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/write_file.hpp"

namespace tf_injector::detail::cli {

namespace {

// A file that is there may be an earlier result, and nothing else.
void require_result(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored) || std::filesystem::file_size(path, ignored) == 0)
    return;
  std::array<char, 64> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  const std::string_view text(start.data(), start.size());
  const bool is_own = path.ends_with(".run.json") || path.ends_with(".plan.json") ||
                      text.find("\"estimate state\"") != std::string_view::npos;
  if (text.starts_with("{") && !is_own) return;
  throw Error(ErrorKind::usage, "--json " + path +
                                    ": the file is there and holds something else than a result; "
                                    "choose another name, or remove it");
}

}  // namespace

void add_json_flag(CommandParser& parser, std::string& path) {
  parser.text("--json", "FILE", "Write the result as JSON too; -: print it instead of the text", path);
}

void check_json_path(const std::string& path, const std::vector<std::string>& inputs) {
  if (path.empty() || path == "-") return;
  for (const std::string& input : inputs) {
    if (!input.empty() && is_same_file(path, input))
      throw Error(ErrorKind::usage, "--json " + path + " would be written over '" + input + "'");
  }
  if (const std::string stream = standard_stream_into(path); !stream.empty())
    throw Error(ErrorKind::usage, path + ": " + stream + " is redirected into this file");
  require_result(path);
  check_writable(path);
}

void print_result(std::ostream& out, const std::string& path, const std::string& text,
                  const std::string& json) {
  if (path == "-") {
    out << json;
    return;
  }
  out << text << std::flush;
  if (!path.empty()) write_file(path, json);
}

}  // namespace tf_injector::detail::cli
