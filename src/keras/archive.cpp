#include "keras/archive.hpp"

#include <utility>

#include "io/file.hpp"
#include "io/zip_archive.hpp"
#include "keras/foreign_file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

// Configurations of the largest networks of keras.applications are 2 MB.
constexpr uint64_t kMaxConfigBytes = uint64_t{256} << 20;

Json parse_member(const ZipArchive& zip, const std::string& path, const std::string& member) {
  try {
    return parse_json(zip.read(member, kMaxConfigBytes));
  } catch (const ModelError& error) {
    throw ModelError(path + ": member '" + member + "': " + error.what());
  }
}

std::string version_of(const Json& metadata) {
  const Json* version = metadata.find("keras_version");
  return version != nullptr && version->is_string() ? version->get<std::string>() : std::string();
}

Archive open_zip(std::vector<uint8_t> bytes, const std::string& path) {
  const ZipArchive zip(std::move(bytes), path);
  refuse_foreign_zip(path, zip);
  Json config = parse_member(zip, path, "config.json");
  std::string version;
  if (zip.contains("metadata.json")) version = version_of(parse_member(zip, path, "metadata.json"));
  if (!zip.contains("model.weights.h5") && zip.contains("model.weights.json")) {
    throw ModelError(path +
                     ": its weights are cut into several files (model.weights.json); save the model without "
                     "max_shard_size");
  }
  Hdf5File weights(zip.read("model.weights.h5"), path + ": model.weights.h5");
  return {std::move(config), std::move(version), WeightLayout::keyed, std::move(weights)};
}

// Keras 1 had other layers and options. Its last versions wrote their version number.
void refuse_keras1(const std::string& path, const Json& config, const std::string& version) {
  bool is_keras1 = version.starts_with("1.");
  if (version.empty()) {
    is_keras1 = config.dump().find("\"W_regularizer\":") != std::string::npos;
  }
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
  std::string version = file.string_attribute("/", "keras_version").value_or("");
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
  return read_bytes(path);
}

Archive open_archive(const std::string& path) { return open_archive(read_model_file(path), path); }

}  // namespace tf_injector::detail::keras
