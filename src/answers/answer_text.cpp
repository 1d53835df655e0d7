#include "answers/answer_text.hpp"

#include <fmt/format.h>

#include <string_view>

#include "answers/number_text.hpp"
#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kExhaustive = "exhaustive";

bool has_all_bits(const StatisticsDomain& domain) {
  return domain.bit_first == 0 && domain.bit_last == storage_bits(domain.storage) - 1;
}

std::string images_phrase(int64_t images) {
  return images == 1 ? "the one image" : fmt::format("the {} images", grouped(images));
}

bool is_exact(const Share& share) { return share.low == share.high; }

// " [1.10, 1.46]"; "" where every fault was run.
std::string interval_behind(const Share& share) {
  return is_exact(share) ? "" : " " + interval_text(percent_text(share));
}

// What the numbers are about: a population where the design is known, else the list.
std::string who_text(const ReportStatistics& statistics) {
  const std::string of = statistics.model.empty() ? std::string("the network") : statistics.model;
  if (statistics.design.scheme.empty()) return "A fault of this report on " + of;
  const StatisticsDomain& network = statistics.network;
  const std::string flip = has_all_bits(network) ? "bit flip" : "flip of " + bits_text(network);
  const std::string stored = network.storage == StorageFormat::float32
                                 ? ""
                                 : fmt::format(" stored in {}", storage_name(network.storage));
  return fmt::format("A random {} in a weight of {}{}", flip, of, stored);
}

std::string scheme_text(const std::string& scheme) {
  if (scheme.empty()) return "chosen in a way that is not known";
  if (scheme == kExhaustive) return "all that there are";
  return scheme == "published" ? "drawn as the published lists were" : "drawn " + scheme;
}

}  // namespace

std::string subject_text(const ReportStatistics& statistics) {
  const std::string model = statistics.model.empty() ? "the network" : statistics.model;
  return statistics.dataset.empty() ? model : model + " on " + statistics.dataset;
}

std::string answer_text(const ReportStatistics& statistics) {
  if (statistics.network.faults == 0) return "The report has no faults.";
  const Share& images = statistics.network[Outcome::critical].images;
  const std::string how_sure =
      is_exact(images) ? "all faults were run" : confidence_text(statistics.confidence) + " confidence";
  return fmt::format("{} changes the decision on {} % of the images{} ({}).", who_text(statistics),
                     percent_text(images).estimate, interval_behind(images), how_sure);
}

std::string faults_answer_text(const ReportStatistics& statistics) {
  if (statistics.network.faults == 0) return "";
  const Share& faults = statistics.network[Outcome::critical].faults;
  const std::string where = images_phrase(statistics.images);
  const std::string share =
      fmt::format("{} % of the faults{}.", percent_text(faults).estimate, interval_behind(faults));
  if (!(faults.estimate > 0))
    return fmt::format("No fault of the report changes the decision on any of {}: {}", where, share);
  return fmt::format("One fault in {} changes the decision on at least one of {}: {}",
                     one_in_text(faults.estimate), where, share);
}

std::string margin_text(const ReportStatistics& statistics) {
  const MarginStatistics& margin = statistics.margin;
  if (statistics.network.faults == 0) return "";
  if (margin.achieved <= 0) return "Every fault was run: there is no margin.";
  std::string text =
      fmt::format("Margin achieved, half the width of the first interval: {} percentage points",
                  percent_text(margin.achieved));
  if (margin.planned > 0) text += fmt::format(" ({} were planned)", percent_text(margin.planned));
  text += ".";
  if (!(margin.wanted > 0)) return text;
  const int64_t more = margin.faults_for_wanted - statistics.network.faults;
  if (margin.achieved <= margin.wanted || more <= 0)
    return text + fmt::format(" The {} that are wanted are reached.", percent_text(margin.wanted));
  return text + fmt::format(" The {} that are wanted take about {} faults of the same design, {} more.",
                            percent_text(margin.wanted), grouped(margin.faults_for_wanted), grouped(more));
}

std::string design_text(const ReportStatistics& statistics) {
  const SamplingDesign& design = statistics.design;
  std::string text = fmt::format("{} faults", grouped(statistics.network.faults));
  if (statistics.network.population)
    text += fmt::format(" of {} possible ones", grouped(*statistics.network.population));
  text += ", " + scheme_text(design.scheme);
  if (design.scheme == kExhaustive) return text + ".";
  if (design.seed) text += fmt::format(" with seed {}", *design.seed);
  if (design.error && design.confidence)
    text += fmt::format(", planned for a margin of {} % at {}", percent_text(*design.error),
                        confidence_text(*design.confidence));
  text += ".";
  return design.scheme.empty() || design.source.empty() ? text : text + " Source: " + design.source;
}

std::string bits_text(const StatisticsDomain& domain) {
  if (has_all_bits(domain)) return "all bits";
  if (domain.bit_first == domain.bit_last) return fmt::format("bit {}", domain.bit_first);
  return fmt::format("bits {}-{}", domain.bit_first, domain.bit_last);
}

std::string fields_title(const ReportStatistics& statistics) {
  return fmt::format("By field of the {}", storage_name(statistics.network.storage));
}

std::string field_text(const StatisticsDomain& domain) {
  const size_t group = bit_group_of(domain.bit_first, domain.storage);
  return group == bit_group_of(domain.bit_last, domain.storage) ? bit_groups(domain.storage)[group].name : "";
}

}  // namespace tf_injector::detail
