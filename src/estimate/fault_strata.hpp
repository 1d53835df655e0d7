// The faults of a network, divided into strata whose faults are alike: a bit, of the highest exponent bit the
// two signs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "estimate/sign_index.hpp"
#include "graph/graph.hpp"
#include "stats/stratified_mean.hpp"
#include "tf_injector/estimate.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector::detail {

// The faults of one bit of some neighbouring kernels, or of those of their weights that have one sign.
struct FaultStratum {
  enum class Part { all, negative, positive };
  size_t first_kernel = 0, end_kernel = 0;
  int bit = 0;
  Part part = Part::all;
  int64_t faults = 0;
  double mean = 0, variance = 0;  // of the metric over its faults, as believed before
};

// All single-bit flips of a network's kernels. `graph` must outlive it.
class FaultPopulation {
 public:
  // Throws ModelError: no layer has a kernel.
  FaultPopulation(const Graph& graph, const std::string& source);

  [[nodiscard]] size_t kernels() const noexcept { return kernels_.size(); }
  // Of a stored weight.
  [[nodiscard]] int bits() const noexcept { return storage_bits(storage_); }
  [[nodiscard]] const std::string& layer(size_t kernel) const { return kernels_[kernel].layer; }
  // Of these kernels and bits.
  [[nodiscard]] int64_t faults(size_t first_kernel, size_t end_kernel, int bits) const;
  // A partition of the faults of these kernels and bits, no stratum empty.
  [[nodiscard]] std::vector<FaultStratum> strata(size_t first_kernel, size_t end_kernel, int first_bit,
                                                 int last_bit, const EstimateOptions& options) const;
  // The fault of that number of a stratum, from 0.
  [[nodiscard]] Fault fault(const FaultStratum& stratum, int64_t number, int64_t id) const;

 private:
  struct Kernel {
    std::string layer;  // as fault lists name it
    const Weight* weight;
    int64_t first;  // number of its first element
  };
  StorageFormat storage_;
  std::vector<Kernel> kernels_;
  SignIndex signs_;  // of weight x gamma
};

}  // namespace tf_injector::detail
