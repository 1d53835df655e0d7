// verify: what a run wrote passes; whatever is changed of it, of its files or of its inputs is found.
#include "tf_injector/verify.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "campaign/campaign_fixture.hpp"
#include "core/json.hpp"
#include "io/sha256.hpp"
#include "sampling/draw.hpp"
#include "tf_injector/write_file.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

constexpr CaseOptions kSmall{.images = 5, .faults = 6};

class VerifyTest : public CampaignTest {
 protected:
  void write_report(unsigned seed, ScoreMode scores = ScoreMode::none, bool details = false) {
    RunOptions o = options();
    o.scores = scores;
    o.details = details;
    o.overwrite = true;
    if (details) o.details_path = path("d.csv");
    run(random_inputs(seed, kSmall), o);
    inputs_ = inputs_of(seed);
  }
  static VerifyInputs inputs_of(unsigned seed) {
    RunInputs random = random_inputs(seed, kSmall);
    VerifyInputs inputs;
    inputs.faults = list_of(std::move(*random.list));
    inputs.model = model_of(std::move(random.graph), random.model_path, random.model_sha256);
    inputs.dataset = std::move(random.dataset);
    inputs.session.threads = 2;
    return inputs;
  }
  [[nodiscard]] Verification verify_all() const { return verify(path("r.csv"), inputs_, {.sample = {}}); }
  // Writes the file, and makes the metadata say that it is as it was written: what a forger would do.
  void forge(const std::string& file, const std::string& text) {
    write_file(path(file), text);
    RunMetadata metadata = metadata_of(path("r.run.json"));
    const std::string hash = sha256_of(text.data(), text.size());
    if (file == "r.csv") {
      metadata.report_sha256 = hash;
      metadata.report_bytes = text.size();
    } else {
      metadata.details->sha256 = hash;
      metadata.details->bytes = text.size();
    }
    write_file(path("r.run.json"), metadata_text(metadata));
  }
  void change_metadata(const std::function<void(RunMetadata&)>& change) {
    RunMetadata metadata = metadata_of(path("r.run.json"));
    change(metadata);
    write_file(path("r.run.json"), metadata_text(metadata));
  }

  VerifyInputs inputs_;
};

const VerifyDifference* in_line(const Verification& found, const std::string& file, int64_t line) {
  for (const VerifyDifference& difference : found.differences)
    if (difference.file == file && difference.line == line) return &difference;
  return nullptr;
}

TEST_F(VerifyTest, PassesOnWhatARunWrote) {
  for (const ScoreMode scores : {ScoreMode::none, ScoreMode::changed, ScoreMode::all, ScoreMode::one}) {
    for (const bool details : {false, true}) {
      write_report(70, scores, details);
      const Verification found = verify_all();
      EXPECT_TRUE(found.is_same()) << found.json();
      EXPECT_EQ(found.rows, 6);
      EXPECT_EQ(found.rows_checked, 6);
      EXPECT_EQ(found.images, 5);
      EXPECT_EQ(found.score_files, scores == ScoreMode::none ? 0 : scores == ScoreMode::one ? 2 : 7);
      EXPECT_EQ(found.details_rows, details ? 6 : 0);
      EXPECT_THAT(found.verdict, HasSubstr("verified: 6 of 6 rows evaluated on 5 images"));
      EXPECT_EQ(found.hashes.size(), details ? 5U : 4U);
      const Verification some = verify(path("r.csv"), inputs_, {.sample = 2});
      EXPECT_TRUE(some.is_same()) << some.json();
      EXPECT_EQ(some.rows_checked, 2);
      EXPECT_EQ(some.score_files, scores == ScoreMode::none ? 0 : scores == ScoreMode::one ? 2 : 3);
    }
  }
}

TEST_F(VerifyTest, AChangedDigitOfAnyColumnOfAnyRowIsFoundThoughItsHashWasRecomputed) {
  write_report(71, ScoreMode::none, true);
  for (const std::string file : {"r.csv", "d.csv"}) {
    const std::string text = read_text(path(file));
    const size_t first = text.find('\n') + 1;
    size_t changed = 0;
    for (size_t i = first; i < text.size(); ++i) {
      if (text[i] < '0' || text[i] > '9') continue;
      if (file == "d.csv" && text[i - 1] >= '0' && text[i - 1] <= '9') continue;  // floats have many
      std::string forged = text;
      forged[i] = forged[i] == '9' ? '0' : static_cast<char>(forged[i] + 1);
      forge(file, forged);
      const auto line =
          static_cast<int64_t>(std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(i), '\n')) + 1;
      const Verification found = verify_all();
      const VerifyDifference* difference = in_line(found, path(file), line);
      ASSERT_NE(difference, nullptr) << file << " byte " << i << "\n" << found.json();
      EXPECT_NE(difference->expected, difference->found);
      EXPECT_THAT(found.verdict, HasSubstr("NOT what its inputs give"));
      ++changed;
    }
    EXPECT_GT(changed, 50U);
    forge(file, text);
  }
  EXPECT_TRUE(verify_all().is_same());
}

TEST_F(VerifyTest, ADrawnRowIsFoundAndOneThatIsNotIsSeenByTheHash) {
  write_report(72);
  const std::string text = read_text(path("r.csv"));
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    lines.push_back(text.substr(at, text.find('\n', at) + 1 - at));
  // One image more is masked in the row of fault 3, and less non-critical: nothing contradicts itself.
  const Report report = parse_report(text, "r");
  ReportRow row = report.rows[3];
  row.tally.masked += row.tally.masked > 0 ? -1 : 1;
  lines[2 + 3] = fault_row(row.fault, row.tally);
  std::string forged;
  for (const std::string& line : lines) forged += line;
  size_t drawn = 0;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    std::set<int64_t> rows;
    PythonRandom random(seed);
    draw_without_replacement(
        random, 6, 2, [&](int64_t r) { rows.insert(r); }, nullptr);
    EXPECT_EQ(rows.size(), 2U);
    write_file(path("r.csv"), forged);  // its hash is not that of the metadata
    Verification found = verify(path("r.csv"), inputs_, {.sample = 2, .seed = seed});
    EXPECT_FALSE(found.is_same());
    EXPECT_EQ(in_line(found, path("r.csv"), 6) != nullptr, rows.contains(3)) << found.json();
    const std::string metadata = read_text(path("r.run.json"));
    forge("r.csv", forged);
    found = verify(path("r.csv"), inputs_, {.sample = 2, .seed = seed});
    EXPECT_EQ(!found.is_same(), rows.contains(3)) << found.json();
    write_file(path("r.run.json"), metadata);
    drawn += rows.contains(3) ? 1 : 0;
  }
  EXPECT_GT(drawn, 1U);
  EXPECT_LT(drawn, 9U);
}

TEST_F(VerifyTest, ASwappedInputIsNamedBeforeAnythingIsEvaluated) {
  write_report(73);
  CampaignCallbacks callbacks;
  callbacks.golden = [](const Tally&) { ADD_FAILURE() << "it was evaluated"; };
  const auto expect = [&](const VerifyInputs& inputs, const std::string& what, char expected, char found) {
    const Verification result = verify(path("r.csv"), inputs, {}, callbacks);
    ASSERT_EQ(result.differences.size(), 1U) << result.json();
    EXPECT_EQ(result.differences[0].what, what);
    EXPECT_EQ(result.differences[0].expected, std::string(64, expected));
    EXPECT_EQ(result.differences[0].found, std::string(64, found));
    EXPECT_THAT(result.verdict, HasSubstr("nothing was evaluated"));
  };
  VerifyInputs inputs = inputs_;
  inputs.model = model_of(random_inputs(73, kSmall).graph, "m", std::string(64, 'b'));
  expect(inputs, "the model's SHA-256", 'a', 'b');
  inputs = inputs_;
  ResolvedFaultList list = *random_inputs(73, kSmall).list;
  list.sha256 = std::string(64, 'e');
  inputs.faults = list_of(std::move(list));
  expect(inputs, "the fault list's SHA-256", 'f', 'e');
  inputs = inputs_;
  inputs.dataset->sha256 = std::string(64, 'c');
  expect(inputs, "the data's SHA-256", 'd', 'c');
}

// Their hashes are the same in these tests, so that what is evaluated must tell.
TEST_F(VerifyTest, AReportOfAnotherRunIsFound) {
  write_report(74);
  inputs_ = inputs_of(75);  // another network, other faults, other images
  EXPECT_FALSE(verify_all().is_same());
  inputs_ = inputs_of(74);
  inputs_.model = inputs_of(74).model;
  EXPECT_TRUE(verify_all().is_same());
  inputs_.dataset->labels[0] = (inputs_.dataset->labels[0] + 1) % 7;
  const Verification labels = verify_all();
  EXPECT_NE(in_line(labels, path("r.csv"), 2), nullptr) << labels.json();
}

TEST_F(VerifyTest, SettingsThatAreNotTheRunsAreFound) {
  const std::vector<std::pair<std::string, std::function<void(RunMetadata&)>>> cases = {
      {"`images`", [](RunMetadata& m) { m.images = 6; }},
      {"the number of faults", [](RunMetadata& m) { m.faults = 7; }},
      {"the preprocessing", [](RunMetadata& m) { m.settings.preprocessing = "x / 256"; }},
      {"the threshold between two classes", [](RunMetadata& m) { m.settings.threshold = 0.5f; }},
  };
  for (const auto& [what, change] : cases) {
    write_report(76);
    change_metadata(change);
    const Verification found = verify_all();
    ASSERT_FALSE(found.is_same()) << what;
    EXPECT_EQ(found.differences[0].what, what);
    EXPECT_EQ(found.differences[0].file, path("r.run.json"));
  }
}

TEST_F(VerifyTest, AScoreThatWasChangedOrAFileThatIsGoneIsFound) {
  for (const ScoreMode mode : {ScoreMode::all, ScoreMode::changed}) {
    write_report(77, mode);
    const std::string suffix = mode == ScoreMode::all ? ".npy" : ".npz";
    const Report report = parse_report(read_text(path("r.csv")), "r");
    for (const std::string& name :
         {std::string("clean.npy"), fmt::format("inj_{}{}", report.rows[4].fault.id, suffix)}) {
      const std::string file = path("r/" + name), bytes = read_text(file);
      for (const size_t at : {bytes.size() - 1, bytes.size() / 2, size_t{20}}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        write_file(file, changed);
        const Verification found = verify_all();
        ASSERT_EQ(found.differences.size(), 1U) << name << " " << at << found.json();
        EXPECT_EQ(found.differences[0].file, file);
        if (at == bytes.size() - 1 && name.ends_with(".npy")) {
          EXPECT_EQ(found.differences[0].what, "row 4, class 6");
        }
      }
      fs::remove(file);
      Verification found = verify_all();
      ASSERT_EQ(found.differences.size(), 1U) << found.json();
      EXPECT_EQ(found.differences[0].found, "no such file");
      write_file(file, bytes.substr(0, bytes.size() / 2));
      EXPECT_EQ(verify_all().differences.size(), 1U);
      write_file(file, bytes);
      EXPECT_TRUE(verify_all().is_same());
    }
  }
}

TEST_F(VerifyTest, RowsThatAreMissingOrTooManyOrMixedUpAreFound) {
  write_report(78);
  const std::string text = read_text(path("r.csv"));
  const size_t last = text.rfind('\n', text.size() - 2) + 1;
  forge("r.csv", text.substr(0, last));
  EXPECT_FALSE(verify_all().is_same());
  forge("r.csv", text + text.substr(last));
  EXPECT_FALSE(verify_all().is_same());
  const size_t before = text.rfind('\n', last - 2) + 1;
  forge("r.csv", text.substr(0, before) + text.substr(last) + text.substr(before, last - before));
  const Verification found = verify(path("r.csv"), inputs_, {.sample = 1});
  EXPECT_NE(in_line(found, path("r.csv"), 7), nullptr)
      << found.json();  // drawn or not: the list says whose it is
  EXPECT_NE(in_line(found, path("r.csv"), 8), nullptr) << found.json();
}

TEST_F(VerifyTest, WhatCannotBeVerifiedIsRefused) {
  write_report(79);
  const auto error = [&](const VerifyInputs& inputs) {
    return error_of([&] { static_cast<void>(verify(path("r.csv"), inputs)); });
  };
  change_metadata([](RunMetadata& m) { m.finished = false; });
  EXPECT_EQ(error(inputs_).kind(), ErrorKind::resume);
  EXPECT_THAT(error(inputs_).what(),
              HasSubstr("unfinished: 6 of 6 faults are in it; the command that wrote it"));
  fs::remove(path("r.run.json"));
  EXPECT_TRUE(verify_all().is_same());  // everything is given
  EXPECT_FALSE(verify_all().has_metadata);
  EXPECT_EQ(error({}).kind(), ErrorKind::bad_input);
  EXPECT_THAT(error({}).what(), HasSubstr("give `model` and `fault_list` and `data`"));
  const std::string text = read_text(path("r.csv"));
  write_file(path("r.csv"), text.substr(0, text.size() - 1));
  EXPECT_EQ(error(inputs_).kind(), ErrorKind::resume);
  write_file(path("r.csv"), "Injection,Layer\r\n");
  EXPECT_EQ(error(inputs_).kind(), ErrorKind::bad_input);
  EXPECT_EQ(error_of([&] { static_cast<void>(verify(path("none.csv"))); }).kind(), ErrorKind::bad_input);
  EXPECT_EQ(error_of([&] { static_cast<void>(verify(path("r.csv"), inputs_, {.sample = 0})); }).kind(),
            ErrorKind::usage);
}

TEST_F(VerifyTest, WithoutMetadataTheFolderOfThePythonToolIsFound) {
  write_report(80, ScoreMode::all);
  fs::remove(path("r.run.json"));
  fs::rename(path("r.csv"), path("D_N_240501_1200.csv"));
  fs::rename(path("r"), path("240501_1200"));
  const Verification found = verify(path("D_N_240501_1200.csv"), inputs_);
  EXPECT_TRUE(found.is_same()) << found.json();
  EXPECT_EQ(found.score_files, 7);
  const std::string file = path("240501_1200/clean.npy");
  std::string bytes = read_text(file);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  write_file(file, bytes);
  EXPECT_FALSE(verify(path("D_N_240501_1200.csv"), inputs_).is_same());
}

TEST_F(VerifyTest, StopsWhenItIsAskedTo) {
  write_report(81);
  const std::atomic<bool> stop{true};
  CampaignCallbacks callbacks;
  callbacks.stop = &stop;
  EXPECT_EQ(error_of([&] { static_cast<void>(verify(path("r.csv"), inputs_, {}, callbacks)); }).kind(),
            ErrorKind::interrupted);
}

}  // namespace
}  // namespace tf_injector::detail::test
