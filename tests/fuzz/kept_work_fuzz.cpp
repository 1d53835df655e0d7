// What a run that was killed has kept, and what goes on from it: a block (<report>.run.part), the run without
// a fault (<report>.run.golden), or scores of a block (<report>.run.part.scores). The first byte: 1: what
// follows is the whole file, else only what stands between its first lines and its hash, which are right; 2:
// details are counted; 4: a hash in it is made the right one; 8: the run without a fault; 16: scores.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/same_bits.hpp"
#include "fuzz_target.hpp"
#include "io/sha256.hpp"
#include "report/report_names.hpp"
#include "report/score_log.hpp"
#include "report/work_file.hpp"
#include "session/block_run.hpp"
#include "session/kept_scores.hpp"
#include "session/partial_block.hpp"
#include "session/partial_golden.hpp"
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

  // The run without a fault goes on from the bytes, if they are of it.
  void go_on_golden(std::string bytes) {
    const std::optional<PartialGolden> before = PartialGolden::read(std::move(bytes), setup_);
    if (!before) return;
    fuzz::require(before->share() >= 0 && before->share() <= 1, "more images than there are");
    const GoldenRun golden = run_golden(setup_, *engine_, {.before = &*before});
    fuzz::require(golden.is_done && golden.total.images == kImages, "a golden run that is not done");
    for (int64_t image = 0; image < kImages; ++image) {
      if (before->done[static_cast<size_t>(image)]) continue;
      fuzz::require(same_bits(setup_.row(golden.scores, image), setup_.row(golden_.scores, image)),
                    "a golden row that was not kept is another");
    }
    const std::string again = partial_golden_bytes(setup_, golden, before->done, before->thread_seconds);
    fuzz::require(PartialGolden::read(again, setup_).has_value(), "what is kept again is refused");
  }

  // Scores of what is done of a block.
  void read_scores_of(std::string_view bytes) const {
    DonePairs done;
    for (const PairArea& area : {PairArea{0, 2, 0, 3}, PairArea{2, 2, 1, 2}}) done.add(area);
    BlockScores scores(kFaults, golden_.scores), same = scores;
    if (!read_scores(setup_, done, scores, source(bytes))) return;
    for (size_t fault = 0; fault < kFaults; ++fault) {
      for (int64_t image = 0; image < kImages; ++image) {
        if (done.has(BlockIndex(fault), image)) continue;
        fuzz::require(same_bits(setup_.row(scores[fault], image), setup_.row(golden_.scores, image)),
                      "scores of what is not done");
      }
    }
    std::string again;
    write_scores(setup_, golden_, scores, done.areas(), [&](std::string_view piece) { again += piece; });
    fuzz::require(read_scores(setup_, done, same, source(again)), "scores that are kept again are refused");
    for (size_t fault = 0; fault < kFaults; ++fault)
      fuzz::require(same_bits(scores[fault], same[fault]), "written and read again, scores are others");
  }

  [[nodiscard]] const Setup& setup() const { return setup_; }

 private:
  // Gives the bytes one part after the other.
  static std::function<size_t(std::span<char>)> source(std::string_view bytes) {
    return [bytes](std::span<char> to) mutable {
      const size_t count = bytes.copy(to.data(), to.size());
      bytes.remove_prefix(count);
      return count;
    };
  }

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

void check_file(const fuzz::ScratchFolder& folder, WorkFile::Kind kind, std::string_view bytes) {
  const std::string path = folder.write(kind == WorkFile::Kind::block ? "r.run.part" : "r.run.golden", bytes);
  const WorkFile file(kind, metadata_path_of(folder / "r.csv"));
  fuzz::require(file.path() == path, "another file");
  const bool is_own = file.is_own();
  const std::string work = file.read("{}", [](const std::string& line) { fuzz::check_message(line); }).work;
  fuzz::require(work.empty() || is_own, "work of a file that is another's");
  fuzz::require(work.empty() || bytes.find(work) != std::string_view::npos, "work that is not in the file");
  file.remove();
  fuzz::require(std::filesystem::exists(path) != is_own, "another's file is removed, or ours stays");
}

// A line with what is known of the file, then the file.
void check_score_log(const fuzz::ScratchFolder& folder, std::string_view text, bool has_right_state) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view bytes = text.substr(std::min(end + 1, text.size()));
  const std::string path = folder.write("r.run.part.scores", bytes);
  const std::string state = has_right_state
                                ? std::to_string(bytes.size()) + " " + sha256_of(bytes.data(), bytes.size())
                                : std::string(text.substr(0, end));
  ScoreLog log(folder / "r.run.part");
  const bool is_own = log.is_own(), is_open = log.open(state);
  fuzz::require(!is_open || is_own, "scores of a file that is another's");
  if (is_open) {
    const size_t known = std::stoul(state);
    std::string read(bytes.size() + 1, '\0');
    read.resize(log.read(read));
    fuzz::require(bytes.substr(0, known).ends_with(read), "scores that are not in the file");
    log.append("more");
    log.sync();
    fuzz::require(fuzz::read_file(path) == std::string(bytes.substr(0, known)) + "more",
                  "what is appended does not stand behind what is known");
    fuzz::require(log.open(log.state()), "what was written is refused");
  } else {
    fuzz::require(fuzz::read_file(path) == bytes, "a file that was refused is another");
  }
  log.remove();
  fuzz::require(std::filesystem::exists(path) != is_own, "another's file is removed, or ours stays");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const fuzz::ScratchFolder folder;
  static Run plain(false), with_details(true);
  const std::string_view bytes = fuzz::as_text(data + 1, size - 1);
  const bool is_file = (data[0] & 1) != 0, mends = (data[0] & 4) != 0, is_golden = (data[0] & 8) != 0,
             is_scores = (data[0] & 16) != 0;
  Run& run = (data[0] & 2) != 0 ? with_details : plain;
  if (is_file && is_scores) {
    check_score_log(folder, bytes, mends);
  } else if (is_file) {
    check_file(folder, is_golden ? WorkFile::Kind::golden : WorkFile::Kind::block, bytes);
  } else if (is_scores) {
    run.read_scores_of(bytes);
  } else if (is_golden) {
    run.go_on_golden(std::string(bytes));
  } else {
    run.go_on(mends ? run.with_golden(std::string(bytes)) : std::string(bytes));
  }
  return 0;
}
