// The shape of a tensor for one image: the batch dimension is never part of it (an activation is (H, W, C),
// not (N, H, W, C)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace tf_injector::detail {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  [[nodiscard]] int rank() const noexcept { return static_cast<int>(dims_.size()); }
  [[nodiscard]] int64_t operator[](int axis) const { return dims_.at(static_cast<size_t>(axis)); }
  [[nodiscard]] const std::vector<int64_t>& dims() const noexcept { return dims_; }
  // The product of the dimensions: 1 for rank 0; if it overflows, the largest int64_t.
  [[nodiscard]] int64_t elements() const noexcept {
    int64_t n = 1;
    for (int64_t d : dims_) {
      if (__builtin_mul_overflow(n, d, &n)) n = std::numeric_limits<int64_t>::max();
    }
    return n;
  }
  [[nodiscard]] int64_t back() const { return dims_.at(dims_.size() - 1); }
  // "(32, 32, 3)", "(10,)", "()": as Python prints a tuple.
  [[nodiscard]] std::string to_string() const {
    std::string s = "(";
    for (size_t i = 0; i < dims_.size(); ++i) s += (i ? ", " : "") + std::to_string(dims_[i]);
    return s + (dims_.size() == 1 ? ",)" : ")");
  }
  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  std::vector<int64_t> dims_;
};

}  // namespace tf_injector::detail
