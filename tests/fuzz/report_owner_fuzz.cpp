// Metadata of any version beside a report that is about to be written: whose are they, and what do they name?
#include "json_mutator.hpp"
#include "report/report_owner.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::ScratchFolder folder;
  static const std::string other = folder.write("other.csv", "x"), details = folder.write("d.csv", "x");
  static const bool has_scores = std::filesystem::create_directories(folder / "r");
  fuzz::require(has_scores, "a folder for scores");
  const std::string_view text = fuzz::as_text(data, size);
  const std::string metadata = folder.write("other.run.json", text);
  const ReportPaths own = {.report = folder / "r.csv",
                           .metadata = folder / "r.run.json",
                           .scores = folder / "r",
                           .details = details};
  const auto refused = [](const auto& work) {
    return !fuzz::accepted(
                [&] {
                  work();
                  return true;
                },
                {ErrorKind::resume, ErrorKind::bad_input})  // the latter: a file that stands for another one
                .has_value();
  };
  const bool has_other_scores = refused([&] { require_own_scores(own); });
  fuzz::require(!has_other_scores || text.find("scores") != std::string_view::npos,
                "scores belong to metadata that do not name any");
  fuzz::check_message("owner: " + other_owner_of_details(own));
  ReportPaths shared = own;
  shared.metadata = metadata;
  for (const bool report_exists : {false, true}) {
    for (const bool overwrite : {false, true})
      refused([&] { require_own_metadata(shared, report_exists, overwrite); });
  }
  fuzz::require(fuzz::read_file(metadata) == text, "metadata that were read are others");
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json(data, size, max_size, seed, 0);
}
