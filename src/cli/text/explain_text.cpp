#include "cli/text/explain_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cli/text/text_table.hpp"
#include "core/printable.hpp"
#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr size_t kColumns = 80;  // sentences are broken there
constexpr size_t kShownChanges = 10;

// The words on lines of at most kColumns, further lines indented.
std::string wrapped(const std::string& text, size_t indent = 2) {
  std::string out, line;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = std::string(indent, ' ') + word;
    } else {
      line += (line.empty() ? "" : " ") + word;
    }
    begin = end + 1;
  }
  return out + line + "\n";
}

// "1,234,567"
std::string grouped(int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string images_text(int64_t images) { return grouped(images) + (images == 1 ? " image" : " images"); }

// "1,507.5"; a whole number without its zero.
std::string mean_text(int64_t sum, int64_t count) {
  const auto tenths =
      static_cast<int64_t>(std::llround(10 * static_cast<double>(sum) / static_cast<double>(count)));
  if (sum % count == 0) return grouped(sum / count);
  return fmt::format("{}.{}", grouped(tenths / 10), tenths % 10);
}

// A storage format's lengths in bits.
struct StoredFields {
  explicit StoredFields(StorageFormat storage)
      : format(storage),
        mantissa(bit_groups(storage).back().last_bit + 1),
        exponent(storage_bits(storage) - 1 - mantissa) {}

  StorageFormat format;
  int mantissa, exponent;
  [[nodiscard]] bool has_exponent() const { return exponent > 0; }
  [[nodiscard]] int largest_exponent() const { return (1 << exponent) - 1; }
  // As float32 they count as zero; those of float16 are no denormals there.
  [[nodiscard]] bool has_denormals() const { return format == StorageFormat::float16; }
};

std::string hex_text(uint32_t bits, int length) { return fmt::format("0x{:0{}x}", bits, (length + 3) / 4); }

// "118 (2^-9)"
std::string exponent_text(int exponent, const StoredFields& stored) {
  if (exponent == stored.largest_exponent()) return fmt::format("{} (Inf, NaN)", exponent);
  if (exponent == 0) return stored.has_denormals() ? "0 (denormal)" : "0 (zero)";
  return fmt::format("{} (2^{})", exponent, exponent - stored.largest_exponent() / 2);
}

std::vector<std::string> field_row(const char* name, const FloatFields& fields, const StoredFields& stored) {
  const std::string bits = hex_text(fields.bits, storage_bits(stored.format));
  const std::string value = fmt::format("{:.9g}", fields.value);
  if (!stored.has_exponent()) return {name, bits, std::to_string(static_cast<int8_t>(fields.bits)), value};
  return {name,
          bits,
          std::to_string(fields.sign),
          exponent_text(fields.exponent, stored),
          hex_text(fields.mantissa, stored.mantissa),
          value};
}

std::string fields_table(const FaultExplanation& found) {
  const StoredFields stored(found.storage);
  std::vector<Column> columns = {{"", false}, {"bits", false}};
  if (stored.has_exponent()) {
    for (const char* name : {"sign", "exponent", "mantissa"}) columns.push_back({name, false});
  } else {
    columns.push_back({"code", true});
  }
  columns.push_back({"value", false});
  return text_table(columns,
                    {field_row("before", found.before, stored), field_row("after", found.after, stored)});
}

// "bit 30 (exponent, up): +9.8e+35, multiplied by 2^128"
std::string exponent_change_text(const FaultExplanation& found, int bit, double change) {
  const bool is_up = found.change == BitChange::exponent_up;
  const std::string text = fmt::format("bit {} (exponent, {}): {:+.3g}", bit, is_up ? "up" : "down", change);
  const StoredFields stored(found.storage);
  if (found.before.exponent != 0 && found.after.exponent != 0)
    return text + fmt::format(", {} by 2^{}", is_up ? "multiplied" : "divided", 1 << (bit - stored.mantissa));
  const bool is_zero = found.after.exponent == 0 && !stored.has_denormals();
  return is_zero ? text + "; below the smallest normal number it counts as zero" : text;
}

std::string change_text(const FaultExplanation& found) {
  const double before = static_cast<double>(found.before.value),
               after = static_cast<double>(found.after.value);
  const int bit = flipped_bit(found.fault);
  switch (found.change) {
    case BitChange::becomes_inf:
      return fmt::format("bit {} (exponent): the weight becomes {}Inf", bit,
                         found.after.sign != 0 ? "-" : "");
    case BitChange::becomes_nan:
      return fmt::format("bit {} (exponent): the weight becomes NaN", bit);
    case BitChange::was_inf:
    case BitChange::was_nan:
      return fmt::format("bit {}: the weight is {} without the fault already", bit,
                         found.change == BitChange::was_inf ? "Inf" : "NaN");
    case BitChange::sign:
    case BitChange::magnitude:
      return fmt::format("bit {} ({}): {:+.3g}", bit, found.change == BitChange::sign ? "sign" : "magnitude",
                         after - before);
    case BitChange::exponent_up:
    case BitChange::exponent_down:
      return exponent_change_text(found, bit, after - before);
    case BitChange::mantissa:
      break;
  }
  const std::string share =
      before != 0 ? fmt::format(", {:.3g} of the value", std::abs((after - before) / before)) : "";
  return fmt::format("bit {} (mantissa): {:+.3g}{}", bit, after - before, share);
}

std::string weight_text(const FaultExplanation& found) {
  std::vector<std::string> places;
  for (const auto& [name, number] : found.position) places.push_back(fmt::format("{} {}", name, number));
  std::string text = fmt::format("{} {} bit {}\n", printable(found.layer),
                                 format_index(found.fault.parts.front().index), flipped_bit(found.fault));
  text += wrapped(fmt::format("{}, kernel {}: {}", found.class_name, format_index(found.kernel_shape),
                              fmt::join(places, ", ")));
  if (found.storage != StorageFormat::float32)
    text += fmt::format("stored in {}\n", storage_name(found.storage));
  text += "\n" + fields_table(found);
  return text + change_text(found) + "\n\n";
}

std::string reach_text(const FaultExplanation& found) {
  if (found.reach.empty()) return "reach: the scored output does not depend on this weight\n";
  int64_t outputs = 0, all = 0, multiply_adds = 0;
  const StepReach* everywhere = nullptr;
  for (const StepReach& step : found.reach) {
    outputs += step.outputs;
    all += step.all_outputs;
    multiply_adds += step.multiply_adds;
    if (everywhere == nullptr && step.outputs == step.all_outputs) everywhere = &step;
  }
  const StepReach& own = found.reach.front();
  std::string text = fmt::format("reach: at most {} of {} output positions of {}, one channel of each",
                                 grouped(own.positions), grouped(own.all_positions), printable(own.path));
  if (own.all_positions == 1) text = fmt::format("reach: one output of {}", printable(own.path));
  if (everywhere == &own) text = fmt::format("reach: all outputs of {}", printable(own.path));
  text += fmt::format("; from it on {} of {} outputs", grouped(outputs), grouped(all));
  if (everywhere != nullptr && everywhere != &own)
    text += fmt::format("; {} is the first layer of which it can reach all", printable(everywhere->path));
  text += fmt::format("; {} of the {} multiply-adds of the network", grouped(multiply_adds),
                      grouped(found.multiply_adds));
  return wrapped(text);
}

std::string neighbours_text(const FaultExplanation& found) {
  std::string text;
  if (!found.feeds.empty()) text += wrapped(fmt::format("feeds: {}", fmt::join(found.feeds, ", ")));
  for (const ChannelScale& scale : found.scales)
    text += wrapped(fmt::format("{}: gamma {:.6g} of this channel; it multiplies a change by {:.4g}",
                                printable(scale.layer), scale.gamma, scale.scale));
  return text;
}

// As lists name them: "conv2d_8"; the whole path where two end so; with the op where a layer has several.
std::vector<std::string> step_names(const std::vector<StepSpread>& steps) {
  const auto leaf = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  std::map<std::string, std::set<std::string>> paths;
  std::map<std::string, int> times;
  for (const StepSpread& step : steps) {
    paths[leaf(step.path)].insert(step.path);
    ++times[step.path];
  }
  std::vector<std::string> names;
  for (const StepSpread& step : steps) {
    const std::string name = printable(paths[leaf(step.path)].size() == 1 ? leaf(step.path) : step.path);
    names.push_back(times[step.path] > 1 ? fmt::format("{} {}", name, step.op) : name);
  }
  return names;
}

// Steps in which something differs, or the fault ended.
std::string steps_text(const FaultSpread& spread) {
  const std::vector<std::string> names = step_names(spread.steps);
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < spread.steps.size(); ++i) {
    const StepSpread& step = spread.steps[i];
    if (step.images == 0 && step.ended == 0 && i > 0) continue;
    rows.push_back(
        {names[i], grouped(step.images), step.images > 0 ? mean_text(step.differing, step.images) : "",
         grouped(step.outputs), step.images > 0 ? fmt::format("{:.3g}", step.largest_change) : "",
         step.ended > 0 ? fmt::format("{} {}", grouped(step.ended), end_cause_name(step.cause)) : ""});
  }
  return text_table({{"layer", false},
                     {"images", true},
                     {"differ", true},
                     {"of", true},
                     {"largest", true},
                     {"ended", false}},
                    rows);
}

std::string ends_text(const FaultSpread& spread) {
  std::vector<std::string> parts;
  for (size_t cause = 0; cause < kEndCauses; ++cause) {
    const int64_t images = spread.ended(static_cast<EndCause>(cause));
    if (images > 0)
      parts.push_back(fmt::format("{} {}", grouped(images), end_cause_name(static_cast<EndCause>(cause))));
  }
  std::string text = fmt::format("ended on {}", images_text(spread.images - spread.reached));
  if (!parts.empty()) text += fmt::format(" ({})", fmt::join(parts, ", "));
  return wrapped(fmt::format("{}; reached the scores on {}", text, images_text(spread.reached)));
}

std::string result_row_text(const FaultSpread& spread) {
  const Tally& tally = spread.tally;
  std::string text = fmt::format(
      "masked {}, non-critical {}, critical {}; top 1 correct {} (golden {}), top 5 {} (golden {})",
      grouped(tally.masked), grouped(tally.non_critical()), grouped(tally.critical()),
      grouped(tally.top_1_correct), grouped(spread.golden.top_1_correct), grouped(tally.top_5_correct),
      grouped(spread.golden.top_5_correct));
  text = wrapped(text);
  if (spread.changes.empty()) return text + "no decision changes\n";
  std::vector<std::string> changes;
  for (size_t i = 0; i < std::min(kShownChanges, spread.changes.size()); ++i) {
    const DecisionChange& change = spread.changes[i];
    changes.push_back(fmt::format("{} to {}: {}", change.from, change.to, grouped(change.images)));
  }
  return text + wrapped(fmt::format("decisions changed, from class to class: {}{}", fmt::join(changes, ", "),
                                    spread.changes.size() > kShownChanges ? ", ..." : ""));
}

}  // namespace

std::string explanation_text(const FaultExplanation& found) {
  std::string text = weight_text(found) + neighbours_text(found) + reach_text(found);
  if (!found.spread) return text;
  const FaultSpread& spread = *found.spread;
  text += fmt::format("\non {}:\n", images_text(spread.images));
  std::string met =
      fmt::format("the weight meets an input that is not zero on {}", images_text(spread.images_met));
  if (spread.images_met > 0)
    met += fmt::format(", at {} of its {} positions on average",
                       mean_text(spread.positions_met, spread.images_met),
                       grouped(found.reach.empty() ? 0 : found.reach.front().all_positions));
  text += wrapped(met);
  return text + "\n" + steps_text(spread) + "\n" + ends_text(spread) + result_row_text(spread);
}

}  // namespace tf_injector::detail::cli
