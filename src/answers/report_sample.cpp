#include "answers/report_sample.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "report/report_names.hpp"
#include "session/kernel_layers.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

struct BitLess {
  template <typename Bit>
  bool operator()(const Bit& a, const Bit& b) const {
    const auto& [layer_a, index_a, bit_a] = a;
    const auto& [layer_b, index_b, bit_b] = b;
    if (layer_a != layer_b) return layer_a < layer_b;
    if (bit_a != bit_b) return bit_a < bit_b;
    return std::lexicographical_compare(index_a.begin(), index_a.end(), index_b.begin(), index_b.end());
  }
};

// Without those that hit a bit that a row before hit too: the different bits of a sample drawn with
// replacement are one drawn without.
std::vector<ReportRow> different_rows(const std::vector<ReportRow>& rows) {
  std::set<std::tuple<std::string_view, std::span<const int64_t>, int>, BitLess> seen;
  std::vector<ReportRow> different;
  for (const ReportRow& row : rows) {
    const FaultPart& part = row.fault.parts.front();
    if (seen.emplace(part.layer, part.index, flipped_bit(row.fault)).second) different.push_back(row);
  }
  return different;
}

// Designs are made of the bits of kernels.
void require_single_flips(const FinishedReport& report, const std::string& path) {
  const auto other = std::find_if(report.rows.begin(), report.rows.end(),
                                  [](const ReportRow& row) { return !is_plain(row.fault); });
  if (other == report.rows.end()) return;
  throw Error(
      ErrorKind::bad_input,
      fmt::format("{}: fault {}: expected one flipped bit of a kernel, found a fault of several parts "
                  "or of another kind; rates of such lists are not known here",
                  path, other->fault.id));
}

void require_bits(const FinishedReport& report, StorageFormat storage, const std::string& path) {
  for (const ReportRow& row : report.rows) {
    if (flipped_bit(row.fault) < storage_bits(storage)) continue;
    throw Error(ErrorKind::bad_input,
                fmt::format("{}: fault {}: expected a bit from 0 to {} of {}, found {}", path, row.fault.id,
                            storage_bits(storage) - 1, storage_name(storage), flipped_bit(row.fault)));
  }
}

[[noreturn]] void refuse_extended(const std::string& path) {
  throw Error(
      ErrorKind::bad_input,
      fmt::format("{}: the report of an extended list; expected faults that invert one bit of a kernel: "
                  "rates are those of a network's layers and bits",
                  path));
}

void require_finished(const RunMetadata& metadata, const FinishedReport& report, const std::string& path) {
  if (metadata.is_extended) refuse_extended(path);
  if (metadata.finished) return;
  throw Error(ErrorKind::bad_input,
              fmt::format("{}: unfinished: {} of {} faults; the command that wrote it goes on with it", path,
                          report.rows.size(), metadata.faults));
}

void require_model(const RunMetadata& metadata, const Model& model, const std::string& path) {
  if (metadata.settings.model_sha256 == model.sha256()) return;
  throw Error(ErrorKind::bad_input,
              fmt::format("{}: its metadata name another model than '{}': SHA-256 {}, found {}", path,
                          model.source(), metadata.settings.model_sha256, model.sha256()));
}

ReportSample sample_of(AskedReport asked, const DesignSources& sources, const std::string& label) {
  const FinishedReport& whole = asked.content;
  if (whole.rows.empty()) {
    throw Error(ErrorKind::bad_input,
                fmt::format("{}: expected a report with faults, found none", asked.path));
  }
  require_single_flips(whole, asked.path);
  require_bits(whole, sources.storage, asked.path);
  FinishedReport report{.golden = whole.golden, .rows = different_rows(whole.rows)};
  SampleDesign design = sample_design(report.rows, sources, label);
  if (report.rows.size() < whole.rows.size()) {
    design.remarks.push_back(
        fmt::format("{} of {} rows hit a bit that a row before hit too: each bit counts once.",
                    whole.rows.size() - report.rows.size(), whole.rows.size()));
  }
  return {.asked = std::move(asked), .report = std::move(report), .design = std::move(design)};
}

}  // namespace

ReportSample read_report_sample(const std::string& path, StorageFormat without_metadata) {
  AskedReport asked = read_asked_report(path);
  if (!asked.metadata) return sample_of(std::move(asked), {.storage = without_metadata}, path);
  require_finished(*asked.metadata, asked.content, path);
  const DesignSources sources{.plan = asked.metadata->plan,
                              .layers = asked.metadata->layers,
                              .storage = asked.metadata->settings.storage};
  return sample_of(std::move(asked), sources, metadata_path_of(path));
}

ReportSample read_report_sample(const std::string& path, const Model& model, const std::string& plan) {
  AskedReport asked = read_asked_report(path);
  const std::optional<RunMetadata>& metadata = asked.metadata;
  if (metadata) {
    require_finished(*metadata, asked.content, path);
    require_model(*metadata, model, path);
  }
  const DesignSources sources{.plan = plan.empty() && metadata ? metadata->plan : plan,
                              .layers = kernel_layers(model),
                              .storage = metadata ? metadata->settings.storage : model.storage()};
  return sample_of(std::move(asked), sources, path);
}

}  // namespace tf_injector::detail
