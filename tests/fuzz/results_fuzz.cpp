// Results of faults as `compare` reads them: one file, a NUL, another file; and a NUL and the metadata beside
// the first one.
#include "core/json.hpp"
#include "json_mutator.hpp"
#include "tf_injector/compare.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

// From a file, with its metadata, the rows are the same.
void check_file(std::string_view csv, std::string_view metadata, const std::optional<FaultResults>& parsed) {
  static const fuzz::ScratchFolder folder;
  const std::string path = folder.write("a.csv", csv);
  folder.write("a.run.json", metadata);
  const auto read = fuzz::accepted([&] { return FaultResults::read(path); });
  fuzz::require(read.has_value() == parsed.has_value(), "read from a file, the results are others");
  if (!read) return;
  fuzz::require(read->rows.size() == parsed->rows.size(), "read from a file, the rows are others");
  for (const std::string& note : read->notes) fuzz::check_message(note);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const size_t nul = std::min(text.find('\0'), text.size());
  const auto a = fuzz::accepted([&] { return FaultResults::parse(text.substr(0, nul), "a.csv"); });
  const std::string_view rest = text.substr(std::min(nul + 1, text.size()));
  const size_t end = std::min(rest.find('\0'), rest.size());
  const auto b = fuzz::accepted([&] { return FaultResults::parse(rest.substr(0, end), "b.csv"); });
  if (end < rest.size()) check_file(text.substr(0, nul), rest.substr(end + 1), a);
  if (!a) return 0;
  const Comparison with_itself = compare(*a, *a);
  fuzz::require(with_itself.is_same, "results that differ from themselves");
  fuzz::require(with_itself.matched == static_cast<int64_t>(a->rows.size()), "a row without its equal");
  if (!b) return 0;
  const Comparison forth = compare(*a, *b), back = compare(*b, *a);
  fuzz::require(forth.is_same == back.is_same && forth.matched == back.matched,
                "another answer the other way round");
  for (const std::string& note : forth.notes) fuzz::check_message(note);
  fuzz::check_message(forth.verdict);
  (void)Json::parse(forth.json());
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json_parts(data, size, max_size, seed, 0);
}
