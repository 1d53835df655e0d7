#include "keras/archive.hpp"

#include <algorithm>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "core/printable.hpp"
#include "io/file.hpp"
#include "io/zip_archive.hpp"
#include "keras/foreign_file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

Json parse_member(const ZipArchive& zip, const std::string& path, const std::string& member) {
  try {
    return parse_json(zip.read(member, kMaxJsonBytes));
  } catch (const ModelError& error) {
    throw ModelError(path + ": member '" + member + "': " + error.what());
  }
}

// The version as Keras writes it: "2.14.0", "3.0.0.dev2024011503".
std::string checked_version(std::string version, const std::string& path) {
  constexpr size_t kLongest = 60;
  if (version.size() > kLongest || has_control_characters(version))
    throw ModelError(path + ": keras_version: expected a version such as 2.14.0, found " +
                     brief(Json(version)));
  return version;
}

std::string version_of(const Json& metadata, const std::string& path) {
  const Json* version = member(metadata, "keras_version");
  if (version == nullptr) return "";
  if (!version->is_string())
    throw ModelError(path + ": keras_version: expected a text, found " + brief(*version));
  return checked_version(version->text(), path);
}

Archive open_zip(std::vector<uint8_t> bytes, const std::string& path) {
  constexpr size_t kMostMembers = 1000;  // Keras writes three, and a few for vocabularies
  const ZipArchive zip(std::move(bytes), path, kMostMembers);
  refuse_foreign_zip(path, zip);
  Json config = parse_member(zip, path, "config.json");
  std::string version;
  if (zip.contains("metadata.json")) version = version_of(parse_member(zip, path, "metadata.json"), path);
  if (!zip.contains("model.weights.h5") && zip.contains("model.weights.json")) {
    throw ModelError(path +
                     ": its weights are cut into several files (model.weights.json); save the model without "
                     "max_shard_size");
  }
  Hdf5File weights(zip.read("model.weights.h5"), path + ": model.weights.h5");
  return {std::move(config), std::move(version), WeightLayout::keyed, std::move(weights)};
}

// Whether a key of that name stands anywhere in it.
bool holds_key(const Json& value, std::string_view key) {
  return value.contains(key) ||
         std::any_of(value.begin(), value.end(), [&](const Json& item) { return holds_key(item, key); });
}

// Keras 1 had other layers and options. Its last versions wrote their version number.
void refuse_keras1(const std::string& path, const Json& config, const std::string& version) {
  bool is_keras1 = version.starts_with("1.");
  if (version.empty()) is_keras1 = holds_key(config, "W_regularizer");
  if (!is_keras1) return;
  throw ModelError(
      path + ": is a file of Keras 1" + (version.empty() ? "" : " (" + version + ")") +
      "; files of Keras 2.0 and later are read: load it with Keras 2.0 to 2.3 and save it again");
}

Archive open_hdf5(std::vector<uint8_t> bytes, const std::string& path) {
  Hdf5File file(std::move(bytes), path);
  const auto text = file.string_attribute("/", "model_config");
  if (!text) {
    throw ModelError(
        path + ": holds weights only (no attribute 'model_config'); save the whole model with model.save()");
  }
  Json config;
  try {
    config = parse_json({reinterpret_cast<const uint8_t*>(text->data()), text->size()});
  } catch (const ModelError& error) {
    throw ModelError(path + ": attribute 'model_config': " + error.what());
  }
  std::string version = checked_version(file.string_attribute("/", "keras_version").value_or(""), path);
  refuse_keras1(path, config, version);
  return {std::move(config), std::move(version), WeightLayout::legacy, std::move(file)};
}

}  // namespace

Archive open_archive(std::vector<uint8_t> bytes, const std::string& path) {
  if (Hdf5File::is_hdf5(bytes)) return open_hdf5(std::move(bytes), path);
  if (!ZipArchive::is_zip(bytes)) refuse_foreign_file(path, bytes);
  return open_zip(std::move(bytes), path);
}

std::vector<uint8_t> read_model_file(const std::string& path) {
  if (!file_exists(path)) throw ModelError(path + ": no such file");
  refuse_folder(path);
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) {  // whatever its size, nothing else of it is read
    constexpr size_t kStart = size_t{1} << 16;
    const std::string text = read_beginning(path, kStart);
    const std::span start(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    if (!Hdf5File::is_hdf5(start) && !ZipArchive::is_zip(start)) refuse_foreign_file(path, start);
  }
  return read_bytes(path);
}

Archive open_archive(const std::string& path) { return open_archive(read_model_file(path), path); }

}  // namespace tf_injector::detail::keras
