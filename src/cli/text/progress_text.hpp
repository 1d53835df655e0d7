// Progress of a campaign, an estimate or a download in words: figures, the bar for a given width, the plain
// line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/console/terminal.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/estimate.hpp"

namespace tf_injector::detail::cli {

struct ProgressFigures {
  int64_t done = 0, total = 0;       // faults, with those that an earlier run did
  double share = 0;                  // 0..1
  std::optional<double> per_second;  // faults of this run; nothing before the first figures
  std::optional<double> seconds_left;
  std::optional<double> critical_rate;  // 0..1, over the rows in the report
  std::string critical;                 // the same as the table at the end has it: "1.23 %"
};
[[nodiscard]] ProgressFigures progress_figures(const Progress& progress);

// "0:20:13", "2d 03:00:00"; seconds are rounded.
[[nodiscard]] std::string duration_text(double seconds);
// "812/s", "12.3/s", "4.50/min", "3.00/h": three digits.
[[nodiscard]] std::string rate_text(double per_second);

// One line of at most terminal.columns - 1 columns, without line end; colour codes do not count.
// "[#####-----]  50 %   5/10  12.3/s  0:20:13 left  critical 1.23 %"; parts that do not fit are left out, the
// last first.
[[nodiscard]] std::string progress_bar(const ProgressFigures& figures, const Terminal& terminal);
// "5/10 faults (50.0 %), 12.3/s, 0:20:13 left, critical 1.23 %"
[[nodiscard]] std::string progress_line(const ProgressFigures& figures);

// A file that is being fetched.
struct Transfer {
  std::string file;
  uint64_t before = 0, done = 0;    // bytes that an earlier attempt left; with those that came since
  std::optional<uint64_t> total{};  // nothing: the server does not say
  double seconds = 0;               // since the first byte
};
struct TransferFigures {
  std::optional<double> share;       // 0..1
  std::optional<double> per_second;  // bytes
  std::optional<double> seconds_left;
};
[[nodiscard]] TransferFigures transfer_figures(const Transfer& transfer);
// As of a campaign: "[#####-----]  50 %  85 MB of 170 MB  3.2 MB/s  0:00:27 left".
[[nodiscard]] std::string transfer_bar(const Transfer& transfer, const Terminal& terminal);
// "cifar-10-python.tar.gz: 85 MB of 170 MB (50.0 %), 3.2 MB/s, 0:00:27 left"
[[nodiscard]] std::string transfer_line(const Transfer& transfer);

// As of a campaign: "[#####-----]  50 %  1.31 % [1.02, 1.71]  900 faults  0:00:05".
[[nodiscard]] std::string estimate_bar(const EstimateProgress& progress, const Terminal& terminal);
// "900 faults (about 50 %): 1.31 % [1.02, 1.71], 0:00:05"
[[nodiscard]] std::string estimate_line(const EstimateProgress& progress);

}  // namespace tf_injector::detail::cli
