// --json FILE: a result for programs beside, or instead of, what people read.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/command_parser.hpp"

namespace tf_injector::detail::cli {

// Adds the flag; `path` must outlive the parser.
void add_json_flag(CommandParser& parser, std::string& path);

// Before anything is evaluated: throws Error(usage) where the JSON would be written over one of the inputs
// ("": none), or into a standard stream, OutputError where it cannot be written.
void check_json_path(const std::string& path, const std::vector<std::string>& inputs);

// Prints the text and writes the JSON to `path`; "": the text only, "-": the JSON is printed, and not the
// text. A file is written as by write_file. Throws OutputError.
void print_result(std::ostream& out, const std::string& path, const std::string& text,
                  const std::string& json);

}  // namespace tf_injector::detail::cli
