// What an estimate has evaluated, in a file that it goes on with.
#include "estimate/estimate_state.hpp"
#include "fuzz_target.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  static const EstimateIdentity identity = {{"model", "m"}, {"seed", "1"}};
  constexpr int64_t kImages = 24;
  const std::string_view text = fuzz::as_text(data, size);
  const std::string path = folder.write("state", text);
  const auto draws = [&] { return EstimateState(path, identity, kImages).draws(); };
  const auto before = fuzz::accepted(draws, {ErrorKind::bad_input, ErrorKind::resume});
  if (!before) {
    fuzz::require(fuzz::read_file(path) == text, "a file that was refused is another");
    return 0;
  }
  const auto again = fuzz::accepted(draws);
  fuzz::require(again && *again == *before, "opened again, it holds another number of draws");
  EstimateState state(path, identity, kImages);
  state.add(3, {{int64_t{1} << 40, 7}});
  const EstimateState in_memory;
  fuzz::require(state.count(3, int64_t{1} << 40) == 7 && in_memory.draws() == 0,
                "a count that was added is another");
  return 0;
}
