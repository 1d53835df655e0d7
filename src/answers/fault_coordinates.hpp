// Whether two files name the same weights in the same way, or one of them as PyTorch does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tf_injector/compare.hpp"

namespace tf_injector::detail {

// The index of a kernel's element as PyTorch stores the kernel: (kh, kw, cin, cout) -> (cout, cin, kh, kw),
// (in, out) -> (out, in); others as they are.
[[nodiscard]] std::vector<int64_t> pytorch_index(const std::vector<int64_t>& keras);

// Rows of A and of B that have the same number.
using RowPairs = std::vector<std::pair<const FaultResult*, const FaultResult*>>;

// How two files name faults. Found by the way that agrees on most rows.
class FaultCoordinates {
 public:
  enum class Kind { same, pytorch_in_a, pytorch_in_b };

  explicit FaultCoordinates(const RowPairs& pairs);
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  // Both are the same bit of the same weight.
  [[nodiscard]] bool match(const Fault& a, const Fault& b) const;

 private:
  [[nodiscard]] bool same_element(Kind kind, const Fault& a, const Fault& b) const;
  void pair_layers(const RowPairs& pairs);

  Kind kind_ = Kind::same;
  std::map<std::string, std::string> layer_of_;  // B's name of a layer of A; empty where names are the same
};

}  // namespace tf_injector::detail
