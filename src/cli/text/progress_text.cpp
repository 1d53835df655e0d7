#include "cli/text/progress_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/text/estimate_text.hpp"
#include "cli/text/result_text.hpp"
#include "core/bytes_text.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr int kLeastBar = 10;
constexpr int kMostBar = 40;

// `cells` columns, the first `share` of them filled; UTF-8 shows eighths of a column.
std::string bar_cells(double share, int cells, bool unicode) {
  std::string bar;
  if (!unicode) {
    const int full = static_cast<int>(share * cells);
    bar.append(static_cast<size_t>(full), '#').append(static_cast<size_t>(cells - full), '-');
    return bar;
  }
  static constexpr const char* kEighths[] = {" ",      "\u258f", "\u258e", "\u258d", "\u258c",
                                             "\u258b", "\u258a", "\u2589", "\u2588"};
  const int eighths = static_cast<int>(share * cells * 8);
  for (int cell = 0; cell < cells; ++cell) bar += kEighths[std::clamp(eighths - 8 * cell, 0, 8)];
  return bar;
}

// What may stand behind the bar, the most important first.
std::vector<std::string> bar_parts(const ProgressFigures& figures) {
  const size_t width = std::to_string(figures.total).size();
  std::vector<std::string> parts = {fmt::format("{:>{}}/{}", figures.done, width, figures.total)};
  if (figures.per_second) parts.push_back(rate_text(*figures.per_second));
  if (figures.seconds_left) parts.push_back(duration_text(*figures.seconds_left) + " left");
  if (figures.critical_rate) parts.push_back("critical " + figures.critical);
  return parts;
}

// A bar filled to `share` with the parts behind it that fit, the first before the others.
std::string bar_text(double share, const std::vector<std::string>& parts, const Terminal& terminal) {
  const int width = std::max(terminal.columns - 1, 1);
  const std::string percent = fmt::format("{:3d} %", static_cast<int>(share * 100));
  const int frame = 2 + 1 + static_cast<int>(percent.size());  // "[", "]", " ", percent
  std::string tail;
  for (const std::string& part : parts) {
    const bool fits = frame + kLeastBar + static_cast<int>(tail.size() + 2 + part.size()) <= width;
    if (!fits) break;
    tail += "  " + part;
  }
  if (tail.empty()) {  // too narrow for a bar
    return width >= static_cast<int>(parts[0].size()) ? parts[0]
                                                      : percent.substr(0, static_cast<size_t>(width));
  }
  const int cells = std::min(width - frame - static_cast<int>(tail.size()), kMostBar);
  const std::string bar = colored(terminal, Color::green, bar_cells(share, cells, terminal.unicode));
  return "[" + bar + "] " + percent + tail;
}

// What is to be said of a transfer, the most important first.
std::vector<std::string> transfer_parts(const Transfer& transfer, const TransferFigures& figures) {
  std::vector<std::string> parts = {bytes_text(transfer.done)};
  if (transfer.total) parts[0] += " of " + bytes_text(*transfer.total);
  if (figures.per_second) parts.push_back(bytes_text(static_cast<uint64_t>(*figures.per_second)) + "/s");
  if (figures.seconds_left) parts.push_back(duration_text(*figures.seconds_left) + " left");
  return parts;
}

}  // namespace

ProgressFigures progress_figures(const Progress& progress) {
  ProgressFigures figures;
  const double done = static_cast<double>(progress.faults_before) + std::max(progress.faults_done, 0.0);
  const double total = static_cast<double>(progress.faults_total);
  figures.total = progress.faults_total;
  // Parts of faults add up with rounding: 2.9999999 are 3.
  figures.done = std::min(static_cast<int64_t>(done + 1e-6), progress.faults_total);
  figures.share = total > 0 ? std::clamp(done / total, 0.0, 1.0) : 1.0;
  if (progress.seconds > 0 && progress.faults_done > 0) {
    figures.per_second = progress.faults_done / progress.seconds;
    figures.seconds_left = std::max(total - done, 0.0) / *figures.per_second;
  }
  if (progress.images_evaluated > 0) {
    figures.critical_rate =
        static_cast<double>(progress.critical) / static_cast<double>(progress.images_evaluated);
    figures.critical = percent_text(progress.critical, progress.images_evaluated);
  }
  return figures;
}

std::string duration_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "long";
  const auto all = static_cast<int64_t>(std::llround(seconds));
  const int64_t days = all / 86400, hours = all / 3600 % 24, minutes = all / 60 % 60;
  if (days > 0) return fmt::format("{}d {:02}:{:02}:{:02}", days, hours, minutes, all % 60);
  return fmt::format("{}:{:02}:{:02}", hours, minutes, all % 60);
}

std::string rate_text(double per_second) {
  double value = per_second;
  const char* unit = "s";
  if (per_second < 1.0 / 60) {
    value = per_second * 3600;
    unit = "h";
  } else if (per_second < 1) {
    value = per_second * 60;
    unit = "min";
  }
  const int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}/{}", value, digits, unit);
}

std::string progress_bar(const ProgressFigures& figures, const Terminal& terminal) {
  return bar_text(figures.share, bar_parts(figures), terminal);
}

std::string progress_line(const ProgressFigures& figures) {
  std::string line = fmt::format("{}/{} faults ({:.1f} %)", figures.done, figures.total, 100 * figures.share);
  if (figures.per_second) line += ", " + rate_text(*figures.per_second);
  if (figures.seconds_left) line += ", " + duration_text(*figures.seconds_left) + " left";
  if (figures.critical_rate) line += ", critical " + figures.critical;
  return line;
}

TransferFigures transfer_figures(const Transfer& transfer) {
  TransferFigures figures;
  const auto done = static_cast<double>(transfer.done), came = done - static_cast<double>(transfer.before);
  if (transfer.seconds > 0 && came > 0) figures.per_second = came / transfer.seconds;
  if (transfer.total) {
    const double total = std::max(static_cast<double>(*transfer.total), done);
    figures.share = total > 0 ? done / total : 1.0;
    if (figures.per_second) figures.seconds_left = (total - done) / *figures.per_second;
  }
  return figures;
}

std::string transfer_bar(const Transfer& transfer, const Terminal& terminal) {
  const TransferFigures figures = transfer_figures(transfer);
  const std::vector<std::string> parts = transfer_parts(transfer, figures);
  if (figures.share) return bar_text(*figures.share, parts, terminal);
  return fmt::format("{}", fmt::join(parts, "  "))
      .substr(0, static_cast<size_t>(std::max(terminal.columns - 1, 1)));
}

std::string transfer_line(const Transfer& transfer) {
  const TransferFigures figures = transfer_figures(transfer);
  std::vector<std::string> parts = transfer_parts(transfer, figures);
  if (figures.share) parts[0] += fmt::format(" ({:.1f} %)", 100 * *figures.share);
  return fmt::format("{}: {}", transfer.file, fmt::join(parts, ", "));
}

std::string estimate_bar(const EstimateProgress& progress, const Terminal& terminal) {
  return bar_text(progress.share,
                  {interval_text(progress.estimate, progress.low, progress.high),
                   fmt::format("{} faults", progress.faults), duration_text(progress.seconds)},
                  terminal);
}

std::string estimate_line(const EstimateProgress& progress) {
  return fmt::format("{} faults (about {:.0f} %): {}, {}", progress.faults, 100 * progress.share,
                     interval_text(progress.estimate, progress.low, progress.high),
                     duration_text(progress.seconds));
}

}  // namespace tf_injector::detail::cli
