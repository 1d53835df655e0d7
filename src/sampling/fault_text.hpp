// Rows of a fault list as text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

// A kernel whose faults are drawn.
struct SampledKernel {
  std::string name;            // as lists name its layer
  std::vector<int64_t> shape;  // (kh, kw, cin, cout) or (in, out)
  int64_t elements = 0;
};

// Numbers the rows from 0 and hands them over in large pieces.
class FaultText {
 public:
  explicit FaultText(const std::function<void(std::string_view)>& take);
  // `element` counts the kernel's elements in their row-major order.
  void add(const SampledKernel& kernel, int64_t element, int bit);
  // Hands over the rest.
  void finish();

 private:
  void describe(const SampledKernel& kernel, int64_t element);

  const std::function<void(std::string_view)>& take_;
  std::string text_;
  std::string place_;  // ",layer,index," of the last row's element
  const SampledKernel* kernel_ = nullptr;
  int64_t element_ = -1;
  int64_t rows_ = 0;
};

}  // namespace tf_injector::detail
