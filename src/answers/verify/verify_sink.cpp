#include "answers/verify/verify_sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "answers/verify/csv_lines.hpp"
#include "core/bits.hpp"
#include "core/stop.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"
#include "report/csv_report.hpp"
#include "report/details_csv.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr int64_t kGoldenLine = 2, kFirstRowLine = 3;
constexpr int64_t kFirstDetailsLine = 2;

std::string value_text(float value) { return fmt::format("0x{:08X} ({:.9g})", float_bits(value), value); }

std::string shape_text(const NpyArray& array) {
  return fmt::format("{} of {}", fmt::join(array.shape, " x "), array.dtype);
}

// Where two arrays of images x scores differ.
VerifyDifference first_difference(const std::string& path, const NpyArray& expected, const NpyArray& found) {
  VerifyDifference difference{.file = path, .what = "the shape"};
  difference.expected = shape_text(expected);
  difference.found = shape_text(found);
  if (expected.shape != found.shape || expected.dtype != found.dtype) return difference;
  const size_t columns = expected.shape.size() < 2 ? 1 : static_cast<size_t>(expected.shape[1]);
  for (size_t at = 0; at + sizeof(float) <= expected.bytes.size(); at += sizeof(float)) {
    float a = 0, b = 0;
    std::memcpy(&a, expected.bytes.data() + at, sizeof a);
    std::memcpy(&b, found.bytes.data() + at, sizeof b);
    if (float_bits(a) == float_bits(b)) continue;
    const size_t element = at / sizeof(float);
    difference.what = fmt::format("row {}, class {}", element / columns, element % columns);
    difference.expected = value_text(a);
    difference.found = value_text(b);
    return difference;
  }
  difference.what = "the bytes of the header";  // the same array, written in another way
  return difference;
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Of two files that differ.
VerifyDifference difference_of(const std::string& path, const std::string& expected,
                               const std::string& found) {
  if (path.ends_with(".npy") && !is_score_array_file(std::filesystem::path(path).filename().string())) {
    try {
      return first_difference(path, parse_npy(bytes_of(expected), path), parse_npy(bytes_of(found), path));
    } catch (const Error& error) {
      return {
          .file = path, .what = "the array", .expected = "one that np.save writes", .found = error.what()};
    }
  }
  const auto [a, b] = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
  const auto text = [](const std::string& of, auto at) {
    return at == of.end() ? std::string("the end of the file")
                          : fmt::format("0x{:02X}", static_cast<unsigned char>(*at));
  };
  return {.file = path,
          .what = fmt::format("byte {}", a - expected.begin()),
          .expected = text(expected, a),
          .found = text(found, b)};
}

}  // namespace

VerifySink::VerifySink(const TextFile& report, const TextFile* details, const ScoreFolder& scores,
                       FaultRows list, std::span<const int64_t> rows, Verification& result)
    : report_(report),
      details_(details),
      folder_(scores),
      list_(list),
      rows_(rows),
      result_(result),
      differences_(result) {}

void VerifySink::begin(const Tally& golden, std::span<const float> scores) {
  images_ = golden.images;
  golden_scores_ = scores;
  require_line(report_.path, kGoldenLine, report_.lines[kGoldenLine - 1], golden_row(golden), false,
               report_header(), " of the golden run", differences_);
  if (folder_.mode == ScoreMode::none) return;
  const int64_t classes = static_cast<int64_t>(scores.size()) / std::max<int64_t>(images_, 1);
  if (folder_.mode == ScoreMode::one) {
    open_array(ScoreArray(folder_.path, list_, images_, classes));
    return compare_place(0, scores);
  }
  const ScoreFiles files(folder_.path, folder_.mode, images_, classes);
  compare_scores(files.golden_path(), files.golden_bytes(scores));
}

void VerifySink::append(const RowBlock& block, const Spent&) {
  for (size_t i = 0; i < block.faults.size(); ++i, ++done_) {
    check_stop(block.stop);
    const Fault& fault = block.faults[i];
    const int64_t row = rows_[done_];
    const std::string whose = fmt::format(" of fault {}", fault.id);
    require_line(report_.path, kFirstRowLine + row,
                 report_.lines[static_cast<size_t>(kFirstRowLine - 1 + row)],
                 fault_row(fault, block.tallies[i]), false, report_header(), whose, differences_);
    ++result_.rows_checked;
    if (folder_.mode == ScoreMode::one) {
      compare_place(static_cast<size_t>(row) + 1, block.scores[i]);
    } else if (folder_.mode != ScoreMode::none) {
      compare_fault_scores(fault, block.scores[i]);
    }
    const auto line = static_cast<size_t>(kFirstDetailsLine - 1 + row);
    if (details_ == nullptr || line >= details_->lines.size()) continue;
    require_line(details_->path, kFirstDetailsLine + row, details_->lines[line],
                 details_row(fault.id, block.details[i]), false, details_header(), whose, differences_);
    ++result_.details_rows;
  }
  confusion_.resize(block.confusion.size());
  for (size_t i = 0; i < confusion_.size(); ++i) confusion_[i] += block.confusion[i];
}

void VerifySink::compare_fault_scores(const Fault& fault, std::span<const float> scores) {
  const ScoreFiles files(folder_.path, folder_.mode, images_,
                         static_cast<int64_t>(scores.size()) / std::max<int64_t>(images_, 1));
  compare_scores(files.fault_path(fault.id), files.fault_bytes(scores, golden_scores_));
}

void VerifySink::open_array(ScoreArray array) {
  compare_scores(array.index_path(), array.index_text());
  if (!file_exists(array.path())) return compare_scores(array.path(), "");
  ++result_.score_files;
  const std::string header = read_beginning(array.path(), array.header().size());
  if (header != array.header()) return differences_.add(difference_of(array.path(), array.header(), header));
  std::error_code ignored;
  const uint64_t bytes = std::filesystem::file_size(array.path(), ignored);
  if (!differences_.require_same(array.path(), "the size in bytes", std::to_string(array.bytes()),
                                 std::to_string(bytes)))
    return;
  array.open_to_read();
  array_ = std::move(array);
}

void VerifySink::compare_place(size_t place, std::span<const float> scores) {
  if (!array_) return;
  std::vector<float> found(scores.size());
  array_->read(place, found);
  const size_t classes = scores.size() / static_cast<size_t>(std::max<int64_t>(images_, 1));
  for (size_t i = 0; i < scores.size(); ++i) {
    if (float_bits(scores[i]) == float_bits(found[i])) continue;
    return differences_.add(
        {.file = array_->path(),
         .what = fmt::format("place {}, row {}, class {}", place, i / classes, i % classes),
         .expected = value_text(scores[i]),
         .found = value_text(found[i])});
  }
}

void VerifySink::compare_scores(const std::string& path, const std::string& expected) {
  if (!file_exists(path)) {
    if (folder_.has_all)
      differences_.add({.file = path, .what = "the file", .expected = "scores", .found = "no such file"});
    return;
  }
  ++result_.score_files;
  const std::string found = read_text(path);
  if (found != expected) differences_.add(difference_of(path, expected, found));
}

}  // namespace tf_injector::detail
