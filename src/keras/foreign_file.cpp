#include "keras/foreign_file.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "core/printable.hpp"
#include "io/file.hpp"
#include "io/posix.hpp"
#include "io/stand_in.hpp"
#include "io/zip_archive.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExpected = "expected a .keras or .h5 file";
constexpr const char* kSavedModel = "saved_model.pb";

[[noreturn]] void refuse(const std::string& path, const std::string& problem) {
  throw ModelError(path + ": " + problem);
}

// The remedy for a SavedModel. One that Keras 2 wrote can be loaded and saved in another format.
std::string saved_model_remedy(const std::string& name, bool of_keras2) {
  std::string text = std::string(kExpected) +
                     ": save the Keras model that it was made from with model.save('" + name + ".keras')";
  if (of_keras2) text += " (tf.keras.models.load_model of TensorFlow up to 2.15 loads this one)";
  return text;
}

// The names of the model files in a folder, at most three: " (it holds a.keras)".
std::string models_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string suffix = it->path().extension().string();
    if (suffix == ".keras" || suffix == ".h5" || suffix == ".hdf5")
      names.push_back(it->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  if (names.empty()) return "";
  std::string text = " (it holds " + names[0];
  constexpr size_t kShown = 3;
  for (size_t i = 1; i < std::min(names.size(), kShown); ++i) text += ", " + names[i];
  return text + (names.size() > kShown ? ", ...)" : ")");
}

std::string name_of(const std::string& path) {
  std::error_code ignored;
  fs::path absolute = fs::absolute(path, ignored).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return absolute.filename().string();
}

struct Signature {
  size_t at;
  std::string_view bytes;
  const char* what;
};
constexpr Signature kSignatures[] = {
    {4, "TFL3",
     "a TensorFlow Lite model, whose weights are another network's; the Keras model that it was converted "
     "from"},
    {0, "\x1f\x8b", "a gzip archive; unpack it"},
    {0, "{",
     "a JSON text: the configuration of a model without its weights; save the whole model with model.save()"},
    {0, "<", "a page of a web site (HTML or XML), not the file that it offers; download that"},
    {0, "\x80", "a Python pickle; save the model with model.save()"},
};

}  // namespace

void refuse_folder(const std::string& path) {
  std::error_code error;
  const fs::path folder(path);
  if (!fs::is_directory(folder, error)) return;
  const auto has = [&](const char* name) { return file_exists((folder / name).string()); };
  const std::string name = name_of(path);
  if (has(kSavedModel) || has("saved_model.pbtxt")) {
    refuse(path, "is a SavedModel folder; " + saved_model_remedy(name, has("keras_metadata.pb")));
  }
  if (has("config.json") && has("model.weights.h5")) {
    refuse(path,
           "is a Keras model saved as a folder (zipped=False); expected one file: save it with model.save('" +
               name + ".keras'), or make it of the three files in the folder: python3 -m zipfile -c " + name +
               ".keras " + path + (path.ends_with('/') ? "*" : "/*"));
  }
  refuse(path, std::string("is a folder; ") + kExpected + models_in(folder));
}

void refuse_foreign_file(const std::string& path, std::span<const uint8_t> bytes) {
  refuse_stand_in(path, bytes);
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (start.empty()) refuse(path, std::string("is empty; ") + kExpected);
  if (name_of(path) == kSavedModel) {
    const std::string folder = posix::folder_of(path);
    refuse(path, "is part of a SavedModel folder; " +
                     saved_model_remedy(name_of(folder), file_exists(folder + "/keras_metadata.pb")));
  }
  for (const Signature& kind : kSignatures) {
    if (start.size() >= kind.at && start.substr(kind.at).starts_with(kind.bytes))
      refuse(path, std::string("is no Keras model but ") + kind.what);
  }
  refuse(path, std::string("neither a zip archive nor an HDF5 file; ") + kExpected);
}

void refuse_foreign_zip(const std::string& path, const ZipArchive& zip) {
  if (zip.contains("config.json")) return;
  for (const std::string& member : zip.names()) {
    const fs::path inside(member);
    const std::string name = inside.filename().string();
    if (name == kSavedModel) {
      refuse(path,
             "is a zipped SavedModel folder; " + saved_model_remedy(fs::path(path).stem().string(), false));
    }
    if (name == "config.json" || inside.extension() == ".keras" || inside.extension() == ".h5") {
      refuse(path, "is an archive that holds a model ('" + printable(member) +
                       "'), not the model itself; unpack it");
    }
    if (name == "data.pkl")
      refuse(path, "is a PyTorch file; expected a model of Keras, in a .keras or .h5 file");
  }
}

}  // namespace tf_injector::detail::keras
