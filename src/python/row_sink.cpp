#include "python/row_sink.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "python/arrays.hpp"
#include "tf_injector/error.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {

ScoreMode score_mode(const std::string& name) {
  if (name == "none") return ScoreMode::none;
  if (name == "changed") return ScoreMode::changed;
  if (name == "all") return ScoreMode::all;
  if (name == "one") return ScoreMode::one;
  throw Error(ErrorKind::usage, "`scores`: expected none, changed, all or one, found '" + name + "'");
}

void RowSink::begin(const Tally& golden, std::span<const float> scores) {
  golden_ = golden;
  golden_scores_.assign(scores.begin(), scores.end());
  rows_.clear();
  changed_.clear();
  all_.clear();
  details_.clear();
  confusion_.clear();
}

void RowSink::append(const RowBlock& block, const Spent&) {
  for (size_t i = 0; i < block.faults.size(); ++i) {
    rows_.push_back({block.faults[i], block.tallies[i]});
    if (block.scores.empty()) continue;
    if (mode_ == ScoreMode::changed) changed_.push_back(changed_rows(block.scores[i]));
    if (mode_ == ScoreMode::all || mode_ == ScoreMode::one) all_.push_back(block.scores[i]);
  }
  for (size_t i = 0; i < block.details.size(); ++i)
    details_.push_back({block.faults[i].id, block.details[i]});
  confusion_.resize(block.confusion.size());
  for (size_t i = 0; i < confusion_.size(); ++i) confusion_[i] += block.confusion[i];
}

RowSink::ChangedRows RowSink::changed_rows(const std::vector<float>& scores) const {
  ChangedRows rows;
  const auto images = static_cast<size_t>(golden_.images);
  const size_t length = scores.size() / std::max<size_t>(images, 1);
  for (size_t image = 0; image < images; ++image) {
    const float* row = scores.data() + image * length;
    if (std::memcmp(row, golden_scores_.data() + image * length, length * sizeof(float)) == 0) continue;
    rows.images.push_back(static_cast<int64_t>(image));
    rows.scores.insert(rows.scores.end(), row, row + length);
  }
  return rows;
}

namespace {

nb::dict counts_of(const Tally& tally, bool is_golden) {
  nb::dict counts;
  for (const TallyColumn& column : tally_columns()) {
    if (!is_golden || column.in_golden)
      counts[nb::str(column.name.data(), column.name.size())] = column.value(tally);
  }
  return counts;
}

}  // namespace

nb::dict report_dict(const Tally& golden, std::span<const ReportRow> rows) {
  const std::span<const TallyColumn> columns = tally_columns();
  std::vector<int64_t> ids, counts;
  std::vector<uint8_t> bits;
  nb::list layers, indices, texts;
  bool is_extended = false;
  for (const ReportRow& row : rows) {
    const std::optional<int> bit = single_bit(row.fault);
    is_extended = is_extended || !bit;
    ids.push_back(row.fault.id);
    layers.append(layers_text(row.fault));
    indices.append(indices_text(row.fault));
    bits.push_back(static_cast<uint8_t>(bit.value_or(0)));
    if (is_extended && texts.size() == 0)
      for (size_t i = 0; i + 1 < bits.size(); ++i) texts.append(std::to_string(bits[i]));
    if (is_extended) texts.append(bits_text(row.fault));
    for (const TallyColumn& column : columns) counts.push_back(column.value(row.tally));
  }
  nb::dict result;
  result["golden"] = counts_of(golden, true);
  result["ids"] = array_of(std::move(ids), {rows.size()});
  result["layers"] = layers;
  result["indices"] = indices;
  if (is_extended)
    result["bits"] = texts;
  else
    result["bits"] = array_of(std::move(bits), {rows.size()});
  result["counts"] = array_of(std::move(counts), {rows.size(), columns.size()});
  return result;
}

namespace {

// Moves the sink's scores into arrays.
void add_scores(nb::dict& result, RowSink& sink, size_t scores_per_image) {
  const auto images = static_cast<size_t>(sink.golden_.images);
  nb::list list;
  for (std::vector<float>& scores : sink.all_)
    list.append(array_of(std::move(scores), {images, scores_per_image}));
  for (RowSink::ChangedRows& rows : sink.changed_) {
    const size_t count = rows.images.size();
    list.append(nb::make_tuple(array_of(std::move(rows.images), {count}),
                               array_of(std::move(rows.scores), {count, scores_per_image})));
  }
  result["scores"] = list;
  result["golden_scores"] = array_of(std::move(sink.golden_scores_), {images, scores_per_image});
}

}  // namespace

nb::dict details_dict(std::span<const DetailsRow> rows) {
  nb::dict result;
  std::vector<int64_t> ids;
  for (const DetailsRow& row : rows) ids.push_back(row.id);
  result["inj_id"] = array_of(std::move(ids), {rows.size()});
  for (const DetailsColumn& column : details_columns()) {
    const nb::str name(column.name.data(), column.name.size());
    if (column.count != nullptr) {
      std::vector<int64_t> values;
      for (const DetailsRow& row : rows) values.push_back(row.details.*column.count);
      result[name] = array_of(std::move(values), {rows.size()});
    } else {
      std::vector<float> values;
      for (const DetailsRow& row : rows) values.push_back(row.details.*column.real);
      result[name] = array_of(std::move(values), {rows.size()});
    }
  }
  return result;
}

namespace {

// Moves the sink's details into arrays.
void add_details(nb::dict& result, RowSink& sink, size_t classes) {
  result["details"] = details_dict(sink.details_);
  if (!sink.confusion_.empty())
    result["confusion"] = array_of(std::move(sink.confusion_), {classes, classes});
}

}  // namespace

nb::dict result_dict(RowSink& sink, size_t scores_per_image, size_t classes) {
  nb::dict result = report_dict(sink.golden_, sink.rows_);
  if (sink.mode_ != ScoreMode::none) add_scores(result, sink, scores_per_image);
  if (sink.has_details_) add_details(result, sink, classes);
  return result;
}

}  // namespace tf_injector::detail::python
