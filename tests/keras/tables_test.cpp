// docs/layers.md and the tables in the code name the same layers, functions and ops.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "io/file.hpp"
#include "keras/layer_table.hpp"
#include "keras/op_table.hpp"

namespace tf_injector::detail::keras {
namespace {

// Names in backquotes in the first column of the tables below a heading.
std::set<std::string> documented(const std::string& heading) {
  std::istringstream text(read_text(std::string(TFI_TEST_DIR) + "/../docs/layers.md"));
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (!inside || !line.starts_with("| `")) continue;
    std::istringstream cell(line.substr(1, line.find('|', 1) - 1));
    std::string between, name;
    while (std::getline(cell, between, '`') && std::getline(cell, name, '`')) names.insert(name);
  }
  return names;
}

template <typename Table>
std::set<std::string> names_of(const Table& table) {
  std::set<std::string> names;
  for (const auto& row : table) {
    if constexpr (requires { row.class_name; }) {
      names.insert(row.class_name);
    } else {
      names.insert(row.name);
    }
  }
  return names;
}

TEST(Documentation, ListsTheLayers) {
  std::set<std::string> layers = names_of(layer_types());
  for (const char* container : {"Functional", "InputLayer", "Sequential"}) layers.insert(container);
  EXPECT_EQ(documented("Layers"), layers);
}

TEST(Documentation, ListsTheTensorFlowFunctions) {
  EXPECT_EQ(documented("TensorFlow functions (Keras 2)"), names_of(tf_ops()));
}

TEST(Documentation, ListsTheOpsOfKeras3) { EXPECT_EQ(documented("Ops (Keras 3)"), names_of(keras3_ops())); }

TEST(Tables, AreSortedAndWithoutDoubles) {
  const auto sorted = [](const auto& table, auto name) {
    for (size_t i = 1; i < table.size(); ++i) {
      EXPECT_LT(std::string_view(name(table[i - 1])), std::string_view(name(table[i])));
    }
  };
  sorted(layer_types(), [](const LayerType& row) { return row.class_name; });
  sorted(tf_ops(), [](const OpType& row) { return row.name; });
  sorted(keras3_ops(), [](const OpType& row) { return row.name; });
}

}  // namespace
}  // namespace tf_injector::detail::keras
