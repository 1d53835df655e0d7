// A fault list on the disk, which is read block by block, and its plan beside it: the list, a NUL, the plan.
#include <algorithm>

#include "json_mutator.hpp"
#include "support/small_network.hpp"
#include "tf_injector/fault_list.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  static const Model model = test::small_network();
  const std::string_view text = fuzz::as_text(data, size);
  const size_t nul = std::min(text.find('\0'), text.size());
  const std::string_view csv = text.substr(0, nul);
  const std::string path = folder.write("l.csv", csv);
  folder.write("l.csv.plan.json", text.substr(std::min(nul + 1, text.size())));
  const auto list = fuzz::accepted([&] { return FaultList::read(path, model); });
  const auto in_memory = fuzz::accepted([&] { return FaultList::parse(csv, path, model); });
  fuzz::require(list.has_value() == in_memory.has_value(), "read from a file, the list is another");
  if (!list) return 0;
  fuzz::require(list->rows().faults() == in_memory->rows().faults() && list->sha256() == in_memory->sha256(),
                "read from a file, the rows are others");
  for (const std::string& note : list->notes()) fuzz::check_message(note);
  if (list->plan().empty()) return 0;
  const auto again = fuzz::accepted([&] { return in_memory->with_plan(list->plan()); });
  fuzz::require(again && again->plan() == list->plan(), "a plan that was accepted is refused");
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json_parts(data, size, max_size, seed, 0);
}
