#include "fault/fault_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "core/bits.hpp"
#include "core/printable.hpp"
#include "core/stop.hpp"
#include "fault/index_syntax.hpp"
#include "fault/layer_names.hpp"
#include "fault/line_places.hpp"
#include "fault/list_form.hpp"
#include "fault/problem_list.hpp"
#include "io/csv.hpp"
#include "io/input_file.hpp"
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

  // `size`: of the whole text in bytes, if it is known.
  void read(CsvReader& reader, std::optional<uint64_t> size) {
    const auto first_line = reader.peek();
    form_ = find_list_form(first_line ? first_line->text : "");
    reader.set_form({.separator = form_.separator, .spaces = CsvSpaces::free});
    if (form_.has_separator_line && !skip_separator_line(reader)) return;
    if (!read_header(reader)) return;
    for (auto what = reader.next(); what != CsvReader::Next::end; what = reader.next()) {
      if (what == CsvReader::Next::row && !is_blank(reader.row())) {
        read_row(reader.row());
      } else if (what == CsvReader::Next::problem) {
        add_damaged(reader.problem());
      }
      if (size && list_.faults.size() == kSampleRows) reserve(reader.bytes(), *size);
    }
    check_ids();
    if (list_.faults.empty() && damaged_.empty() && problems_.empty()) {
      problems_.add(header_line_ + 1, 1, [] {
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
  static constexpr size_t kSampleRows = 65536;  // whose length says how many rows a file has
  static constexpr uint64_t kDense = 64;        // ids per row up to which a bit for each is less than sorting

  void reserve(uint64_t sample_bytes, uint64_t size) {
    constexpr double kMore = 1.02, kMostRows = 16e6;
    const double rows = kMore * kSampleRows * static_cast<double>(size) / static_cast<double>(sample_bytes);
    const auto count = static_cast<size_t>(std::min(rows, kMostRows));
    list_.faults.reserve(count);
    if (graph_ != nullptr) list_.patches.reserve(count);
  }

  void add_damaged(const CsvProblem& problem) {
    damaged_.add(problem.line, problem.column, [&] { return ProblemText{.what = problem.text}; });
  }

  // False if the line names an unusable separator.
  bool skip_separator_line(CsvReader& reader) {
    const int line = reader.peek()->number;
    static_cast<void>(reader.next());
    if (form_.problem.empty()) return true;
    problems_.add(line, 1, [&] { return ProblemText{form_.problem}; });
    return false;
  }

  // False if there is none, or if the file is something else than a list. A header that is no CSV is one
  // problem; the rows are read.
  bool read_header(CsvReader& reader) {
    for (auto what = reader.next(); what != CsvReader::Next::end; what = reader.next()) {
      if (what == CsvReader::Next::problem) {
        add_damaged(reader.problem());
        return true;
      }
      if (!is_blank(reader.row())) return check_header(owned(reader.row()));
    }
    problems_.add(1, 1, [] {
      return ProblemText{"empty file", fmt::format("the header {} and a row per fault", kListHeader),
                         "nothing"};
    });
    return false;
  }

  // True if the rows can be read. A header of another width or order means that the file is something else.
  bool check_header(const CsvRow& row) {
    header_width_ = row.fields.size();
    header_line_ = row.line;
    if (is_list_header(row)) return true;
    problems_.add(row.line, row.fields.front().column, [&] {
      return ProblemText{header_problem(row), kListHeader, double_quoted(joined(row, form_.separator))};
    });
    return row.fields.size() == kListColumns && !is_reordered_header(row);
  }

  void read_row(CsvRowView& row) {
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
    const std::optional<int64_t> id = read_id(row.fields[0]);
    CsvFieldView& name = row.fields[1];
    name.text = trimmed(name.text);
    const Layer* layer = find_layer(name);
    read_index(row.fields[2], layer, patch);
    const int bit = read_bit(row.fields[3]);
    if (!id) return;
    places_.add(list_.faults.size(), row.fields[0].line, row.fields[0].column);
    is_ascending_ = is_ascending_ && (list_.faults.empty() || *id > list_.faults.id(list_.faults.size() - 1));
    if (problem_count_ != before) {
      list_.faults.add(*id, "", {}, 0);  // for its id: the list is refused
      return;
    }
    list_.faults.add(*id, graph_ == nullptr ? list_.faults.layer_number(name.text) : layer_number_,
                     index_.values, bit);
    if (graph_ == nullptr) return;
    const Weight& kernel = graph_->weights[static_cast<size_t>(patch.weight)];
    patch.old_bits = float_bits(kernel.values[static_cast<size_t>(patch.element)]);
    patch.new_bits = patch.old_bits ^ (uint32_t{1} << bit);
    list_.patches.push_back(patch);
  }

  template <typename Make>
  void report(const CsvFieldView& field, const Make& make) {
    ++problem_count_;
    problems_.add(field.line, field.column, make);
  }

  void report_width(const CsvRowView& row) {
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

  std::optional<int64_t> read_id(const CsvFieldView& field) {
    const auto number = parse_listed_number(field.text);
    if (!number || number->saturated || number->value < 0) {
      report(field, [&] {
        return ProblemText{"Injection is no number that can be used",
                           "a whole number from 0 to 9223372036854775807", double_quoted(field.text)};
      });
      return std::nullopt;
    }
    return number->value;
  }

  int read_bit(const CsvFieldView& field) {
    const auto number = parse_listed_number(field.text);
    if (number && number->value >= 0 && number->value <= 31) return static_cast<int>(number->value);
    report(field, [&] {
      return ProblemText{number ? "Bit out of range" : "Bit is no whole number",
                         "0 (lowest mantissa bit) to 31 (sign)", double_quoted(field.text)};
    });
    return 0;
  }

  // Null, and a problem, if the field names no layer that faults can hit; null without a graph.
  const Layer* find_layer(const CsvFieldView& field) {
    if (graph_ == nullptr) {
      if (field.text.empty()) report(field, [] { return ProblemText{"no layer", "its name", "nothing"}; });
      return nullptr;
    }
    if (const auto known = list_.faults.known_layer(field.text); known && layers_.size() > *known) {
      layer_number_ = *known;
      if (layers_[*known] != nullptr) return layers_[*known];
    }
    const auto [match, index] = names_->find(field.text);
    const Layer* layer =
        match == LayerNames::Match::one ? &graph_->layers[static_cast<size_t>(index)] : nullptr;
    if (layer && layer->injectable) {
      layer_number_ = list_.faults.layer_number(field.text);
      layers_.resize(std::max<size_t>(layers_.size(), layer_number_ + 1));
      layers_[layer_number_] = layer;
      return layer;
    }
    report(field, [&] { return layer_problem(field.text, match, layer); });
    return nullptr;
  }

  ProblemText layer_problem(std::string_view name, LayerNames::Match match, const Layer* layer) const {
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
  void read_index(const CsvFieldView& field, const Layer* layer, Patch& patch) {
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

  void check_not_negative(const CsvFieldView& field) {
    for (size_t axis = 0; axis < index_.values.size(); ++axis) {
      if (index_.values[axis] >= 0) continue;
      report(field, [&] {
        return ProblemText{fmt::format("TensorIndex out of range on axis {}", axis), "a number from 0",
                           fmt::format("{} in {}", index_.written[axis], double_quoted(field.text))};
      });
    }
  }

  void report_range(const CsvFieldView& field, const Shape& kernel, int axis) {
    report(field, [&] {
      return ProblemText{
          fmt::format("TensorIndex out of range on axis {}", axis),
          fmt::format("0 to {} for the kernel {}", kernel[axis] - 1, kernel.to_string()),
          fmt::format("{} in {}", index_.written[static_cast<size_t>(axis)], double_quoted(field.text))};
    });
  }

  // Reports ids that occur again, with the line of their first occurrence.
  void check_ids() {
    if (is_ascending_ || !has_repeated_ids()) return;
    std::vector<uint32_t> rows(list_.faults.size());
    std::iota(rows.begin(), rows.end(), uint32_t{0});
    const auto id_of = [&](uint32_t row) { return list_.faults.id(row); };
    std::stable_sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) { return id_of(a) < id_of(b); });
    std::vector<std::pair<uint32_t, uint32_t>> repeated;  // rows, and the row of the first occurrence
    for (size_t i = 1, first = 0; i < rows.size(); ++i) {
      if (id_of(rows[i]) != id_of(rows[first])) {
        first = i;
      } else {
        repeated.emplace_back(rows[i], rows[first]);
      }
    }
    std::sort(repeated.begin(), repeated.end());
    for (const auto& [row, first] : repeated) {
      const auto [line, column] = places_.of(row);
      repeated_.add(line, column, [&, id = id_of(row), before = places_.of(first).line] {
        return ProblemText{"Injection stands twice", "each number once",
                           fmt::format("{}, which stands in line {} already", id, before)};
      });
    }
  }

  [[nodiscard]] bool has_repeated_ids() const {
    std::vector<int64_t> ids(list_.faults.size());
    for (size_t row = 0; row < ids.size(); ++row) ids[row] = list_.faults.id(row);
    const int64_t most = *std::max_element(ids.begin(), ids.end());
    if (static_cast<uint64_t>(most) < kDense * ids.size()) {
      std::vector<bool> is_there(static_cast<size_t>(most) + 1);
      return std::any_of(ids.begin(), ids.end(), [&](int64_t id) {
        const bool before = is_there[static_cast<size_t>(id)];
        is_there[static_cast<size_t>(id)] = true;
        return before;
      });
    }
    std::sort(ids.begin(), ids.end());
    return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
  }

  const Graph* graph_;
  std::optional<LayerNames> names_;  // of the graph
  ListForm form_;
  size_t header_width_ = 0;
  int header_line_ = 0;
  ParsedIndex index_;                 // of the row being read
  std::vector<const Layer*> layers_;  // by their numbers in the list; null: a name that is no layer
  uint32_t layer_number_ = 0;         // of the row being read
  ResolvedFaultList list_;            // with a row for every usable id, whatever else its line holds
  LinePlaces places_;                 // of their ids
  bool is_ascending_ = true;          // the ids are, as they mostly are
  ProblemList damaged_;               // lines that are not CSV
  ProblemList problems_;              // of the contents of rows
  ProblemList repeated_;              // ids that occur again
  int64_t problem_count_ = 0;
};

ResolvedFaultList read_list(CsvReader& csv, std::optional<uint64_t> size, const std::string& label,
                            const Graph* graph) {
  ListReader reader(graph);
  reader.read(csv, size);
  const ProblemList problems = reader.take_problems();
  if (!problems.empty()) throw FaultListError(problems.text(label));
  ResolvedFaultList list = reader.take_list();
  list.path = label;
  return list;
}

}  // namespace

void ResolvedFaultList::add(const Fault& fault, Patch patch) {
  faults.add(fault);
  patches.push_back(patch);
}

ResolvedFaultList parse_fault_list(std::string_view text, const std::string& label, const Graph* graph) {
  CsvReader text_reader(text);
  ResolvedFaultList list = read_list(text_reader, text.size(), label, graph);
  list.sha256 = sha256_of(text.data(), text.size());
  return list;
}

ResolvedFaultList read_fault_list(const std::string& path, const Graph* graph,
                                  const std::atomic<bool>* stop) {
  InputFile file(path);
  Sha256 hash;
  CsvReader file_reader([&](char* into, size_t most) {
    check_stop(stop);
    const size_t bytes = file.read(into, most);
    hash.update(into, bytes);
    return bytes;
  });
  ResolvedFaultList list = read_list(file_reader, file.size(), path, graph);
  list.sha256 = hash.hex();
  return list;
}

}  // namespace tf_injector::detail
