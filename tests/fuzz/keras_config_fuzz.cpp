// config.json beside the weights of a small model. The version of Keras, which decides how much of it is
// read, is that of the model's file, or "keras_version" in the configuration.
#include "core/printable.hpp"
#include "graph_check.hpp"
#include "json_mutator.hpp"
#include "keras/json_text.hpp"
#include "model_parts.hpp"

using namespace tf_injector::detail;

namespace {

// What metadata.json could not hold counts as no version.
std::string version_in(const Json& config, const std::string& otherwise) {
  constexpr size_t kLongest = 60;
  const Json* version = config.find("keras_version");
  if (version == nullptr || !version->is_string()) return otherwise;
  return version->text().size() > kLongest ? "" : printable(version->text());
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  keras::Archive& model = fuzz::chosen_model(data[0]);
  const std::string of_file = model.keras_version;
  const auto graph = fuzz::accepted([&] {
    model.config = keras::parse_json({data + 1, size - 1});
    model.keras_version = version_in(model.config, of_file);
    return keras::import_archive(model);
  });
  model.keras_version = of_file;
  if (graph) fuzz::check_graph(*graph);
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json(data, size, max_size, seed, 1);
}
