// What the JSON files of answers have in common.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/json.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

[[nodiscard]] Json share_json(const Share& share);
[[nodiscard]] Json text_or_null(const std::string& text);
[[nodiscard]] Json tally_json(const Tally& tally, bool is_golden);
// A fault and its counts.
[[nodiscard]] Json row_json(const ReportRow& row);
[[nodiscard]] Json design_json(const SamplingDesign& design);

// One member a line, and of arrays one item: readable, and small differences stay small.
class JsonLines {
 public:
  void add(const std::string& key, const Json& value) {
    text_ += fmt::format("{}  {}: {}", text_.empty() ? "{\n" : ",\n", Json(key).dump(), value.dump());
  }
  void add_items(const std::string& key, const std::vector<Json>& items) {
    text_ += fmt::format("{}  {}: [", text_.empty() ? "{\n" : ",\n", Json(key).dump());
    for (size_t i = 0; i < items.size(); ++i) text_ += (i == 0 ? "\n    " : ",\n    ") + items[i].dump();
    text_ += items.empty() ? "]" : "\n  ]";
  }
  [[nodiscard]] std::string text() const { return text_ + "\n}\n"; }

 private:
  std::string text_;
};

template <typename T, typename Function>
std::vector<Json> items_of(const std::vector<T>& values, const Function& json_of) {
  std::vector<Json> items;
  for (const T& value : values) items.push_back(json_of(value));
  return items;
}

}  // namespace tf_injector::detail
