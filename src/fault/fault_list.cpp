#include "fault/fault_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/bits.hpp"
#include "core/printable.hpp"
#include "fault/index_syntax.hpp"
#include "fault/layer_names.hpp"
#include "fault/list_form.hpp"
#include "fault/problem_list.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

std::string joined(const CsvRow& row, char separator) {
  std::string text;
  for (size_t i = 0; i < row.fields.size(); ++i)
    text += (i > 0 ? std::string(1, separator) : "") + row.fields[i].text;
  return text;
}

// The names of a kernel's axes, for messages.
const char* axes_of(const Shape& kernel) {
  return kernel.rank() == 4 ? "(kh, kw, cin, cout)" : kernel.rank() == 2 ? "(in, out)" : "the kernel's axes";
}

// Converts rows to faults and collects their problems. A row with problems, of which it may have several,
// yields no fault.
class ListReader {
 public:
  // Without a graph rows are read as they stand: any layer, any element.
  explicit ListReader(const Graph* graph) : graph_(graph) {
    if (graph != nullptr) names_.emplace(*graph);
  }

  void read(std::string_view text) {
    form_ = find_list_form(text);
    CsvDocument document = parse_csv(text, form_.separator, CsvSpaces::free);
    if (form_.has_separator_line && !skip_separator_line(document)) return;
    std::erase_if(document.rows, is_blank);
    read(document);
  }

  void read(CsvDocument& document) {
    size_t first_fault = 0;
    if (has_header(document)) {
      if (!check_header(document.rows.front())) return;
      first_fault = 1;
    }
    for (const CsvProblem& problem : document.problems) {
      damaged_.add(problem.line, problem.column, [&] { return ProblemText{.what = problem.text}; });
    }
    list_.faults.reserve(document.rows.size());
    list_.patches.reserve(document.rows.size());
    list_.lines.reserve(document.rows.size());
    for (size_t i = first_fault; i < document.rows.size(); ++i) read_row(document.rows[i]);
    check_ids();
    if (list_.faults.empty() && damaged_.empty() && problems_.empty()) {
      problems_.add(document.rows.front().line + 1, 1, [] {
        return ProblemText{"no faults", "at least one row after the header", "the end of the file"};
      });
    }
  }

  [[nodiscard]] ResolvedFaultList take_list() { return std::move(list_); }
  [[nodiscard]] ProblemList take_problems() {
    problems_.merge(std::move(damaged_));
    problems_.merge(std::move(repeated_));
    return std::move(problems_);
  }

 private:
  struct Id {
    int64_t value;
    int line, column;
  };

  // False if the line names an unusable separator.
  bool skip_separator_line(CsvDocument& document) {
    if (document.rows.empty()) return true;
    if (form_.problem.empty()) {
      document.rows.erase(document.rows.begin());
      return true;
    }
    problems_.add(document.rows.front().line, 1, [&] { return ProblemText{form_.problem}; });
    return false;
  }

  // False if the header itself could not be read, or if there is no line.
  bool has_header(const CsvDocument& document) {
    if (document.rows.empty()) {
      if (!document.problems.empty()) return false;
      problems_.add(1, 1, [] {
        return ProblemText{"empty file", fmt::format("the header {} and a row per fault", kListHeader),
                           "nothing"};
      });
      return false;
    }
    return document.problems.empty() || document.problems.front().line > document.rows.front().line;
  }

  // True if the rows can be read. A header of another width or order means that the file is something else.
  bool check_header(const CsvRow& row) {
    header_width_ = row.fields.size();
    if (is_list_header(row)) return true;
    problems_.add(row.line, row.fields.front().column, [&] {
      return ProblemText{header_problem(row), kListHeader, double_quoted(joined(row, form_.separator))};
    });
    return row.fields.size() == kListColumns && !is_reordered_header(row);
  }

  void read_row(CsvRow& row) {
    // Drop empty columns at the end if the header has them, too.
    while (row.fields.size() > kListColumns && row.fields.size() <= header_width_ &&
           trimmed(row.fields.back().text).empty())
      row.fields.pop_back();
    if (row.fields.size() != kListColumns) {
      report_width(row);
      return;
    }
    const int64_t before = problem_count_;
    Patch patch;
    const int64_t id = read_id(row.fields[0]);
    row.fields[1].text = trimmed(row.fields[1].text);
    const Layer* layer = find_layer(row.fields[1]);
    read_index(row.fields[2], layer, patch);
    const int bit = read_bit(row.fields[3]);
    if (problem_count_ != before) return;
    if (graph_ != nullptr) {
      const Weight& kernel = graph_->weights[static_cast<size_t>(patch.weight)];
      patch.old_bits = float_bits(kernel.values[static_cast<size_t>(patch.element)]);
      patch.new_bits = patch.old_bits ^ (uint32_t{1} << bit);
    }
    list_.add(bit_flip(id, std::move(row.fields[1].text), index_.values, bit), patch, row.line);
  }

  template <typename Make>
  void report(const CsvField& field, const Make& make) {
    ++problem_count_;
    problems_.add(field.line, field.column, make);
  }

  void report_width(const CsvRow& row) {
    report(row.fields.front(), [&] {
      const std::string_view index = row.fields.size() > kListColumns ? trimmed(row.fields[2].text) : "";
      const bool bare_tuple = form_.separator == ',' && ((index.starts_with('(') && !index.ends_with(')')) ||
                                                         (index.starts_with('[') && !index.ends_with(']')));
      return ProblemText{
          "wrong number of columns",
          bare_tuple ? "4, with the index in double quotes: 0,conv2d,\"(2, 1, 0, 7)\",15" : "4",
          std::to_string(row.fields.size())};
    });
  }

  int64_t read_id(const CsvField& field) {
    const auto number = parse_listed_number(field.text);
    if (!number || number->saturated || number->value < 0) {
      report(field, [&] {
        return ProblemText{"Injection is no number that can be used",
                           "a whole number from 0 to 9223372036854775807", double_quoted(field.text)};
      });
      return 0;
    }
    ids_.push_back({number->value, field.line, field.column});
    return number->value;
  }

  int read_bit(const CsvField& field) {
    const auto number = parse_listed_number(field.text);
    if (number && number->value >= 0 && number->value <= 31) return static_cast<int>(number->value);
    report(field, [&] {
      return ProblemText{number ? "Bit out of range" : "Bit is no whole number",
                         "0 (lowest mantissa bit) to 31 (sign)", double_quoted(field.text)};
    });
    return 0;
  }

  // Null, and a problem, if the field names no layer that faults can hit; null without a graph.
  const Layer* find_layer(const CsvField& field) {
    if (graph_ == nullptr) {
      if (field.text.empty()) report(field, [] { return ProblemText{"no layer", "its name", "nothing"}; });
      return nullptr;
    }
    const auto [match, index] = names_->find(field.text);
    const Layer* layer =
        match == LayerNames::Match::one ? &graph_->layers[static_cast<size_t>(index)] : nullptr;
    if (layer && layer->injectable) return layer;
    report(field, [&] { return layer_problem(field.text, match, layer); });
    return nullptr;
  }

  ProblemText layer_problem(const std::string& name, LayerNames::Match match, const Layer* layer) const {
    if (match == LayerNames::Match::several) {
      return {"layer name is not unique", "one of the full paths " + names_->choices(name),
              double_quoted(name)};
    }
    if (layer) {
      return {"layer has no kernel that faults can hit", "a Conv2D or Dense layer",
              fmt::format("{}, which is a {}", double_quoted(name), layer->class_name)};
    }
    const std::string nearest = names_->nearest_injectable(name);
    return {"unknown layer",
            "a Conv2D or Dense layer of the model" + (nearest.empty() ? "" : " (nearest: '" + nearest + "')"),
            double_quoted(name)};
  }

  // Reads the index and, if the layer is known, resolves it to the element of the kernel.
  void read_index(const CsvField& field, const Layer* layer, Patch& patch) {
    parse_index(field.text, index_);
    const Shape* kernel =
        layer ? &graph_->weights[static_cast<size_t>(layer->weights.front())].shape : nullptr;
    if (!index_.problem.empty()) {
      report(field, [&] {
        return ProblemText{"TensorIndex is no tuple of whole numbers (" + index_.problem + ")",
                           kernel ? example_of(*kernel) : "a tuple like (2, 1, 0, 7)",
                           double_quoted(field.text)};
      });
      return;
    }
    if (!kernel) {
      if (graph_ == nullptr) check_not_negative(field);
      return;
    }
    if (static_cast<int>(index_.values.size()) != kernel->rank()) {
      report(field, [&] {
        return ProblemText{"TensorIndex of wrong length", example_of(*kernel),
                           fmt::format("{} numbers: {}", index_.values.size(), double_quoted(field.text))};
      });
      return;
    }
    patch.weight = layer->weights.front();
    for (int axis = 0; axis < kernel->rank(); ++axis) {
      const int64_t value = index_.values[static_cast<size_t>(axis)];
      if (value < 0 || value >= (*kernel)[axis]) report_range(field, *kernel, axis);
      patch.element = patch.element * (*kernel)[axis] + (value < 0 || value >= (*kernel)[axis] ? 0 : value);
    }
  }

  static std::string example_of(const Shape& kernel) {
    return fmt::format("{} numbers, {} of the kernel {}", kernel.rank(), axes_of(kernel), kernel.to_string());
  }

  void check_not_negative(const CsvField& field) {
    for (size_t axis = 0; axis < index_.values.size(); ++axis) {
      if (index_.values[axis] >= 0) continue;
      report(field, [&] {
        return ProblemText{fmt::format("TensorIndex out of range on axis {}", axis), "a number from 0",
                           fmt::format("{} in {}", index_.written[axis], double_quoted(field.text))};
      });
    }
  }

  void report_range(const CsvField& field, const Shape& kernel, int axis) {
    report(field, [&] {
      return ProblemText{
          fmt::format("TensorIndex out of range on axis {}", axis),
          fmt::format("0 to {} for the kernel {}", kernel[axis] - 1, kernel.to_string()),
          fmt::format("{} in {}", index_.written[static_cast<size_t>(axis)], double_quoted(field.text))};
    });
  }

  // Reports ids that occur again, with the line of their first occurrence.
  void check_ids() {
    const auto less = [](const Id& a, const Id& b) { return a.value < b.value; };
    const auto not_less = [](const Id& a, const Id& b) { return a.value >= b.value; };
    if (std::adjacent_find(ids_.begin(), ids_.end(), not_less) == ids_.end())
      return;  // ascending, the usual case
    std::stable_sort(ids_.begin(), ids_.end(), less);
    std::vector<std::pair<Id, int>> repeated;  // and the line of the first occurrence
    for (size_t i = 1, first = 0; i < ids_.size(); ++i) {
      if (ids_[i].value != ids_[first].value) {
        first = i;
      } else {
        repeated.emplace_back(ids_[i], ids_[first].line);
      }
    }
    std::sort(repeated.begin(), repeated.end(),
              [](const auto& a, const auto& b) { return a.first.line < b.first.line; });
    for (const auto& [id, first_line] : repeated) {
      repeated_.add(id.line, id.column, [&, value = id.value, line = first_line] {
        return ProblemText{"Injection stands twice", "each number once",
                           fmt::format("{}, which stands in line {} already", value, line)};
      });
    }
  }

  const Graph* graph_;
  std::optional<LayerNames> names_;  // of the graph
  ListForm form_;
  size_t header_width_ = 0;
  ParsedIndex index_;  // of the row being read
  std::vector<Id> ids_;
  ResolvedFaultList list_;
  ProblemList damaged_;   // lines that are not CSV
  ProblemList problems_;  // of the contents of rows
  ProblemList repeated_;  // ids that occur again
  int64_t problem_count_ = 0;
};

}  // namespace

void ResolvedFaultList::add(Fault fault, Patch patch, int32_t line) {
  faults.push_back(std::move(fault));
  patches.push_back(patch);
  lines.push_back(line);
}

ResolvedFaultList parse_fault_list(std::string_view text, const std::string& label, const Graph* graph) {
  ListReader reader(graph);
  reader.read(text);
  const ProblemList problems = reader.take_problems();
  if (!problems.empty()) throw FaultListError(problems.text(label));
  ResolvedFaultList list = reader.take_list();
  list.path = label;
  list.sha256 = sha256_of(text.data(), text.size());
  return list;
}

ResolvedFaultList read_fault_list(const std::string& path, const Graph& graph) {
  return parse_fault_list(read_text(path), path, &graph);
}

}  // namespace tf_injector::detail
