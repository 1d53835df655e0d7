// Which faults to inject: samples of a network's bits by the schemes of the field, or all of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/model.hpp"

namespace tf_injector {

// How the population (every bit of every kernel weight) is divided into strata, each of which is sampled
// without replacement; all faults of a stratum are equally likely.
enum class SamplingScheme {
  network_wise,  // one stratum
  layer_wise,    // one per layer
  data_unaware,  // one per layer and bit
  data_aware,    // the same, with a p for each bit that follows from the weights (Ruospo et al., DATE 2023)
  exhaustive,    // every fault
  published,     // the procedure of the published lists: docs/interface.md
};
// "network-wise", "layer-wise", "data-unaware", "data-aware", "exhaustive", "published".
[[nodiscard]] const char* sampling_scheme_name(SamplingScheme scheme);
// The scheme of that name, or nothing.
[[nodiscard]] std::optional<SamplingScheme> sampling_scheme_named(std::string_view name);

struct SamplingOptions {
  SamplingScheme scheme = SamplingScheme::network_wise;
  double error = 0.01;                 // margin wanted in each stratum, between 0 and 1
  double confidence = 0.99;            // between 0 and 1
  double p = 0.5;                      // expected share of critical faults; 0.5 asks for most
  std::optional<int64_t> faults = {};  // in all, instead of these three; shared out by the strata's sizes
  uint64_t seed = 42;
  std::vector<std::string> layers = {};  // only these, as fault lists name them; none: all
  std::vector<int> bits = {};            // only these, of the model's storage; none: all
};

struct SamplingStratum {
  std::string layer = {};            // "": all of the plan's
  int bit_first = 0, bit_last = 31;  // of the plan's bits
  int64_t population = 0;
  int64_t faults = 0;
  double p = 0.5;
  double margin = 0;  // achieved, at the plan's confidence; 0 where all faults are taken
};

// What is sampled, and how many: a design, before any fault is drawn. Immutable.
class SamplingPlan {
 public:
  // Throws Error(usage): an option out of range, or beside one that it cannot stand with; FaultListError: no
  // such layer; ModelError: no layer has a kernel.
  SamplingPlan(Model model, SamplingOptions options);

  [[nodiscard]] const SamplingOptions& options() const noexcept;
  [[nodiscard]] std::span<const SamplingStratum> strata() const noexcept;
  [[nodiscard]] int64_t population() const noexcept;
  [[nodiscard]] int64_t faults() const noexcept;
  [[nodiscard]] double t() const noexcept;  // normal quantile, to two decimals
  // The design as JSON; `list_sha256` ties it to the list that was drawn.
  [[nodiscard]] std::string json(const std::string& list_sha256) const;

  // Draws the faults and gives the CSV list piece by piece, the header first; by layer, element and bit in
  // every stratum. Exhaustive lists take constant memory, others 8 bytes per fault. Throws
  // Error(interrupted), and what `text` throws.
  void write(const std::function<void(std::string_view)>& text,
             const std::atomic<bool>* stop = nullptr) const;
  // The whole list.
  [[nodiscard]] std::string csv(const std::atomic<bool>* stop = nullptr) const;
  // Writes the list and, beside it, the plan (`path`.plan.json); nothing half-written stays. Throws
  // OutputError: cannot be written, or is there already and `overwrite` is false.
  void write_files(const std::string& path, bool overwrite = false,
                   const std::atomic<bool>* stop = nullptr) const;

  struct Data;

 private:
  std::shared_ptr<const Data> data_;
};

}  // namespace tf_injector
