// The sentences of a report's answer: text, page and pictures say the same.
#pragma once

#include <string>

#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

// "ResNet20 on CIFAR10", "ResNet20", "the network".
[[nodiscard]] std::string subject_text(const ReportStatistics& statistics);
// Which faults are spoken of, and on how many images they change the decision, each with its interval.
[[nodiscard]] std::string answer_text(const ReportStatistics& statistics);
// How many faults change the decision at all: "One fault in 25 changes the decision on at least one ...".
[[nodiscard]] std::string faults_answer_text(const ReportStatistics& statistics);
// How much is known with how many faults, and what a wanted margin takes; "": nothing to say.
[[nodiscard]] std::string margin_text(const ReportStatistics& statistics);
// How the faults were chosen, in one sentence.
[[nodiscard]] std::string design_text(const ReportStatistics& statistics);

// "all bits", "bit 30", "bits 0-22".
[[nodiscard]] std::string bits_text(const StatisticsDomain& domain);
// "By field of the float32"
[[nodiscard]] std::string fields_title(const ReportStatistics& statistics);
// "sign", "exponent", "mantissa": the field whose bits these are; "" where they are several.
[[nodiscard]] std::string field_text(const StatisticsDomain& domain);

}  // namespace tf_injector::detail
