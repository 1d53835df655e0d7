// The metadata of a report, <report>.run.json.
#include "json_mutator.hpp"
#include "report/run_metadata.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(fuzz::as_text(data, size));
  const auto metadata =
      fuzz::accepted([&] { return parse_metadata(text, "r.run.json"); }, {ErrorKind::resume});
  if (!metadata) return 0;
  const std::string written = metadata_text(*metadata);
  const auto again =
      fuzz::accepted([&] { return parse_metadata(written, "again.run.json"); }, {ErrorKind::resume});
  fuzz::require(again.has_value(), "what was written is not read again");
  fuzz::require(metadata_text(*again) == written, "written and read again, the metadata are others");
  fuzz::require(again->settings == metadata->settings && again->rows == metadata->rows, "other settings");
  fuzz::require(differences(again->settings, metadata->settings).empty(),
                "settings that differ from themselves");
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json(data, size, max_size, seed, 0);
}
