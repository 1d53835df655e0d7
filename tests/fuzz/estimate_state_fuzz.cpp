// What an estimate has evaluated, in a file that it goes on with. "sha256,RIGHT" stands for the line with the
// hash of what is above it, which no mutation would find.
#include "estimate/estimate_state.hpp"
#include "fuzz_target.hpp"
#include "io/sha256.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

std::string with_hashes(std::string_view text) {
  constexpr std::string_view kHashLine = "sha256,", kRight = "RIGHT\n";
  std::string mended;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n')), end = text.substr(line.size(), 1);
    text.remove_prefix(line.size() + end.size());
    const std::string whole = std::string(line) + std::string(end);
    const bool is_right = whole.starts_with(kHashLine) && whole.substr(kHashLine.size()) == kRight;
    mended += is_right ? std::string(kHashLine) + sha256_of(mended.data(), mended.size()) + "\n" : whole;
  }
  return mended;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  static const EstimateIdentity whole = {{"model", "m"}, {"seed", "1"}, {kShardOfState, ""}},
                                shard = {{"model", "m"}, {"seed", "1"}, {kShardOfState, "3/8"}};
  constexpr int64_t kImages = 24;
  const std::string text = with_hashes(fuzz::as_text(data, size));
  const std::string path = folder.write("state", text);
  const EstimateIdentity& identity = text.find(kShardOfState) == std::string::npos ? whole : shard;
  fuzz::accepted([&] { return read_shard_state(path).counts.size(); },
                 {ErrorKind::bad_input, ErrorKind::resume});
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
