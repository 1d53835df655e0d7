#include "tf_injector/fault_list.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "python/arrays.hpp"
#include "python/interruptible.hpp"
#include "python/objects.hpp"
#include "python/without_gil.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/fault_sampling.hpp"
#include "tf_injector/shard.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

std::string_view text_of(const nb::bytes& text) {
  return {static_cast<const char*>(text.data()), text.size()};
}

// Rows of a list as columns: layers as numbers of `names`, indices padded with -1 to one length.
struct Columns {
  std::vector<int64_t> ids, indices;
  std::vector<int32_t> layers;
  std::vector<uint8_t> bits;
  std::vector<std::string> names;
  size_t rank = 0;
};

// A row for each fault; of several parts the first.
Columns columns_of(const FaultTable& faults) {
  Columns columns;
  columns.names = faults.layer_names();
  std::vector<int64_t> index;
  for (size_t i = 0; i < faults.size(); ++i) {
    faults.copy_index(i, index);
    columns.rank = std::max(columns.rank, index.size());
  }
  columns.ids.reserve(faults.size());
  columns.layers.reserve(faults.size());
  columns.bits.reserve(faults.size());
  columns.indices.assign(faults.size() * columns.rank, -1);
  for (size_t i = 0; i < faults.size(); ++i) {
    columns.ids.push_back(faults.id(i));
    columns.layers.push_back(static_cast<int32_t>(faults.layer(i)));
    columns.bits.push_back(static_cast<uint8_t>(faults.bit(i)));
    faults.copy_index(i, index);
    std::copy(index.begin(), index.end(), columns.indices.begin() + static_cast<int64_t>(i * columns.rank));
  }
  return columns;
}

// (layer, tensor, index, model, bits, value, call) of each part; the value is None where none is set.
nb::list parts_of(const Fault& fault) {
  nb::list parts;
  for (const FaultPart& part : fault.parts) {
    nb::list index, bits;
    for (const int64_t number : part.index) index.append(number);
    if (const auto* flip = std::get_if<BitFlip>(&part.change))
      for (const int bit : flip->bits) bits.append(bit);
    if (const auto* stuck = std::get_if<StuckAt>(&part.change))
      for (const int bit : stuck->bits) bits.append(bit);
    const auto* set = std::get_if<SetValue>(&part.change);
    const std::string tensor(tensor_name(part.tensor)), model(model_name(part.change));
    parts.append(nb::make_tuple(part.layer, tensor, nb::tuple(index), model, nb::tuple(bits),
                                set != nullptr ? nb::object(nb::cast(set_text(*set))) : nb::none(),
                                part.call ? nb::object(nb::cast(*part.call)) : nb::none()));
  }
  return parts;
}

// (ids, names of layers, layers, indices, bits, parts, images). `parts` and `images`: of an extended list a
// list, with the fault's parts and its only image or None for each fault; else None. The columns are then
// those of first parts.
nb::tuple parse_fault_columns(const nb::bytes& text, const std::string& name) {
  Columns columns;
  std::vector<Fault> faults;
  {
    const WithoutGil release;
    const FaultTable table = parse_fault_table(text_of(text), name);
    columns = columns_of(table);
    if (!table.extended().empty()) faults = FaultRows(table).faults();
  }
  nb::object parts = nb::none(), images = nb::none();
  if (!faults.empty()) {
    nb::list all_parts, all_images;
    for (const Fault& fault : faults) {
      all_parts.append(parts_of(fault));
      all_images.append(fault.image ? nb::object(nb::cast(*fault.image)) : nb::none());
    }
    parts = all_parts;
    images = all_images;
  }
  const size_t rows = columns.ids.size();
  return nb::make_tuple(array_of(std::move(columns.ids), {rows}), columns.names,
                        array_of(std::move(columns.layers), {rows}),
                        array_of(std::move(columns.indices), {rows, columns.rank}),
                        array_of(std::move(columns.bits), {rows}), parts, images);
}

using Integers = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Indices = nb::ndarray<const int64_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

// The CSV text of rows given as columns. A row's index ends at the first -1 that `ranks` says.
nb::bytes fault_rows_to_csv(const Integers& ids, const std::vector<std::string>& names,
                            const Integers& layers, const Indices& indices, const Integers& ranks,
                            const Integers& bits) {
  const size_t rows = ids.shape(0), rank = indices.shape(1);
  if (layers.shape(0) != rows || indices.shape(0) != rows || ranks.shape(0) != rows || bits.shape(0) != rows)
    throw Error(ErrorKind::internal, "columns of different lengths");
  std::string text;
  {
    const WithoutGil release;
    std::vector<Fault> faults;
    faults.reserve(rows);
    for (size_t i = 0; i < rows; ++i) {
      const int64_t* index = indices.data() + i * rank;
      const auto length = std::min<size_t>(rank, static_cast<size_t>(std::max<int64_t>(0, ranks.data()[i])));
      faults.push_back(bit_flip(ids.data()[i], names.at(static_cast<size_t>(layers.data()[i])),
                                {index, index + length}, static_cast<int>(bits.data()[i])));
    }
    text = faults_to_csv(faults);
  }
  return nb::bytes(text.data(), text.size());
}

FaultList parse_list(const nb::bytes& text, const std::string& name, const Model& model,
                     const std::string& plan) {
  return abandonable([copy = std::string(text_of(text)), name, model, plan] {
    const FaultList list = FaultList::parse(copy, name, model);
    return plan.empty() ? list : list.with_plan(plan);
  });
}

// (CSV text, plan without the list's hash)
nb::tuple generate_faults(const Model& model, const std::string& scheme, double error, double confidence,
                          double p, std::optional<int64_t> n, uint64_t seed,
                          const std::vector<std::string>& layers, const std::vector<int>& bits) {
  const std::optional<SamplingScheme> known = sampling_scheme_named(scheme);
  if (!known) throw Error(ErrorKind::internal, "no such scheme");
  std::string text, json;
  run_interruptible([&](const std::atomic<bool>& stop, Talk&) {
    const SamplingPlan plan(model, {.scheme = *known,
                                    .error = error,
                                    .confidence = confidence,
                                    .p = p,
                                    .faults = n,
                                    .seed = seed,
                                    .layers = layers,
                                    .bits = bits});
    text = plan.csv(&stop);
    json = plan.json("");
  });
  return nb::make_tuple(nb::bytes(text.data(), text.size()), json);
}

}  // namespace

void bind_fault_list(nb::module_& module) {
  nb::class_<FaultList>(module, "FaultList")
      .def_static("parse", parse_list, nb::arg("text"), nb::arg("name"), nb::arg("model"), nb::arg("plan"))
      .def("__len__", &FaultList::size)
      .def(
          "shard",
          [](const FaultList& list, const std::string& text, const Model& model) {
            return list.shard(parse_shard(text), model);
          },
          nb::arg("text"), nb::arg("model"))
      .def_prop_ro("sha256", &FaultList::sha256);
  module.def("generate_faults", generate_faults, nb::arg("model"), nb::arg("scheme"), nb::arg("error"),
             nb::arg("confidence"), nb::arg("p"), nb::arg("n").none(), nb::arg("seed"), nb::arg("layers"),
             nb::arg("bits"));
  module.def("parse_fault_columns", parse_fault_columns, nb::arg("text"), nb::arg("name"));
  module.def("fault_rows_to_csv", fault_rows_to_csv, nb::arg("ids"), nb::arg("names"), nb::arg("layers"),
             nb::arg("indices"), nb::arg("ranks"), nb::arg("bits"));
}

}  // namespace tf_injector::detail::python
