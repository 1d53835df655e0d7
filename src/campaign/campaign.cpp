#include "tf_injector/campaign.hpp"

#include <fmt/format.h>

#include <new>

#include "campaign/campaign_run.hpp"
#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "report/group_summary.hpp"
#include "report/report_names.hpp"
#include "session/inputs.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

CampaignInputs load(const CampaignOptions& options, const Message& message, const std::atomic<bool>* stop) {
  try {
    return load_inputs_of_program(options, message, stop);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::out_of_memory, "out of memory while reading the model, the list and the data");
  }
}

}  // namespace

CampaignResult run_campaign(const CampaignOptions& options, const CampaignCallbacks& callbacks) {
  check_options(options);
  static_cast<void>(report_names(options));  // what is missing of them is known before anything is read
  const Message message = callbacks.message ? callbacks.message : [](const std::string&) {};
  return run_on(load(options, message, callbacks.stop), options, callbacks);
}

std::vector<BitGroupSummary> summarize_report(const std::string& report_path) {
  const std::string text = read_text(report_path);
  const Report report = parse_report(text, report_path);
  if (report.golden.images == 0 || report.complete_bytes != text.size()) {
    throw Error(ErrorKind::bad_input,
                fmt::format("{}: {}; the command that wrote it goes on with it", report_path,
                            report.golden.images == 0 ? "no golden row yet" : "its last line is torn"));
  }
  GroupSummary summary;
  summary.add(report.rows);
  return summary.groups();
}

}  // namespace tf_injector
