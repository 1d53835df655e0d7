// An engine's own arrays that decide its scores and never change: they are hashed, to notice bad memory.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace tf_injector::detail {

// Base of every engine that has such arrays.
class ConstEngineArrays {
 public:
  virtual ~ConstEngineArrays() = default;
  // Calls visit(step of the plan, array) for each once and always in the same order.
  virtual void visit_arrays(const std::function<void(size_t, std::span<const std::byte>)>& visit) const = 0;
};

}  // namespace tf_injector::detail
