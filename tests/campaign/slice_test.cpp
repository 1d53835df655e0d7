// Slices: whoever evaluates them, in whichever pieces, what is written is what one run writes; and bytes that
// are not such a slice are refused.
#include "tf_injector/slice.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "campaign/campaign_fixture.hpp"
#include "campaign/slice_bytes.hpp"
#include "core/bits.hpp"
#include "core/same_bits.hpp"
#include "support/small_network.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

constexpr SmallNetworkOptions kNetwork{.network = {.side = 4, .channels = 3, .classes = 5, .blocks = 1},
                                       .images = 9};

// Model, images and some faults of a seed.
struct SliceCase {
  explicit SliceCase(unsigned seed, const CampaignOptions& with = {}, unsigned data_seed = 1)
      : options(with), model(small_network(kNetwork)), session(new_session(data_seed)) {
    std::mt19937 rng(seed);
    faults = all_faults(model);
    std::shuffle(faults.begin(), faults.end(), rng);
    faults.resize(17);
    for (size_t i = 0; i < faults.size(); ++i) faults[i].id = static_cast<int64_t>(100 - i);
  }

  [[nodiscard]] Session new_session(unsigned data_seed = 1, const RunTuning& tuning = blocks_of(4)) const {
    SmallNetworkOptions data = kNetwork;
    data.seed = data_seed;
    Dataset images = small_dataset(data);
    images.sha256 = std::string(64, static_cast<char>('a' + data_seed));
    return make_session(model, std::move(images), {.threads = 1, .tile = 2}, tuning);
  }
  [[nodiscard]] FaultList list(size_t first, size_t count) const {
    const auto begin = faults.begin() + static_cast<int64_t>(first);
    return FaultList::from_faults({begin, begin + static_cast<int64_t>(count)}, model, "list.csv");
  }
  [[nodiscard]] Campaign campaign() { return Campaign(session, list(0, faults.size()), options); }

  CampaignOptions options;
  Model model;
  Session session;
  std::vector<Fault> faults;
};

Error error_of_slice(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::internal, "nothing was refused"};
}

bool same_scores(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return same_bits(x, y); });
}

bool same_details(const FaultDetails& a, const FaultDetails& b) {
  for (const DetailsColumn& column : details_columns()) {
    if (column.count != nullptr ? a.*column.count != b.*column.count
                                : float_bits(a.*column.real) != float_bits(b.*column.real))
      return false;
  }
  return true;
}

TEST(SliceTest, WhoeverEvaluatesThemTheRowsAreThoseOfOneRun) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 rng(seed);
    const std::optional<int> checks[] = {std::nullopt, 0, 1, 3};
    SliceCase one(seed, {.check = checks[seed % 4],
                         .scores = std::array{ScoreMode::none, ScoreMode::changed, ScoreMode::all}[seed % 3],
                         .details = seed % 2 == 0});
    const Campaign campaign = one.campaign();
    MemoryReport expected, found;
    campaign.run(expected);
    Session sessions[] = {one.new_session(), one.new_session()};
    SliceRunner runners[] = {{sessions[0], one.options}, {sessions[1], one.options}};
    SliceWriter writer(campaign, found);
    if (writer.needs_scores()) writer.begin(runners[0].golden());
    while (static_cast<size_t>(writer.rows()) < one.faults.size()) {
      const auto first = static_cast<size_t>(writer.rows());
      const size_t count = 1 + rng() % (one.faults.size() - first);
      const double seconds = rng() % 2 == 0 ? 0.0 : 1e9;
      const std::string bytes = runners[rng() % 2].run(one.list(first, count), writer.rows(), seconds);
      const SliceHead head = slice_head(bytes);
      EXPECT_EQ(head.row, writer.rows());
      EXPECT_GE(head.faults, 1) << "a block at least";
      if (seconds > 0) {
        EXPECT_EQ(static_cast<size_t>(head.faults), count);
      } else {
        EXPECT_LE(head.faults, 4) << "and then the time is over";
      }
      writer.append(bytes);
    }
    writer.finish();
    EXPECT_TRUE(writer.is_finished());
    EXPECT_EQ(found.golden(), expected.golden());
    ASSERT_EQ(found.rows().size(), expected.rows().size());
    int64_t critical = 0;
    for (size_t i = 0; i < found.rows().size(); ++i) {
      EXPECT_EQ(found.rows()[i].fault.id, expected.rows()[i].fault.id);
      EXPECT_EQ(found.rows()[i].tally, expected.rows()[i].tally) << seed << ", row " << i;
      critical += expected.rows()[i].tally.critical();
    }
    EXPECT_EQ(writer.critical(), critical);
    EXPECT_TRUE(same_bits(found.golden_scores(), expected.golden_scores()) || !writer.needs_scores());
    EXPECT_TRUE(same_scores(found.fault_scores(), expected.fault_scores())) << seed;
    ASSERT_EQ(found.details().size(), expected.details().size());
    for (size_t i = 0; i < found.details().size(); ++i)
      EXPECT_TRUE(same_details(found.details()[i], expected.details()[i])) << seed << ", row " << i;
    EXPECT_EQ(found.confusion(), expected.confusion());
  }
}

TEST(SliceTest, WithCheckNTheSameFaultsAreCheckedAsInOneRun) {
  SliceCase one(1, {.check = 5});
  SliceRunner runner(one.session, one.options);
  int64_t checked = 0;
  for (size_t first = 0; first < one.faults.size(); first += 3) {
    const size_t count = std::min<size_t>(3, one.faults.size() - first);
    const std::string bytes = runner.run(one.list(first, count), static_cast<int64_t>(first), 1e9);
    checked += read_slice(bytes, slice_form(one.campaign())).check.faults;
  }
  EXPECT_EQ(checked, 4);  // 0, 5, 10, 15
}

TEST(SliceTest, EveryChangedByteIsNoticed) {
  SliceCase one(2, {.scores = ScoreMode::changed, .details = true});
  const Campaign campaign = one.campaign();
  const SliceForm form = slice_form(campaign);
  Session session = one.new_session();
  SliceRunner runner(session, one.options);
  const std::string bytes = runner.run(one.list(0, 6), 0, 1e9);
  EXPECT_EQ(read_slice(bytes, form).tallies.size(), 6U);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_EQ(error_of_slice([&] { static_cast<void>(slice_head(changed)); }).kind(), ErrorKind::bad_input)
        << at;
  }
  for (size_t size = 0; size < bytes.size(); size += 7) {
    EXPECT_EQ(error_of_slice([&] { static_cast<void>(read_slice(bytes.substr(0, size), form)); }).kind(),
              ErrorKind::bad_input)
        << size;
  }
}

TEST(SliceTest, WhatIsNotTheNextSliceOfTheCampaignIsRefused) {
  SliceCase one(3), other_data(3, {}, 2), with_details(3, {.details = true});
  const Campaign campaign = one.campaign();
  MemoryReport report;
  SliceWriter writer(campaign, report);
  Session session = one.new_session();
  SliceRunner runner(session, one.options);
  const auto refusal = [&](const std::string& bytes, ErrorKind kind = ErrorKind::bad_input) {
    const size_t rows = report.rows().size();
    const Error error = error_of_slice([&] { writer.append(bytes); });
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_EQ(report.rows().size(), rows);
    return std::string(error.what());
  };
  EXPECT_THAT(refusal(""), HasSubstr("it is cut off"));
  EXPECT_THAT(refusal(std::string(500, 'x')), HasSubstr("it is none, or of another version"));
  EXPECT_THAT(refusal(SliceRunner(other_data.session, {}).run(one.list(0, 3), 0, 1e9)),
              HasSubstr("of another campaign"));
  EXPECT_THAT(refusal(SliceRunner(with_details.session, {.details = true}).run(one.list(0, 3), 0, 1e9)),
              HasSubstr("of another campaign"));
  EXPECT_THAT(refusal(runner.run(one.list(2, 3), 2, 1e9)),
              HasSubstr("expected one from row 0 on, found row 2"));
  EXPECT_THAT(refusal(runner.run(one.list(2, 3), 0, 1e9)), HasSubstr("expected inj_id 100, found 98"));
  EXPECT_THAT(refusal(runner.golden()), HasSubstr("found 0"));
  const std::string first = runner.run(one.list(0, 3), 0, 1e9);
  writer.append(first);
  EXPECT_THAT(refusal(first), HasSubstr("expected one from row 3 on, found row 0"));
  Slice slice = read_slice(runner.run(one.list(3, 2), 3, 1e9), slice_form(campaign));
  slice.tallies[1].masked = kNetwork.images + 1;
  EXPECT_THAT(refusal(slice_bytes(slice_form(campaign), slice)),
              HasSubstr("masked: expected 0 to 9, found 10"));
  slice.tallies[1].masked = 0;
  slice.golden_sha256.back() = slice.golden_sha256.back() == '0' ? '1' : '0';
  EXPECT_THAT(refusal(slice_bytes(slice_form(campaign), slice), ErrorKind::self_check),
              HasSubstr("found other scores without a fault"));
  EXPECT_EQ(error_of_slice([&] { writer.finish(); }).kind(), ErrorKind::usage);
}

TEST(SliceTest, AStoppedSliceEndsAndTheNextOneGoesOn) {
  SliceCase one(4);
  SliceRunner runner(one.session, one.options);
  std::atomic<bool> stop{true};
  CampaignCallbacks callbacks;
  callbacks.stop = &stop;
  EXPECT_EQ(error_of_slice([&] { static_cast<void>(runner.run(one.list(0, 3), 0, 1e9, callbacks)); }).kind(),
            ErrorKind::interrupted);
  stop = false;
  EXPECT_EQ(slice_head(runner.run(one.list(0, 3), 0, 1e9, callbacks)).faults, 3);
}

TEST(SliceTest, AReportGoesOnWithSlicesAndWithoutThem) {
  SliceCase one(5, {.scores = ScoreMode::changed, .details = true});
  const Campaign campaign = one.campaign();
  const std::string folder = testing::TempDir() + "tfi_slices_" + std::to_string(getpid());
  fs::create_directories(folder);
  const auto options = [&](const std::string& name) {
    return ReportOptions{.path = folder + "/" + name + ".csv",
                         .details_path = folder + "/" + name + ".d.csv"};
  };
  {
    CsvReport whole(campaign, options("whole"));
    campaign.run(whole);
  }
  Session session = one.new_session();
  SliceRunner runner(session, one.options);
  {
    CsvReport report(campaign, options("r"));
    SliceWriter writer(campaign, report);
    writer.begin(runner.golden());
    writer.append(runner.run(one.list(0, 5), 0, 1e9));
  }
  {
    std::atomic<bool> stop{false};
    int blocks = 0;
    EngineHooks hooks;
    hooks.block = [&](size_t) { stop = blocks++ == 1; };  // one block is finished
    Session stopped = one.new_session(1, tuning_with(hooks, 4));
    CampaignCallbacks callbacks;
    callbacks.stop = &stop;
    const Campaign cut(stopped, one.list(0, one.faults.size()), one.options);
    CsvReport report(cut, options("r"));
    EXPECT_EQ(error_of_slice([&] { cut.run(report, callbacks); }).kind(), ErrorKind::interrupted);
  }
  {
    CsvReport report(campaign, options("r"));
    SliceWriter writer(campaign, report);
    EXPECT_EQ(writer.rows(), 9);
    writer.begin(runner.golden());
    const auto first = static_cast<size_t>(writer.rows());
    writer.append(runner.run(one.list(first, one.faults.size() - first), writer.rows(), 1e9));
    writer.finish();
  }
  for (const char* end : {".csv", ".d.csv"})
    EXPECT_EQ(read_text(folder + "/r" + end), read_text(folder + "/whole" + end));
  for (const auto& entry : fs::directory_iterator(folder + "/whole"))
    EXPECT_EQ(read_text(folder + "/r/" + entry.path().filename().string()), read_text(entry.path().string()));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace tf_injector::detail::test
