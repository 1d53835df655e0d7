// The bytes of details, what is read back, and what is refused.
#include "report/details_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "campaign/campaign_fixture.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

const FaultDetails kDetails{.nan_images = 1,
                            .inf_images = 2,
                            .sdc5 = 3,
                            .sdc10pct = 5,
                            .sdc20pct = 4,
                            .fixed = 6,
                            .broken = 7,
                            .majority_class = 8,
                            .majority_images = 9,
                            .max_abs_logit_change = 0.1f,
                            .golden_value = -0.0028779502f,
                            .faulty_value = kInf};
constexpr const char* kRow = "1228,1,2,3,5,4,6,7,8,9,0.1,-0.0028779502,inf\r\n";

TEST(DetailsCsv, HasTheseBytes) {
  EXPECT_EQ(details_header(),
            "inj_id,nan_images,inf_images,sdc5,sdc10pct,sdc20pct,fixed,broken,majority_class,majority_images,"
            "max_abs_logit_change,golden_value,faulty_value\r\n");
  EXPECT_EQ(details_row(1228, kDetails), kRow);
  EXPECT_EQ(details_row(0, {}), "0,0,0,0,0,0,0,0,,0,0,0,0\r\n");
}

TEST(DetailsCsv, FloatsAreTheShortestTextThatIsReadAsThem) {
  EXPECT_EQ(float_text(-0.0f), "-0");
  EXPECT_EQ(float_text(kNan), "nan");
  EXPECT_EQ(float_text(-kNan), "nan");
  EXPECT_EQ(float_text(-kInf), "-inf");
  EXPECT_EQ(float_text(1e-45f), "1e-45");
  EXPECT_EQ(float_text(std::numeric_limits<float>::max()), "3.4028235e+38");
  EXPECT_EQ(float_text(16777216.0f), "16777216");
}

TEST(DetailsCsv, IsReadBackAsItWas) {
  std::mt19937 rng(5);
  std::string text = details_header();
  std::vector<FaultDetails> all{kDetails, {}};
  for (int i = 0; i < 2000; ++i) {
    FaultDetails details = kDetails;
    details.golden_value = std::bit_cast<float>(static_cast<uint32_t>(rng()));
    details.faulty_value = std::bit_cast<float>(static_cast<uint32_t>(rng()));
    details.max_abs_logit_change = std::fabs(std::bit_cast<float>(static_cast<uint32_t>(rng())));
    details.majority_class = static_cast<int64_t>(rng() % 3) - 1;
    all.push_back(details);
  }
  for (size_t i = 0; i < all.size(); ++i) text += details_row(static_cast<int64_t>(i), all[i]);
  const std::vector<DetailsRow> rows = parse_details(text, "d.csv");
  ASSERT_EQ(rows.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(rows[i].id, static_cast<int64_t>(i));
    EXPECT_EQ(details_row(rows[i].id, rows[i].details), details_row(rows[i].id, all[i]));
    if (!std::isnan(all[i].golden_value)) {
      EXPECT_EQ(rows[i].details.golden_value, all[i].golden_value);
    }
    EXPECT_EQ(rows[i].details.majority_class, all[i].majority_class);
  }
}

TEST(DetailsCsv, NoRowIsLongerThanIsSaid) {
  FaultDetails details = kDetails;
  details.nan_images = details.inf_images = details.sdc5 = details.sdc10pct = details.sdc20pct = 10000;
  details.fixed = details.broken = details.majority_images = 10000;
  details.majority_class = 99999;
  details.max_abs_logit_change = 1.17549435e-38f;
  details.golden_value = -1.17549435e-38f;
  details.faulty_value = -1.17549435e-38f;
  const FaultTable faults{bit_flip(1234567, "conv", {0}, 3)};
  EXPECT_GE(most_details_bytes(faults, 10000),
            details_header().size() + details_row(faults[0].id, details).size());
}

TEST(DetailsCsv, EveryOtherByteIsRefusedWithItsPlace) {
  const auto error_of = [](const std::string& text) -> std::string {
    try {
      static_cast<void>(parse_details(text, "d.csv"));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
      return error.what();
    }
    return "nothing was refused";
  };
  EXPECT_THAT(error_of("inj_id,\x1b[2J\r\n"), HasSubstr("found \"inj_id,\\x1b[2J\""));
  const std::string header = details_header();
  const auto row = [&](const std::string& line) { return error_of(header + line + "\r\n"); };
  EXPECT_THAT(error_of(""), HasSubstr("d.csv: no header yet"));
  EXPECT_THAT(error_of("inj_id\r\n"), HasSubstr("d.csv:1:1: the header; expected inj_id,nan_images"));
  EXPECT_THAT(error_of(header + "0,0,0"), HasSubstr("d.csv: its last line is torn"));
  EXPECT_THAT(error_of(header + "0,0,0,0,0,0,0,0,,0,0,0,0\n"), HasSubstr("d.csv:2:25: the end of the line"));
  EXPECT_THAT(row("0,0"), HasSubstr("d.csv:2:1: wrong number of columns; expected 13; found \"2\""));
  EXPECT_THAT(row(""), HasSubstr("d.csv:2:1: wrong number of columns"));
  EXPECT_THAT(row("0,-1,0,0,0,0,0,0,,0,0,0,0"),
              HasSubstr("d.csv:2:3: nan_images; expected a whole number from 0 to 1000000000; found \"-1\""));
  EXPECT_THAT(row("0,0,0,0,0,0,1000000001,0,,0,0,0,0"), HasSubstr("d.csv:2:13: fixed; expected"));
  EXPECT_THAT(row("0,,0,0,0,0,0,0,,0,0,0,0"), HasSubstr("d.csv:2:3: nan_images"));
  EXPECT_THAT(row("0,0,0,0,0,0,0,0,,0,0,x,0"), HasSubstr("d.csv:2:22: golden_value; expected a number"));
  EXPECT_THAT(row("0,0,0,0,0,0,0,0,,0,0,0.10,0"), HasSubstr("d.csv:2:25: not as it is written"));
  EXPECT_THAT(row("00,0,0,0,0,0,0,0,,0,0,0,0"), HasSubstr("not as it is written"));
  EXPECT_THAT(row("0,0,0,0,0,0,0,0,,0,0,0,-nan"), HasSubstr("not as it is written"));
  const std::string line = "4,0,0,0,0,0,0,0,,0,0,0,0";
  EXPECT_THAT(row(line + "\r\n" + line), HasSubstr("each number once (it stands in line 2 already)"));
}

class DetailsCampaignTest : public CampaignTest {};

// Nothing of how work is done shows in them.
TEST_F(DetailsCampaignTest, AreTheSameForEveryEngineTileAndBlock) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const RunInputs inputs = random_inputs(seed);
    RunOptions o = options("whole.csv");
    o.details = true;
    o.details_path = path("whole.details.csv");
    o.overwrite = true;
    run(inputs, o);
    const std::string expected = read_text(o.details_path);
    const auto table = metadata_of(path("whole.run.json")).details->confusion;
    ASSERT_EQ(table.size(), 49U);
    const std::vector<DetailsRow> rows = read_details(o.details_path);
    ASSERT_EQ(rows.size(), 20U);
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(std::bit_cast<uint32_t>(rows[i].details.golden_value), inputs.list->patches[i].front().old_bits);
      EXPECT_EQ(rows[i].id, inputs.list->faults[i].id);
    }
    for (const NamedEngine& engine : both_engines()) {
      for (const bool joined : {false, true}) {
        for (const auto& [tile, block] : {std::pair<int, size_t>{1, 3}, {4, 7}, {11, 20}}) {
          SCOPED_TRACE(std::string(engine.name) + ", tile " + std::to_string(tile));
          RunOptions again = options("again.csv");
          again.details = again.overwrite = true;
          again.details_path = path("again.details.csv");
          again.tile = tile;
          EngineHooks hooks;
          hooks.only_changed_rows = true;
          RunTuning tuning = tuning_with(hooks, block, engine.engine);
          tuning.joins_golden = joined;
          run(inputs, again, tuning);
          EXPECT_EQ(read_text(again.details_path), expected);
          EXPECT_EQ(metadata_of(path("again.run.json")).details->confusion, table);
        }
      }
    }
  }
}

TEST_F(DetailsCampaignTest, InterruptedAtEveryBlockTheyComeOutTheSame) {
  const RunInputs inputs = random_inputs(4);
  RunOptions o = options("whole.csv");
  o.details = true;
  o.details_path = path("whole.details.csv");
  run(inputs, o);
  const std::string expected = read_text(o.details_path);
  const auto table = metadata_of(path("whole.run.json")).details->confusion;
  o.path = path("r.csv");
  o.details_path = path("r.details.csv");
  for (int block = 0; block < 4; ++block) run_until_block(inputs, o, block == 0 ? 0 : 1, 3);
  EXPECT_EQ(read_details(o.details_path).size(), 9U);
  run(inputs, o, blocks_of(5));
  EXPECT_EQ(read_text(o.details_path), expected);
  EXPECT_EQ(metadata_of(path("r.run.json")).details->confusion, table);
}

// What the run that goes on counts is added to the table: one of another size must not be taken.
TEST_F(DetailsCampaignTest, ATableOfOtherClassesIsRefused) {
  const RunInputs inputs = random_inputs(11);
  RunOptions o = options();
  o.details = true;
  o.details_path = path("r.details.csv");
  run_until_block(inputs, o, 1, 5);
  const std::string metadata_path = path("r.run.json");
  const RunMetadata right = metadata_of(metadata_path);
  ASSERT_FALSE(right.details.value().confusion.empty());
  RunMetadata none = right, fewer = right;
  none.details->confusion.clear();
  fewer.classes = 2;
  fewer.details->confusion = {0, 0, 0, 0};
  for (RunMetadata* wrong : {&none, &fewer}) {
    if (wrong->pending) wrong->pending->confusion = wrong->details->confusion;
    write_atomic(metadata_path, metadata_text(*wrong));
    const Error error = error_of([&] { run(inputs, o); });
    EXPECT_EQ(error.kind(), ErrorKind::resume);
    EXPECT_THAT(error.what(), HasSubstr("r.run.json: its table of classes is not that of a model of "));
  }
  write_atomic(metadata_path, metadata_text(right));
  EXPECT_NO_THROW(run(inputs, o));
}

TEST_F(DetailsCampaignTest, AReportInMemoryHoldsWhatTheFileHolds) {
  RunInputs inputs = random_inputs(5);
  RunOptions o = options("whole.csv");
  o.details = true;
  o.details_path = path("whole.details.csv");
  run(inputs, o);
  const std::vector<DetailsRow> expected = read_details(o.details_path);
  Session session =
      make_session(model_of(Graph(inputs.graph), "m", "x"), inputs.dataset, session_options(o), blocks_of(6));
  const FaultList list = list_of(ResolvedFaultList(*inputs.list));
  MemoryReport with, without;
  static_cast<void>(Campaign(session, list, {.details = true}).run(with));
  static_cast<void>(Campaign(session, list).run(without));
  EXPECT_TRUE(without.details().empty());
  EXPECT_TRUE(without.confusion().empty());
  EXPECT_EQ(with.confusion(), metadata_of(path("whole.run.json")).details->confusion);
  ASSERT_EQ(with.details().size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(details_row(0, with.details()[i]), details_row(0, expected[i].details));
}

TEST_F(DetailsCampaignTest, AFileNeedsACampaignThatCountsThem) {
  RunOptions o = options();
  o.details_path = path("r.details.csv");
  const Error error = error_of([&] { run(random_inputs(1), o, no_inference()); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_FALSE(file_exists(o.path));
}

}  // namespace
}  // namespace tf_injector::detail::test
