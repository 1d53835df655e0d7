// The file of -c: keys and values of TOML.
#include "core/toml.hpp"
#include "core/utf8.hpp"
#include "fuzz_target.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<TomlEntry> entries;
  try {
    entries = parse_toml(fuzz::as_text(data, size));
  } catch (const TomlError& error) {
    fuzz::check_message(error.what());
    return 0;
  }
  for (const TomlEntry& entry : entries) {
    fuzz::require(is_utf8(entry.key), "a key is no UTF-8");
    fuzz::require(entry.line > 0, "a line without a number");
    for (const TomlValue& value : entry.values) {
      fuzz::require(is_utf8(value.text), "a value is no UTF-8");
      const auto again = parse_toml("k = " + toml_value(value.text));
      fuzz::require(again.size() == 1 && again[0].values.at(0).text == value.text,
                    "a value that was written is read as another");
    }
  }
  return 0;
}
