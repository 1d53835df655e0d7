#include "fault/fault_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/printable.hpp"
#include "core/stop.hpp"
#include "fault/index_syntax.hpp"
#include "fault/layer_names.hpp"
#include "fault/line_places.hpp"
#include "fault/list_form.hpp"
#include "fault/problem_list.hpp"
#include "fault/stored_change.hpp"
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
    if (graph == nullptr) return;
    names_.emplace(*graph);
    storage_ = graph->storage;
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
        if (is_extended_)
          read_part(reader.row());
        else
          read_row(reader.row());
      } else if (what == CsvReader::Next::problem) {
        add_damaged(reader.problem());
      }
      if (size && list_.faults.size() == kSampleRows) reserve(reader.bytes(), *size);
    }
    finish_fault();
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
  static constexpr const char* kBitOutside = "Bit out of range";
  static constexpr uint64_t kDense = 64;  // ids per row up to which a bit for each is less than sorting

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
    if (is_list_header(row)) {
      more_ = more_columns(row);
      const size_t last = *std::max_element(more_.begin(), more_.end());
      is_extended_ = last > 0;
      columns_ = std::max(kListColumns, last + 1);
      return true;
    }
    problems_.add(row.line, row.fields.front().column, [&] {
      return ProblemText{header_problem(row), kListHeader, double_quoted(joined(row, form_.separator))};
    });
    return row.fields.size() == kListColumns && !is_reordered_header(row);
  }

  // False, and a problem, if there are others.
  bool has_all_columns(CsvRowView& row) {
    // Drop empty columns at the end if the header has them, too.
    while (row.fields.size() > columns_ && row.fields.size() <= header_width_ &&
           trimmed(row.fields.back().text).empty())
      row.fields.pop_back();
    if (row.fields.size() != columns_) report_width(row);
    return row.fields.size() == columns_;
  }

  void read_row(CsvRowView& row) {
    if (!has_all_columns(row)) return;
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
    flip(bit, kernel, patch);
    list_.patches.push_back(patch);
  }

  // --- extended lists: a row is a part of a fault ---

  [[nodiscard]] const CsvFieldView* more(const CsvRowView& row, ListColumn column) const {
    const size_t at = more_.at(static_cast<size_t>(column));
    if (at == 0 || trimmed(row.fields[at].text).empty()) return nullptr;
    return &row.fields[at];
  }

  void read_part(CsvRowView& row) {
    if (!has_all_columns(row)) return;
    const int64_t before = problem_count_;
    const std::optional<int64_t> id = read_id(row.fields[0]);
    const CsvFieldView* part = more(row, ListColumn::part);
    const int64_t number = part == nullptr ? 0 : read_part_number(*part);
    if (id && number == 0) begin_fault(*id, row.fields[0]);
    if (id && number > 0) {
      const bool follows = has_fault_ && fault_.id == *id;
      if (!follows || number != parts_) {
        report(*part, [&] {
          return ProblemText{"Part out of order",
                             follows ? fmt::format("{}, the next of fault {}", parts_, *id)
                                     : fmt::format("0, the first of fault {}", *id),
                             double_quoted(part->text)};
        });
      }
      if (follows) ++parts_;
    }
    read_image(more(row, ListColumn::image), number);
    FaultPart& read = part_;
    read.index.clear();
    CsvFieldView& name = row.fields[1];
    name.text = trimmed(name.text);
    const CsvFieldView* tensor_field = more(row, ListColumn::tensor);
    const std::optional<Tensor> tensor = read_tensor(tensor_field);
    read.call = read_call(more(row, ListColumn::call), tensor);
    Patch patch;
    const Weight* weight = nullptr;
    outputs_.clear();
    if (tensor == Tensor::output) {
      find_outputs(name, *tensor_field, more(row, ListColumn::call), read.call);
      read_index_of_outputs(row.fields[2]);
    } else if (tensor) {
      weight = find_tensor(name, tensor_field, *tensor, patch);
      read_index_of(row.fields[2], weight == nullptr ? nullptr : &weight->shape,
                    tensor == Tensor::kernel ? "kernel" : "tensor", patch);
    }
    read.change = read_change(row, weight);
    if (problem_count_ != before || !has_fault_) {
      is_damaged_ = true;
      return;
    }
    read.layer.assign(name.text);
    read.tensor = *tensor;
    read.index = index_.values;
    if (!are_new_elements(read, patch.weight)) {
      is_damaged_ = true;
      report(row.fields[2], [&] {
        return ProblemText{"two parts of a fault change the same element", "each element once",
                           fmt::format("{} in fault {}", double_quoted(row.fields[2].text), fault_.id)};
      });
      return;
    }
    if (weight != nullptr) {
      if (auto* set = std::get_if<SetValue>(&read.change); set != nullptr && is_narrow(*weight))
        *set = stored_value(*set, *weight, static_cast<size_t>(patch.element));
      apply(read.change, *weight, patch);
      patches_.push_back(patch);
    }
    fault_.parts.push_back(read);
    if (graph_ != nullptr && weight == nullptr) add_output_patches(read.change);
  }

  // Notes the elements that the part changes. False: another part changes one of them.
  bool are_new_elements(const FaultPart& part, WeightId weight) {
    if (graph_ == nullptr) {
      const std::string of_call = part.call ? "/" + std::to_string(*part.call) : "";
      return elements_.emplace(part.layer + of_call, part.tensor, part.index).second;
    }
    const auto is_new = [&](WeightId id) {
      return elements_.emplace(std::to_string(id), part.tensor, part.index).second;
    };
    if (part.tensor != Tensor::output) return is_new(weight);
    return std::all_of(outputs_.begin(), outputs_.end(), is_new);
  }

  // --- outputs ---

  // Of the part's calls: which bits of the element are kept, and which are inverted after that.
  void add_output_patches(const Change& change) {
    const uint32_t of_zeros = changed_bits(change, 0), of_ones = changed_bits(change, ~uint32_t{0});
    for (const WeightId mask : outputs_) {
      const Shape& shape = output_shape(mask);
      int64_t element = 0;
      for (int axis = 0; axis < shape.rank(); ++axis)
        element = element * shape[axis] + index_.values[static_cast<size_t>(axis)];
      patches_.push_back({.weight = mask, .element = element, .old_bits = 0, .new_bits = of_zeros});
      patches_.push_back({.weight = mask,
                          .element = shape.elements() + element,
                          .old_bits = ~uint32_t{0},
                          .new_bits = of_zeros ^ of_ones});
    }
  }

  [[nodiscard]] const Shape& output_shape(WeightId mask) const {
    return graph_->nodes[static_cast<size_t>(graph_->masked_call(mask).output)].shape;
  }

  // Puts the masks of the layer's calls into outputs_: of the one that is meant, or of all. None without a
  // graph, or where there is a problem.
  void find_outputs(const CsvFieldView& layer_field, const CsvFieldView& tensor_field,
                    const CsvFieldView* call_field, std::optional<int64_t> call) {
    if (graph_ == nullptr) return require_layer_name(layer_field);
    const std::optional<size_t> layer = find_any_layer(layer_field);
    if (!layer) return;
    for (size_t i = 0; i < graph_->calls.size(); ++i)
      if (graph_->calls[i].layer == *layer) outputs_.push_back(graph_->mask_of(i));
    if (outputs_.empty()) {
      return report(tensor_field, [&] {
        return ProblemText{"the layer has no output of its own that faults can hit",
                           "a layer that computes a float32 tensor, such as the one in front of it",
                           fmt::format("{}, which is a {}", double_quoted(layer_field.text),
                                       graph_->layers[*layer].class_name)};
      });
    }
    if (!call) return;
    if (*call < static_cast<int64_t>(outputs_.size())) {
      outputs_ = {outputs_[static_cast<size_t>(*call)]};
      return;
    }
    report(*call_field, [&] {
      return ProblemText{"the layer is not called so often", fmt::format("0 to {}", outputs_.size() - 1),
                         double_quoted(call_field->text)};
    });
    outputs_.clear();
  }

  // The index must be one of the output of each call.
  void read_index_of_outputs(const CsvFieldView& field) {
    Patch unused;
    if (outputs_.empty()) return read_index_of(field, nullptr, "output", unused);
    const int64_t before = problem_count_;
    for (const WeightId mask : outputs_) {
      read_index_of(field, &output_shape(mask), "output", unused);
      if (problem_count_ != before) return;
    }
  }

  void read_image(const CsvFieldView* field, int64_t part) {
    if (field == nullptr) return;
    const std::string_view text = trimmed(field->text);
    std::optional<int64_t> image;
    if (text != "all") {
      const auto number = parse_listed_number(text);
      if (!number || number->saturated || number->value < 0) {
        return report(*field, [&] {
          return ProblemText{"Image is no number of an image", "all, or a whole number from 0",
                             double_quoted(field->text)};
        });
      }
      image = number->value;
    }
    if (part == 0) {
      fault_.image = image;
    } else if (image != fault_.image) {
      report(*field, [&] {
        return ProblemText{
            "parts of a fault on different images",
            fmt::format("{}, as of its first part", fault_.image ? std::to_string(*fault_.image) : "all"),
            double_quoted(field->text)};
      });
    }
  }

  std::optional<int64_t> read_call(const CsvFieldView* field, std::optional<Tensor> tensor) {
    if (field == nullptr) return std::nullopt;
    const auto number = parse_listed_number(trimmed(field->text));
    if (tensor && tensor != Tensor::output) {
      report(*field, [&] {
        return ProblemText{"a Call, which only the Tensor output has", "nothing", double_quoted(field->text)};
      });
    } else if (!number || number->saturated || number->value < 0) {
      report(*field, [&] {
        return ProblemText{"Call is no whole number", "0, 1, 2, ...", double_quoted(field->text)};
      });
    } else {
      return number->value;
    }
    return std::nullopt;
  }

  void begin_fault(int64_t id, const CsvFieldView& field) {
    finish_fault();
    places_.add(list_.faults.size(), field.line, field.column);
    is_ascending_ = is_ascending_ && (list_.faults.empty() || id > list_.faults.id(list_.faults.size() - 1));
    fault_.id = id;
    has_fault_ = true;
    parts_ = 1;
  }

  void finish_fault() {
    if (!has_fault_) return;
    if (is_damaged_ || fault_.parts.empty()) {
      list_.faults.add(fault_.id, "", {}, 0);  // for its id: the list is refused
    } else {
      list_.faults.add(fault_);
      if (graph_ != nullptr) list_.patches.add(patches_, fault_.image.value_or(kAllImages));
    }
    fault_.parts.clear();
    fault_.image.reset();
    patches_.clear();
    elements_.clear();
    has_fault_ = is_damaged_ = false;
  }

  // -1, and a problem, if it is no number of a part.
  int64_t read_part_number(const CsvFieldView& field) {
    const auto number = parse_listed_number(field.text);
    if (number && !number->saturated && number->value >= 0) return number->value;
    report(field, [&] {
      return ProblemText{"Part is no whole number", "0, 1, 2, ...", double_quoted(field.text)};
    });
    return -1;
  }

  std::optional<Tensor> read_tensor(const CsvFieldView* field) {
    if (field == nullptr) return Tensor::kernel;
    const std::optional<Tensor> tensor = tensor_named(trimmed(field->text));
    if (!tensor) {
      report(*field, [&] {
        return ProblemText{"unknown Tensor",
                           "kernel, bias, gamma, beta, moving_mean, moving_variance, depthwise_kernel, "
                           "pointwise_kernel or output",
                           double_quoted(field->text)};
      });
    }
    return tensor;
  }

  // The weight that is this tensor of the layer. Null, and a problem, if there is none; null without a graph.
  const Weight* find_tensor(const CsvFieldView& layer_field, const CsvFieldView* tensor_field, Tensor tensor,
                            Patch& patch) {
    const Layer* layer = nullptr;
    if (tensor == Tensor::kernel) {
      layer = find_layer(layer_field);
      if (layer == nullptr) return nullptr;
      patch.weight = layer->weights.front();
      return &graph_->weights[static_cast<size_t>(patch.weight)];
    }
    if (graph_ == nullptr) {
      require_layer_name(layer_field);
      return nullptr;
    }
    const std::optional<size_t> found = find_any_layer(layer_field);
    if (!found) return nullptr;
    layer = &graph_->layers[*found];
    patch.weight = weight_named(*layer, tensor_name(tensor));
    if (patch.weight != kNoWeight) return &graph_->weights[static_cast<size_t>(patch.weight)];
    report(*tensor_field, [&] {
      return ProblemText{"the layer has no such Tensor that faults can hit", tensors_of(*layer),
                         fmt::format("{} of {}, which is a {}", double_quoted(tensor_field->text),
                                     double_quoted(layer_field.text), layer->class_name)};
    });
    return nullptr;
  }

  void require_layer_name(const CsvFieldView& field) {
    if (field.text.empty()) report(field, [] { return ProblemText{"no layer", "its name", "nothing"}; });
  }

  // Whatever its class. Nothing, and a problem, if there is none.
  std::optional<size_t> find_any_layer(const CsvFieldView& field) {
    const auto [match, index] = names_->find(field.text);
    if (match == LayerNames::Match::one) return static_cast<size_t>(index);
    report(field, [&, of = match] {
      ProblemText text = layer_problem(field.text, of, nullptr);
      if (of == LayerNames::Match::none) text.expected = "a layer of the model";
      return text;
    });
    return std::nullopt;
  }

  // The layer's variable of this name, if it is one that an op of the network is made with.
  [[nodiscard]] WeightId weight_named(const Layer& layer, std::string_view name) const {
    for (const WeightId id : layer.weights) {
      const std::string& path = graph_->weights[static_cast<size_t>(id)].name;
      if (std::string_view(path).substr(path.rfind('/') + 1) != name) continue;
      if (std::any_of(graph_->nodes.begin(), graph_->nodes.end(),
                      [&](const Node& node) { return holds(node.op, id); }))
        return id;
    }
    return kNoWeight;
  }

  [[nodiscard]] std::string tensors_of(const Layer& layer) const {
    std::string names = layer.injectable ? "kernel" : "";
    for (int tensor = 1; tensor <= static_cast<int>(Tensor::pointwise_kernel); ++tensor) {
      const std::string_view name = tensor_name(static_cast<Tensor>(tensor));
      if (weight_named(layer, name) != kNoWeight) names.append(names.empty() ? "" : ", ").append(name);
    }
    return names.empty() ? "another layer: this one has none" : names;
  }

  static bool is_narrow(const Weight& weight) { return weight.storage != StorageFormat::float32; }

  // "0 (lowest mantissa bit) to 31 (sign)", "0 to 15 (sign) of the stored bfloat16"
  static std::string bits_of(StorageFormat storage, bool is_range) {
    const int highest = storage_bits(storage) - 1;
    const std::string text =
        storage == StorageFormat::float32
            ? fmt::format("0 (lowest mantissa bit) to {} (sign)", highest)
            : fmt::format("0 to {} (sign) of the stored {}", highest, storage_name(storage));
    if (!is_range) return text;
    return fmt::format("bits from {}, such as {} or {}", text,
                       storage_bits(storage) > 16  ? "30, 30 29"
                       : storage_bits(storage) > 8 ? "14, 14 13"
                                                   : "7, 7 6",
                       storage_bits(storage) > 8 ? "8-15" : "4-7");
  }

  // `weight`: null without a graph, or where the row names none.
  Change read_change(const CsvRowView& row, const Weight* weight) {
    const CsvFieldView *model = more(row, ListColumn::model), *value = more(row, ListColumn::value);
    const CsvFieldView& bit = row.fields[3];
    const std::string_view name = model == nullptr ? "flip" : trimmed(model->text);
    if (name != "flip" && name != "stuck0" && name != "stuck1" && name != "set") {
      report(*model, [&] {
        return ProblemText{"unknown Model", "flip, stuck0, stuck1 or set", double_quoted(model->text)};
      });
      return {};
    }
    if (name == "set") return read_set(bit, value, weight);
    if (value != nullptr) {
      report(*value, [&] {
        return ProblemText{"a Value, which only the Model set has", "nothing", double_quoted(value->text)};
      });
    }
    std::vector<int> bits;
    const StorageFormat storage = weight != nullptr ? weight->storage : StorageFormat::float32;
    std::string problem = parse_bits(bit.text, bits);
    const bool is_outside =
        std::any_of(bits.begin(), bits.end(), [&](int one) { return one >= storage_bits(storage); });
    if (problem.empty() && is_outside) problem = kBitOutside;
    if (!problem.empty()) {
      report(bit, [&] { return ProblemText{problem, bits_of(storage, true), double_quoted(bit.text)}; });
    }
    if (name == "flip") return BitFlip{std::move(bits)};
    return StuckAt{name == "stuck1" ? 1 : 0, std::move(bits)};
  }

  Change read_set(const CsvFieldView& bit, const CsvFieldView* value, const Weight* weight) {
    if (!trimmed(bit.text).empty()) {
      report(bit, [&] {
        return ProblemText{"a Bit, which the Model set does not have", "nothing", double_quoted(bit.text)};
      });
    }
    if (value == nullptr) {
      report(bit, [] {
        return ProblemText{"the Model set without a Value", "a float32 in the column Value", "nothing"};
      });
      return SetValue{};
    }
    const std::string_view text = trimmed(value->text);
    const std::optional<SetValue> set = set_named(text);
    // Without a weight nothing more is known, or the row has another problem.
    if (set && (weight == nullptr || can_set(*set, is_hex(text), weight->storage))) return *set;
    const StorageFormat storage = weight != nullptr ? weight->storage : StorageFormat::float32;
    report(*value, [&] {
      return ProblemText{fmt::format("Value is no {}", storage_name(storage)), values_of(storage),
                         double_quoted(value->text)};
    });
    return SetValue{};
  }

  static bool is_hex(std::string_view text) { return text.starts_with("0x") || text.starts_with("0X"); }

  static const char* values_of(StorageFormat storage) {
    switch (storage) {
      case StorageFormat::float32:
        break;
      case StorageFormat::bfloat16:
        return "a number such as 0.5 or -1e-3, nan, inf, or four digits of its bits such as 0x7fc0";
      case StorageFormat::float16:
        return "a number such as 0.5 or -1e-3, nan, inf, or four digits of its bits such as 0x7e00";
      case StorageFormat::int8:
        return "a number such as 0.5 or -1e-3, inf, or two digits of its bits such as 0x7f";
    }
    return "a float32 such as 0.5, -1e-3, nan, inf or 0x7fc00000";
  }

  template <typename Make>
  void report(const CsvFieldView& field, const Make& make) {
    ++problem_count_;
    problems_.add(field.line, field.column, make);
  }

  void report_width(const CsvRowView& row) {
    report(row.fields.front(), [&] {
      const std::string_view index = row.fields.size() > columns_ ? trimmed(row.fields[2].text) : "";
      const bool bare_tuple = form_.separator == ',' && ((index.starts_with('(') && !index.ends_with(')')) ||
                                                         (index.starts_with('[') && !index.ends_with(']')));
      return ProblemText{
          "wrong number of columns",
          bare_tuple
              ? fmt::format("{}, with the index in double quotes: 0,conv2d,\"(2, 1, 0, 7)\",15", columns_)
              : std::to_string(columns_),
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
    if (number && number->value >= 0 && number->value < storage_bits(storage_))
      return static_cast<int>(number->value);
    report(field, [&] {
      return ProblemText{number ? kBitOutside : "Bit is no whole number", bits_of(storage_, false),
                         double_quoted(field.text)};
    });
    return 0;
  }

  // Null, and a problem, if the field names no layer that faults can hit; null without a graph.
  const Layer* find_layer(const CsvFieldView& field) {
    if (graph_ == nullptr) {
      require_layer_name(field);
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
    const Shape* kernel =
        layer ? &graph_->weights[static_cast<size_t>(layer->weights.front())].shape : nullptr;
    read_index_of(field, kernel, "kernel", patch);
    if (layer != nullptr) patch.weight = layer->weights.front();
  }

  // The same of any tensor; `what`: what messages call it.
  void read_index_of(const CsvFieldView& field, const Shape* kernel, const char* what, Patch& patch) {
    parse_index(field.text, index_);
    if (!index_.problem.empty()) {
      report(field, [&] {
        return ProblemText{"TensorIndex is no tuple of whole numbers (" + index_.problem + ")",
                           kernel ? example_of(*kernel, what) : "a tuple like (2, 1, 0, 7)",
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
        return ProblemText{"TensorIndex of wrong length", example_of(*kernel, what),
                           fmt::format("{} numbers: {}", index_.values.size(), double_quoted(field.text))};
      });
      return;
    }
    for (int axis = 0; axis < kernel->rank(); ++axis) {
      const int64_t value = index_.values[static_cast<size_t>(axis)];
      if (value < 0 || value >= (*kernel)[axis]) report_range(field, *kernel, what, axis);
      patch.element = patch.element * (*kernel)[axis] + (value < 0 || value >= (*kernel)[axis] ? 0 : value);
    }
  }

  static std::string example_of(const Shape& shape, std::string_view what) {
    if (shape.rank() == 1) return fmt::format("1 number, (channel,) of the {} {}", what, shape.to_string());
    const char* axes = axes_of(shape);
    if (what == "output") axes = shape.rank() == 3 ? "(h, w, c)" : "the output's axes";
    return fmt::format("{} numbers, {} of the {} {}", shape.rank(), axes, what, shape.to_string());
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

  void report_range(const CsvFieldView& field, const Shape& kernel, const char* what, int axis) {
    report(field, [&] {
      return ProblemText{
          fmt::format("TensorIndex out of range on axis {}", axis),
          fmt::format("0 to {} for the {} {}", kernel[axis] - 1, what, kernel.to_string()),
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
  std::optional<LayerNames> names_;                 // of the graph
  StorageFormat storage_ = StorageFormat::float32;  // of its kernels
  ListForm form_;
  size_t header_width_ = 0;
  std::array<size_t, kMoreColumns> more_{};  // fields of the columns of an extended list; 0: none
  bool is_extended_ = false;
  size_t columns_ = kListColumns;
  int header_line_ = 0;
  ParsedIndex index_;                 // of the row being read
  std::vector<const Layer*> layers_;  // by their numbers in the list; null: a name that is no layer
  uint32_t layer_number_ = 0;         // of the row being read
  // Extended lists: the fault whose parts are being read.
  Fault fault_;
  FaultPart part_;
  std::vector<Patch> patches_;
  std::vector<WeightId> outputs_;  // of the row being read: the masks of the calls that it hits
  std::set<std::tuple<std::string, Tensor, std::vector<int64_t>>> elements_;  // that parts change
  int64_t parts_ = 0;                                                         // so far
  bool has_fault_ = false, is_damaged_ = false;
  ResolvedFaultList list_;    // with a row for every usable id, whatever else its line holds
  LinePlaces places_;         // of their ids
  bool is_ascending_ = true;  // the ids are, as they mostly are
  ProblemList damaged_;       // lines that are not CSV
  ProblemList problems_;      // of the contents of rows
  ProblemList repeated_;      // ids that occur again
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

void ResolvedFaultList::add(const Fault& fault, std::span<const Patch> fault_patches) {
  faults.add(fault);
  patches.add(fault_patches, fault.image.value_or(kAllImages));
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
