#include "keras/archive.hpp"

#include "io/file.hpp"
#include "io/zip_archive.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::keras {
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
  if (!metadata.is_object()) return {};
  const auto version = metadata.find("keras_version");
  return version != metadata.end() && version->is_string() ? version->get<std::string>() : std::string();
}

Archive open_zip(const std::string& path) {
  const ZipArchive zip(path);
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

Archive open_hdf5(const std::string& path) {
  Hdf5File file(read_bytes(path), path);
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
  return {std::move(config), std::move(version), WeightLayout::legacy, std::move(file)};
}

}  // namespace

Archive open_archive(const std::string& path) {
  if (Hdf5File::is_hdf5(path)) return open_hdf5(path);
  if (!file_exists(path)) throw ModelError(path + ": no such file");
  return open_zip(path);
}

}  // namespace tf_injector::keras
