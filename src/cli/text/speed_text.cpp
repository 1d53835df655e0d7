#include "cli/text/speed_text.hpp"

#include <fmt/format.h>

#include "cli/text/text_table.hpp"
#include "core/json.hpp"

namespace tf_injector::detail::cli {
namespace {

// Of what takes time and has multiply-adds: "-" of the rest.
std::string per_second_text(const StepSpeed& step) {
  if (step.multiply_adds == 0) return "-";
  return fmt::format("{:.1f}", static_cast<double>(step.multiply_adds) / step.seconds_per_image * 1e-9);
}

std::string share_text(const StepSpeed& step, double peak) {
  if (step.multiply_adds == 0 || peak <= 0) return "-";
  return fmt::format("{:.0f} %",
                     100 * static_cast<double>(step.multiply_adds) / step.seconds_per_image / peak);
}

std::string milliseconds_text(const EngineSpeed& speed) {
  return fmt::format("{:.4g}", 1e3 * speed.processor_seconds / static_cast<double>(speed.faults));
}

double times_as_long(const TechniqueSpeed& technique) {
  return technique.without.processor_seconds / technique.all.processor_seconds;
}

StepSpeed total_of(const StepSpeeds& speeds) {
  StepSpeed total;
  total.path = "total";
  for (const StepSpeed& step : speeds.steps) {
    total.multiply_adds += step.multiply_adds;
    total.seconds_per_image += step.seconds_per_image;
  }
  return total;
}

}  // namespace

std::string speeds_text(const std::vector<EngineSpeed>& speeds) {
  const std::vector<Column> columns = {{"engine", false},         {"faults", true},   {"images", true},
                                       {"seconds a fault", true}, {"faults/s", true}, {"times plain", true},
                                       {"golden seconds", true},  {"threads", true},  {"kernels", false}};
  std::vector<std::vector<std::string>> rows;
  for (const EngineSpeed& speed : speeds) {
    rows.push_back({speed.name, std::to_string(speed.faults), std::to_string(speed.images),
                    fmt::format("{:.4g}", speed.seconds / static_cast<double>(speed.faults)),
                    fmt::format("{:.4g}", speed.faults_per_second()),
                    fmt::format("{:.4g}", speed.faults_per_second() / speeds.front().faults_per_second()),
                    fmt::format("{:.3g}", speed.golden_seconds), std::to_string(speed.threads),
                    speed.kernels});
  }
  return text_table(columns, rows);
}

std::string speeds_json(const std::vector<EngineSpeed>& speeds) {
  std::string lines;
  for (const EngineSpeed& speed : speeds) {
    const Json object = {{"name", speed.name},
                         {"faults", speed.faults},
                         {"images", speed.images},
                         {"seconds", speed.seconds},
                         {"faults_per_second", speed.faults_per_second()},
                         {"golden_seconds", speed.golden_seconds},
                         {"threads", speed.threads},
                         {"tile", speed.tile},
                         {"kernels", speed.kernels}};
    lines += object.dump() + "\n";
  }
  return lines;
}

std::string technique_speeds_text(const TechniqueSpeeds& speeds) {
  const std::vector<Column> columns = {{"shortcut", false},     {"ms without", true},
                                       {"times as long", true}, {"ms up to it", true},
                                       {"times as fast", true}, {"left out", false}};
  const auto factor = [](double ratio) { return fmt::format("{:.2f}", ratio); };
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"none", "-", "-", milliseconds_text(speeds.none), "-", ""});
  const EngineSpeed* before = &speeds.none;
  for (const TechniqueSpeed& technique : speeds.techniques) {
    rows.push_back({technique.name, milliseconds_text(technique.without), factor(times_as_long(technique)),
                    milliseconds_text(technique.up_to),
                    factor(before->processor_seconds / technique.up_to.processor_seconds),
                    technique.instead});
    before = &technique.up_to;
  }
  std::string text = text_table(columns, rows);
  const EngineSpeed& last = speeds.techniques.back().up_to;
  text += fmt::format(
      "ms: milliseconds of processor time a fault; {} faults, {} images, {} threads, kernels {}\n",
      last.faults, last.images, last.threads, last.kernels);
  text += fmt::format("whole evaluation of every fault: {} ms, all shortcuts: {} ms\n",
                      milliseconds_text(speeds.plain), milliseconds_text(last));
  text += fmt::format("on {} threads and on one: {:.4g} and {:.4g} ms of wall time a fault\n", last.threads,
                      1e3 / last.faults_per_second(), 1e3 / speeds.one_thread.faults_per_second());
  return text;
}

std::string technique_speeds_json(const TechniqueSpeeds& speeds) {
  std::string lines = speeds_json({speeds.plain, speeds.none});
  for (const TechniqueSpeed& technique : speeds.techniques) {
    const Json object = {{"technique", technique.name},
                         {"left_out", technique.instead},
                         {"seconds", technique.all.processor_seconds},
                         {"seconds_without", technique.without.processor_seconds},
                         {"seconds_up_to", technique.up_to.processor_seconds},
                         {"times_as_long", times_as_long(technique)},
                         {"faults", technique.all.faults},
                         {"images", technique.all.images},
                         {"threads", technique.all.threads}};
    lines += object.dump() + "\n";
  }
  return lines + speeds_json({speeds.one_thread});
}

std::string step_speeds_text(const StepSpeeds& speeds) {
  const std::vector<Column> columns = {
      {"step", false},       {"op", false},           {"kernel", false},      {"multiply-adds", true},
      {"us an image", true}, {"share of time", true}, {"10^9 fma a s", true}, {"of the peak", true}};
  const StepSpeed total = total_of(speeds);
  const auto row = [&](const StepSpeed& step) -> std::vector<std::string> {
    return {step.path,
            step.op,
            step.kernel,
            std::to_string(step.multiply_adds),
            fmt::format("{:.2f}", step.seconds_per_image * 1e6),
            fmt::format("{:.1f} %", 100 * step.seconds_per_image / total.seconds_per_image),
            per_second_text(step),
            share_text(step, speeds.peak)};
  };
  std::vector<std::vector<std::string>> rows;
  for (const StepSpeed& step : speeds.steps) rows.push_back(row(step));
  rows.emplace_back();
  rows.push_back(row(total));
  std::string text = text_table(columns, rows);
  text += fmt::format("kernels {}, one thread, {} images at a time, each step alone", speeds.kernels,
                      speeds.images);
  if (speeds.peak > 0)
    text += fmt::format("; the peak: {:.1f} x 10^9 multiply-adds a second", speeds.peak * 1e-9);
  return text + "\n";
}

std::string step_speeds_json(const StepSpeeds& speeds) {
  std::string lines;
  for (const StepSpeed& step : speeds.steps) {
    const Json object = {{"step", step.path},
                         {"op", step.op},
                         {"kernel", step.kernel},
                         {"multiply_adds", step.multiply_adds},
                         {"seconds_per_image", step.seconds_per_image},
                         {"images", speeds.images},
                         {"peak", speeds.peak}};
    lines += object.dump() + "\n";
  }
  return lines;
}

}  // namespace tf_injector::detail::cli
