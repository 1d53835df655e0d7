// Progress of a campaign in words: figures, the bar for a given width, the plain line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/terminal.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector::cli {

struct ProgressFigures {
  int64_t done = 0, total = 0;       // faults, with those that an earlier run did
  double share = 0;                  // 0..1
  std::optional<double> per_second;  // faults of this run; nothing before the first figures
  std::optional<double> seconds_left;
  std::optional<double> critical_rate;  // 0..1, over the rows in the report
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

}  // namespace tf_injector::cli
