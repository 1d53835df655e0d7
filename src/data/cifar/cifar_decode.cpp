#include <fmt/format.h>

#include <algorithm>

#include "core/printable.hpp"
#include "core/shape.hpp"
#include "data/arrays/labels.hpp"
#include "data/cifar/cifar.hpp"
#include "data/pickle/pickle.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kChannels = 3;
constexpr size_t kSide = 32;
constexpr size_t kPlane = kSide * kSide;
constexpr size_t kImage = kChannels * kPlane;

[[noreturn]] void throw_bad(const std::string& source, const std::string& problem) {
  throw DatasetError(source + ": " + problem);
}

// Appends one image: CIFAR stores it by planes (C, H, W), we by pixels (H, W, C).
void append_pixels(const uint8_t* planes, std::vector<uint8_t>& out) {
  for (size_t pixel = 0; pixel < kPlane; ++pixel) {
    for (size_t c = 0; c < kChannels; ++c) out.push_back(planes[c * kPlane + pixel]);
  }
}

Dataset empty_set(const CifarSet& set, const std::string& source) {
  Dataset dataset;
  dataset.name = set.name;
  dataset.source = source;
  dataset.inputs.push_back({.name = "", .shape = {kSide, kSide, kChannels}, .bytes = {}, .floats = {}});
  return dataset;
}

std::string keys_of(const Pickle& pickle) {
  constexpr size_t kListed = 10;
  std::string keys;
  const std::vector<PickleRef>& items = pickle.root().items;
  for (size_t i = 0; i + 1 < items.size() && i < 2 * kListed; i += 2) {
    const PickleValue& key = pickle.at(items[i]);
    if (key.kind != Kind::bytes && key.kind != Kind::text) continue;
    keys += (keys.empty() ? "'" : ", '") + one_line(std::string(key.bytes.begin(), key.bytes.end())) + "'";
  }
  return keys.empty() ? "none" : keys;
}

const PickleValue& value_of(const Pickle& pickle, std::string_view key, const std::string& source) {
  const PickleValue* value = pickle.find(pickle.root(), key);
  if (value == nullptr) {
    throw_bad(source, fmt::format("the pickle has no '{}'; its keys: {}; is it another data set?", key,
                                  keys_of(pickle)));
  }
  return *value;
}

// Element (i, j, ...) of an array in Fortran order is at i + j * N + ...: the bytes of one image are N apart,
// the first of the inner indices varying fastest.
std::vector<uint8_t> image_of_fortran(const PickleValue& array, size_t image) {
  const auto images = static_cast<size_t>(array.shape[0]);
  std::vector<uint8_t> planes(kImage);
  for (size_t i = 0; i < kImage; ++i) {
    size_t place = i;  // in C order -> in Fortran order
    if (array.shape.size() == 4) {
      const size_t c = i / kPlane, row = i / kSide % kSide, column = i % kSide;
      place = c + kChannels * (row + kSide * column);
    }
    planes[i] = array.bytes[image + images * place];
  }
  return planes;
}

void read_images(const PickleValue& data, std::vector<uint8_t>& out, const std::string& source) {
  if (data.kind != Kind::array) throw_bad(source, "'data' is no NumPy array");
  const std::vector<int64_t>& shape = data.shape;
  const bool rows = shape.size() == 2 && shape[1] == kImage;
  const bool planes = shape.size() == 4 && shape[1] == kChannels && shape[2] == kSide && shape[3] == kSide;
  if (data.dtype != "|u1" || (!rows && !planes)) {
    throw_bad(source, fmt::format("'data' is an array of type '{}' and shape {}, expected '|u1' (uint8) and "
                                  "(N, {}) or (N, 3, 32, 32)",
                                  data.dtype, Shape(shape).to_string(), kImage));
  }
  out.reserve(data.bytes.size());
  const size_t images = data.bytes.size() / kImage;
  for (size_t image = 0; image < images; ++image) {
    if (data.fortran_order)
      append_pixels(image_of_fortran(data, image).data(), out);
    else
      append_pixels(data.bytes.data() + image * kImage, out);
  }
}

// Labels from a list of numbers, a list of lists or arrays of one number (shape (N, 1)), or an array.
std::vector<int32_t> read_labels(const Pickle& pickle, const PickleValue& labels, const std::string& what) {
  NpyArray array{.dtype = labels.dtype, .shape = labels.shape, .bytes = {}};
  if (labels.kind == Kind::array) {
    array.bytes.assign(labels.bytes.begin(), labels.bytes.end());
    if (array.dtype[0] == '>') {
      const size_t size = static_cast<size_t>(array.dtype[2] - '0');
      for (auto at = array.bytes.begin(); at != array.bytes.end(); at += static_cast<ptrdiff_t>(size))
        std::reverse(at, at + static_cast<ptrdiff_t>(size));
      array.dtype[0] = '<';
    }
    return labels_of(array, what);
  }
  if (labels.kind != Kind::list && labels.kind != Kind::tuple)
    throw_bad(what, "neither a list nor a NumPy array");
  array.dtype = "<i8";
  array.shape = {static_cast<int64_t>(labels.items.size())};
  for (PickleRef ref : labels.items) {
    const PickleValue* label = &pickle.at(ref);
    if (label->kind == Kind::list && label->items.size() == 1) label = &pickle.at(label->items[0]);
    if (label->kind != Kind::integer) throw_bad(what, "a list that holds something that is no integer");
    for (int shift = 0; shift < 64; shift += 8)
      array.bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(label->integer) >> shift));
  }
  return labels_of(array, what);
}

}  // namespace

Dataset read_cifar_pickle(const CifarSet& set, std::vector<uint8_t> bytes, const std::string& source) {
  const Pickle pickle(std::move(bytes), source);
  if (pickle.root().kind != Kind::dict) throw_bad(source, "the pickle is no dict with 'data' and labels");
  Dataset dataset = empty_set(set, source);
  std::vector<uint8_t> images;
  const std::string what = fmt::format("{}: '{}'", source, set.label_key);
  dataset.labels = read_labels(pickle, value_of(pickle, set.label_key, source), what);
  read_images(value_of(pickle, "data", source), images, source);
  if (images.size() / kImage != dataset.labels.size()) {
    throw_bad(source, fmt::format("{} images, but {} labels", images.size() / kImage, dataset.labels.size()));
  }
  check_labels(dataset.labels, set.classes, what);
  dataset.inputs[0].bytes = std::move(images);
  return dataset;
}

Dataset read_cifar_binary(const CifarSet& set, const std::vector<uint8_t>& bytes, const std::string& source) {
  const size_t record = set.label_bytes + kImage;
  if (bytes.empty() || bytes.size() % record != 0) {
    throw_bad(source,
              fmt::format("{} bytes are no whole number of records of {} bytes ({} for labels, {} for "
                          "the image); was it copied completely?",
                          bytes.size(), record, set.label_bytes, kImage));
  }
  Dataset dataset = empty_set(set, source);
  std::vector<uint8_t> images;
  images.reserve(bytes.size() / record * kImage);
  for (size_t at = 0; at < bytes.size(); at += record) {
    dataset.labels.push_back(bytes[at + set.label_bytes - 1]);
    append_pixels(bytes.data() + at + set.label_bytes, images);
  }
  check_labels(dataset.labels, set.classes, source);
  dataset.inputs[0].bytes = std::move(images);
  return dataset;
}

}  // namespace tf_injector::detail::data
