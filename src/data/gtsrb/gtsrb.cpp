#include "data/gtsrb/gtsrb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/parallel.hpp"
#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "data/gtsrb/gtsrb_files.hpp"
#include "data/gtsrb/ppm.hpp"
#include "data/gtsrb/resize_pillow.hpp"
#include "data/gtsrb/resize_tensorflow.hpp"
#include "io/csv.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr int kGtsrbSide = 50;
constexpr size_t kElements = size_t{kGtsrbSide} * kGtsrbSide * 3;
constexpr int32_t kClasses = 43;
constexpr std::string_view kHeader = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId";
constexpr std::string_view kWanted =
    "GTSRB_Final_Test_Images.zip and GTSRB_Final_Test_GT.zip (or what they unpack to: "
    "GTSRB/Final_Test/Images/*.ppm and GT-final_test.csv)";

struct Label {
  int32_t value = 0;
  int line = 0;  // of the ground truth
  int column = 0;
};
using Labels = std::unordered_map<std::string, Label>;  // by file name

void throw_if_any(const ProblemLines& problems) {
  if (!problems.empty()) throw DatasetError(problems.text());
}

// Reads the rows of the ground truth and adds what is wrong with them to `problems`.
class LabelReader {
 public:
  LabelReader(const NamedText& source, ProblemLines& problems) : source_(source), problems_(problems) {}

  Labels read() {
    const CsvDocument document = parse_csv(source_.text, ';');
    for (const CsvProblem& problem : document.problems) complain(problem.line, problem.column, problem.text);
    if (document.rows.empty()) {
      complain(1, 1, fmt::format("no rows; expected the header {}", kHeader));
    } else if (read_header(document.rows.front())) {
      for (const CsvRow& row : std::span(document.rows).subspan(1)) read_row(row);
    }
    return std::move(labels_);
  }

 private:
  void complain(int line, int column, std::string_view problem) {
    problems_.add(fmt::format("{}:{}:{}: {}", source_.name, line, column, problem));
  }

  bool read_header(const CsvRow& row) {
    fields_ = row.fields.size();
    const auto column_of = [&](std::string_view name) {
      return static_cast<size_t>(std::find_if(row.fields.begin(), row.fields.end(),
                                              [&](const CsvField& f) { return f.text == name; }) -
                                 row.fields.begin());
    };
    file_ = column_of("Filename");
    class_ = column_of("ClassId");
    if (file_ < fields_ && class_ < fields_) return true;
    complain(row.line, 1, fmt::format("no header with Filename and ClassId; expected {}", kHeader));
    return false;
  }

  void read_row(const CsvRow& row) {
    if (row.fields.size() != fields_) {
      complain(row.line, 1,
               fmt::format("{} fields; expected {}, as in the header", row.fields.size(), fields_));
      return;
    }
    const CsvField& file = row.fields[file_];
    const CsvField& number = row.fields[class_];
    Label label{.value = 0, .line = file.line, .column = file.column};
    const char* end = number.text.data() + number.text.size();
    const auto [stop, error] = std::from_chars(number.text.data(), end, label.value);
    if (error != std::errc{} || stop != end || label.value < 0 || label.value >= kClasses) {
      complain(number.line, number.column,
               fmt::format("class {}; expected 0..{}", single_quoted(number.text), kClasses - 1));
      label.value = 0;  // the row still counts as the image's row
    }
    const auto [known, is_new] = labels_.emplace(file.text, label);
    if (!is_new) {
      complain(file.line, file.column,
               fmt::format("{} is in line {} already", single_quoted(file.text), known->second.line));
    }
  }

  const NamedText& source_;
  ProblemLines& problems_;
  Labels labels_;
  size_t fields_ = 0, file_ = 0, class_ = 0;  // number of fields; indices of file name and class
};

// Reports the rows without an image, in the order of the file.
void find_rows_without_image(const Labels& labels, const GtsrbImages& images, const std::string& labels_name,
                             ProblemLines& problems) {
  std::unordered_map<std::string_view, bool> has_image;
  for (size_t i = 0; i < images.size(); ++i) has_image[images.file(i)] = true;
  std::vector<std::pair<Label, std::string_view>> missing;
  for (const auto& [file, label] : labels) {
    if (!has_image.contains(file)) missing.emplace_back(label, file);
  }
  std::sort(missing.begin(), missing.end(),
            [](const auto& a, const auto& b) { return a.first.line < b.first.line; });
  for (const auto& [label, file] : missing) {
    problems.add(fmt::format("{}:{}:{}: no image {} in {}", labels_name, label.line, label.column,
                             single_quoted(file), images.path()));
  }
}

// The labels in the order of the images.
std::vector<int32_t> read_labels(const GtsrbFiles& files, const GtsrbImages& images) {
  const NamedText source = read_gtsrb_labels(files.labels);
  ProblemLines problems;
  const Labels labels = LabelReader(source, problems).read();
  if (labels.empty()) throw_if_any(problems);  // else every image would be reported, too
  find_rows_without_image(labels, images, source.name, problems);
  std::vector<int32_t> values;
  values.reserve(images.size());
  for (size_t i = 0; i < images.size(); ++i) {
    const auto label = labels.find(images.file(i));
    if (label == labels.end()) {
      problems.add(fmt::format("{}: has no row in {}", images.label(i), source.name));
    } else {
      values.push_back(label->second.value);
    }
  }
  throw_if_any(problems);
  return values;
}

// Decodes every image, in parallel, and calls resize(image, i), which stores the result.
template <typename Resize>
void read_images(const GtsrbImages& images, const Resize& resize) {
  std::vector<std::string> problem_of(images.size());
  parallel_for(images.size(), thread_budget().threads, [&](size_t i, int) {
    try {
      resize(parse_ppm(images.read(i), images.label(i)), i);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_input) throw;
      problem_of[i] = error.what();
    }
  });
  ProblemLines problems;
  for (const std::string& problem : problem_of) {
    if (!problem.empty()) problems.add(problem);
  }
  throw_if_any(problems);
}

DatasetInput read_input(const GtsrbImages& images, bool as_tensorflow) {
  DatasetInput input;
  input.shape = {kGtsrbSide, kGtsrbSide, 3};
  if (as_tensorflow) {
    input.is_float = true;
    input.needs_preprocessing = true;
    std::vector<float> floats(images.size() * kElements);
    read_images(images, [&](const RgbImage& image, size_t i) {
      resize_tensorflow(image, kGtsrbSide, kGtsrbSide, std::span(floats).subspan(i * kElements, kElements));
    });
    input.floats = std::move(floats);
  } else {
    std::vector<uint8_t> bytes(images.size() * kElements);
    read_images(images, [&](const RgbImage& image, size_t i) {
      resize_pillow(image, kGtsrbSide, kGtsrbSide, std::span(bytes).subspan(i * kElements, kElements));
    });
    input.bytes = std::move(bytes);
  }
  return input;
}

void check_found(const GtsrbFiles& files) {
  if (files.images.empty() && !files.snapshot.empty()) {
    throw DatasetError(
        fmt::format("{}: is the Python tool's tf.data snapshot, which is not read, and the images it was "
                    "made from are not there; put {} into {}",
                    files.snapshot, kWanted, files.folder));
  }
  if (files.images.empty()) {
    throw DatasetError(fmt::format("{}: no GTSRB test images; expected {}", files.folder, kWanted));
  }
  if (files.labels.empty()) {
    throw DatasetError(
        fmt::format("{}: the images are here, their ground truth is not; put GTSRB_Final_Test_GT.zip or "
                    "GT-final_test.csv into {}",
                    files.images, files.folder));
  }
}

}  // namespace

bool gtsrb_in(const std::string& path) { return !find_gtsrb(path).images.empty(); }

bool only_gtsrb_snapshot_in(const std::string& path) {
  const GtsrbFiles files = find_gtsrb(path);
  return files.images.empty() && !files.snapshot.empty();
}

Dataset load_gtsrb(const std::string& path, const std::string& resize) {
  const bool as_tensorflow = resize == "tensorflow";
  if (!as_tensorflow && resize != "pillow") {
    throw Error(ErrorKind::usage,
                fmt::format("`resize` {}: expected pillow or tensorflow", single_quoted(resize)));
  }
  const GtsrbFiles files = find_gtsrb(path);
  check_found(files);
  const GtsrbImages images(files.images);
  Dataset dataset;
  dataset.name = "GTSRB";
  dataset.source = files.images;
  dataset.labels = read_labels(files, images);
  dataset.inputs.push_back(read_input(images, as_tensorflow));
  return dataset;
}

}  // namespace tf_injector::detail::data
