// Chooses the kernel of an op from an ordered list of candidates, fastest first, the reference last: the
// first one that supports the shapes is taken.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "kernels/kernel.hpp"
#include "kernels/simd/simd_table.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

// Of an op, or of what several ops are seen as.
template <class Op>
struct Candidate {
  // "" if the candidate supports the op with these shapes; else the reason why not ("more than one group").
  std::string (*refuse)(const Op& op, const KernelContext& context);
  std::unique_ptr<Kernel> (*make)(const Op& op, const KernelContext& context);
};

// Throws ModelError when all refuse; `name` is the op's.
template <class Op>
std::unique_ptr<Kernel> first_candidate(std::string_view name, const Op& op, const KernelContext& context,
                                        std::initializer_list<Candidate<Op>> candidates) {
  std::string reasons;
  for (const Candidate<Op>& candidate : candidates) {
    const std::string reason = candidate.refuse(op, context);
    if (reason.empty()) return candidate.make(op, context);
    reasons += (reasons.empty() ? "" : "; ") + reason;
  }
  throw ModelError(std::string(name) + ": no kernel for these shapes: " + reasons);
}

template <class Op>
std::unique_ptr<Kernel> first_candidate(const Op& op, const KernelContext& context,
                                        std::initializer_list<Candidate<Op>> candidates) {
  return first_candidate(Op::kName, op, context, candidates);
}

// `refuse` of candidates that need a SIMD instruction set.
inline std::string refuse_without_simd(const KernelContext& context) {
  return simd::simd_table(context.set) == nullptr ? "kernels are scalar" : "";
}
// `refuse` of candidates whose tables hold 32-bit offsets.
inline std::string refuse_large_images(const KernelContext& context) {
  const bool fits = context.inputs[0].elements() <= INT32_MAX && context.output.elements() <= INT32_MAX;
  return fits ? "" : "simd: an image of more than 2^31 values";
}
// `refuse` of the reference.
template <class Op>
std::string refuse_never(const Op&, const KernelContext&) {
  return "";
}

}  // namespace tf_injector::detail
