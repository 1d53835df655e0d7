#include "cli/json_output.hpp"

#include <ostream>

#include "cli/console/standard_streams.hpp"
#include "core/same_file.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/write_file.hpp"

namespace tf_injector::detail::cli {

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
