// Statistics of no report: as many layers and faults as a test asks for, and names that are no names.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tf_injector/bit_groups.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

inline Share share_around(double estimate, double half_width) {
  return {.estimate = estimate,
          .low = std::max(0.0, estimate - half_width),
          .high = std::min(1.0, estimate + half_width)};
}

// Of a domain whose mean critical share is `critical`.
inline StatisticsDomain made_up_domain(std::string layer, int bit_first, int bit_last, int64_t faults,
                                       double critical) {
  StatisticsDomain domain{.layer = std::move(layer), .bit_first = bit_first, .bit_last = bit_last};
  domain.population = 1000 * (bit_last - bit_first + 1);
  domain.faults = faults;
  const double half_width = 0.8 / std::sqrt(static_cast<double>(std::max<int64_t>(faults, 1))) *
                            std::sqrt(std::max(critical * (1 - critical), 1e-4));
  const auto set = [&](Outcome outcome, double images, double some) {
    domain.rates[static_cast<size_t>(outcome)] = {share_around(images, half_width),
                                                  share_around(std::min(1.0, some), 2 * half_width)};
  };
  set(Outcome::critical, critical, 3 * critical);
  set(Outcome::non_critical, 0.6 * (1 - critical), 0.9);
  set(Outcome::masked, 0.4 * (1 - critical), 0.8);
  set(Outcome::top_1_correct, 0.91 - 0.8 * critical, 1);
  set(Outcome::top_5_correct, 0.99 - 0.5 * critical, 1);
  set(Outcome::top_5_robust, 1 - 0.5 * critical, 1);
  return domain;
}

// Bit 30 hurts, the other exponent bits a little, the mantissa not; every seventh cell has no fault.
inline double made_up_rate(size_t layer, int bit) {
  if (bit == 30) return 0.3 + 0.1 * static_cast<double>(layer % 4);
  if (bit == 31) return 0.004;
  return bit >= 23 ? 0.0008 * (bit - 22) : 0;
}

inline ReportStatistics made_up_statistics(const std::vector<std::string>& layers) {
  ReportStatistics statistics;
  statistics.report = "reports/made_up.csv";
  statistics.model = "ResNet20";
  statistics.dataset = "CIFAR10";
  statistics.images = 10000;
  statistics.classes = 10;
  statistics.golden = {.images = 10000, .top_1_correct = 9148, .top_5_correct = 9965};
  statistics.design = {.scheme = "network-wise",
                       .source = "The metadata say so.",
                       .error = 0.01,
                       .confidence = 0.99,
                       .seed = 42};
  statistics.remarks = {"Cells with few faults have wide intervals."};
  statistics.network = made_up_domain("", 0, 31, 16627, 0.012758);
  statistics.network.population = 8586752;
  for (size_t i = 0; i < layers.size(); ++i) {
    statistics.layers.push_back(
        made_up_domain(layers[i], 0, 31, 800, 0.005 * static_cast<double>(1 + i % 7)));
    for (int bit = 31; bit >= 0; --bit) {
      const bool is_hit = (7 * i + static_cast<size_t>(bit)) % 7 != 3;
      statistics.cells.push_back(made_up_domain(layers[i], bit, bit, is_hit ? 25 : 0, made_up_rate(i, bit)));
    }
  }
  for (int bit = 31; bit >= 0; --bit)
    statistics.bits.push_back(made_up_domain("", bit, bit, 520, made_up_rate(1, bit)));
  for (const BitGroup& group : bit_groups())
    statistics.fields.push_back(
        made_up_domain("", group.first_bit, group.last_bit, 4000, made_up_rate(1, group.last_bit - 1)));
  statistics.distribution = {16000, 300, 20, 10, 3, 1, 0, 2, 4, 8, 9, 7, 3, 2, 20, 21, 22, 30, 40, 62, 63};
  for (int i = 0; i < 20 && !layers.empty(); ++i) {
    statistics.worst.push_back(
        {bit_flip(100 + i, layers[static_cast<size_t>(i) % layers.size()], {2, 0, 30, i}, 30),
         {.images = 10000,
          .top_1_correct = 1000 + i,
          .top_5_correct = 5000,
          .top_1_robust = 900 + 7 * i,
          .top_5_robust = 5000,
          .masked = 0}});
  }
  statistics.margin = {.planned = 0.01, .achieved = 0.0018, .wanted = 0.001, .faults_for_wanted = 53300};
  statistics.fit = Share{.estimate = 12.4, .low = 10.3, .high = 14.9};
  statistics.provenance = {
      {"model SHA-256", "5e2d47801fd0ff6a9e3a1f710e1868bf2b988dd55279b04e041e51ed13a0beeb"},
      {"command", "tf_injector run -d CIFAR10 -n ResNet20 -f faults.csv"},
      {"reference", "TensorFlow 2.14.1, oneDNN, AVX-512"}};
  return statistics;
}

inline DetailStatistics made_up_details() {
  return {.path = "details.csv",
          .faults = 16627,
          .nan_faults = 12,
          .inf_faults = 31,
          .fixed = 40,
          .broken = 900,
          .flips = 1200,
          .sdc10pct = 5000,
          .sdc20pct = 3000,
          .classes = {{3, 210, 700}, {8, 90, 210}, {0, 12, 30}},
          .class_count = 4,
          .confusion = {0, 3, 40, 1, 2, 0, 700, 0, 5, 6, 0, 90, 1, 1, 1, 0}};
}

// Names that would be elements, attributes or ends of what they stand in.
inline std::vector<std::string> hostile_names() {
  return {"<script>alert(1)</script>",
          "\"onload=\"alert(1)",
          "a&amp;b&<b>",
          "</svg></title><img src=x>",
          "emoji \xF0\x9F\x94\xA5\xF0\x9F\xA7\xA0",
          "bad \xFF\xFE utf-8 \xC3",
          "line\nend\x01\x1b[31m",
          "\xE2\x80\xAE turned",
          "]]>-->{}%s'`",
          std::string(300, 'x')};
}

// "conv2d", "conv2d_1", ...
inline std::vector<std::string> layer_names(size_t count) {
  std::vector<std::string> names = {"conv2d"};
  for (size_t i = 1; i < count; ++i) names.push_back("conv2d_" + std::to_string(i));
  names.resize(count);
  return names;
}

}  // namespace tf_injector
