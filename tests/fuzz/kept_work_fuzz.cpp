// What a run that was killed has kept of a block, <report>.run.part, and the block that goes on from it. The
// first byte: 1: what follows is the whole file, else only what stands between its first lines and its hash,
// which are right; 2: details are counted; 4: the hash of golden is made the right one.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "fuzz_target.hpp"
#include "io/sha256.hpp"
#include "report/report_names.hpp"
#include "report/work_file.hpp"
#include "session/block_run.hpp"
#include "session/partial_block.hpp"
#include "session/run_estimate.hpp"
#include "session/setup.hpp"
#include "support/small_network.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

constexpr int64_t kImages = 6;
constexpr size_t kFaults = 4;
constexpr size_t kHeadBytes = 88, kAreasAt = 72, kAreaBytes = 32, kHashDigits = 64;  // of partial_block_bytes

// A run that is about to begin its only block, of which a part may be done.
class Run {
 public:
  explicit Run(bool has_details)
      : session_(make_session(test::small_network(kNetwork), test::small_dataset(kNetwork),
                              {.threads = 1, .tile = 1}, {})),
        setup_(set_up(session_.state(), list(session_.model()),
                      {.scores = ScoreMode::none, .check = {}, .details = has_details})),
        engine_(setup_.make_engine()),
        golden_(run_golden(setup_, *engine_, {})) {}

  // `bytes` with the hash of the golden rows of the images that they say are done.
  [[nodiscard]] std::string with_golden(std::string bytes) const {
    DonePairs done;
    uint64_t areas = 0;
    if (bytes.size() < kHeadBytes) return bytes;
    std::memcpy(&areas, bytes.data() + kAreasAt, sizeof areas);
    if (areas > (bytes.size() - kHeadBytes) / kAreaBytes) return bytes;
    const size_t hash_at = kHeadBytes + areas * kAreaBytes;
    if (bytes.size() < hash_at + kHashDigits) return bytes;
    for (uint64_t i = 0; i < areas; ++i) {
      PairArea area;
      std::memcpy(&area, bytes.data() + kHeadBytes + i * kAreaBytes, kAreaBytes);
      if (area.first_image < 0 || area.images < 0 || area.first_image > kImages ||
          area.images > kImages - area.first_image)
        return bytes;
      done.add(area);
    }
    const std::vector<bool> has = done.images(kImages);
    Sha256 hash;
    for (int64_t image = 0; image < kImages; ++image) {
      const std::span<const float> row = setup_.row(golden_.scores, image);
      if (has[static_cast<size_t>(image)]) hash.update(row.data(), row.size_bytes());
    }
    return bytes.replace(hash_at, kHashDigits, hash.hex());
  }

  // Goes on from the bytes, if they are of this block.
  void go_on(const std::string& bytes) {
    std::optional<PartialBlock> before = PartialBlock::read(bytes, setup_, ListIndex(0));
    if (!before) return;
    const size_t count = before->count();
    fuzz::require(count > 0 && count <= kFaults, "a block of faults that there are not");
    const int64_t pairs = before->done.pairs();
    fuzz::require(pairs >= 0 && pairs < static_cast<int64_t>(count) * kImages, "a block that is complete");
    GoldenRun golden = golden_;
    KeptRows kept(kImages, static_cast<int64_t>(setup_.classes()));
    std::vector<BlockIndex> order(count, BlockIndex(0));
    for (size_t i = 0; i < count; ++i) order[i] = BlockIndex(count - 1 - i);
    kept.begin(order, [](int64_t i) { return i % kImages; });
    const bool has_kept = before->restore(&kept),
               is_joined = before->is_joined() && count == kFaults && joins_golden(setup_, 0.0, count);
    if (!is_joined && !before->has_golden(setup_, golden)) return;
    BlockRunner runner(
        setup_, *engine_, golden, [](ListIndex) { return false; }, nullptr, [](int64_t) {});
    KeptRows* rows = has_kept ? &kept : nullptr;
    const BlockResult block = is_joined ? runner.run_with_golden(ListIndex(0), count, rows, std::move(before))
                                        : runner.run(ListIndex(0), count, rows, std::move(before));
    check(block, count);
  }

  [[nodiscard]] const Setup& setup() const { return setup_; }

 private:
  static constexpr test::SmallNetworkOptions kNetwork{
      .network = {.side = 3, .channels = 2, .classes = 3, .blocks = 1}, .images = kImages};

  static FaultList list(const Model& model) {
    const std::vector<Fault> all = test::all_faults(model);
    std::vector<Fault> faults;
    for (size_t i = 0; i < kFaults; ++i) {
      faults.push_back(all[(2 * i + 1) * all.size() / (2 * kFaults)]);
      faults.back().id = static_cast<int64_t>(i);
    }
    return FaultList::from_faults(faults, model, "list.csv");
  }

  // Whatever was kept: a row never counts more images than there are.
  void check(const BlockResult& block, size_t count) const {
    fuzz::require(block.tallies.size() == count, "as many rows as faults");
    for (size_t i = 0; i < count; ++i) {
      const Tally& tally = block.tallies[i];
      fuzz::require(tally.images == kImages, "a row of another number of images");
      for (const TallyColumn& column : tally_columns()) {
        if (column.count == nullptr) continue;
        const int64_t images = tally.*column.count;
        fuzz::require(images >= 0 && images <= kImages, "a count of more images than there are");
      }
      if (!block.details) continue;
      const FaultDetails details = block.details->details(i, tally);
      fuzz::require(details.majority_images <= kImages, "more images than there are in a class");
    }
  }

  Session session_;
  Setup setup_;
  std::unique_ptr<Engine> engine_;
  GoldenRun golden_;
};

void check_file(const fuzz::ScratchFolder& folder, std::string_view bytes) {
  const std::string path = folder.write("r.run.part", bytes);
  const WorkFile file(WorkFile::Kind::block,
                      metadata_path_of(path.substr(0, path.rfind("run.part")) + "csv"));
  const bool is_own = file.is_own();
  const std::string work = file.read("{}", [](const std::string& line) { fuzz::check_message(line); }).work;
  fuzz::require(work.empty() || is_own, "work of a file that is another's");
  fuzz::require(work.empty() || bytes.find(work) != std::string_view::npos, "work that is not in the file");
  file.remove();
  fuzz::require(std::filesystem::exists(path) != is_own, "another's file is removed, or ours stays");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const fuzz::ScratchFolder folder;
  static Run plain(false), with_details(true);
  const std::string_view bytes = fuzz::as_text(data + 1, size - 1);
  if ((data[0] & 1) != 0) {
    check_file(folder, bytes);
    return 0;
  }
  Run& run = (data[0] & 2) != 0 ? with_details : plain;
  run.go_on((data[0] & 4) != 0 ? run.with_golden(std::string(bytes)) : std::string(bytes));
  return 0;
}
