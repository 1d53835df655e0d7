#include "session/constant_hashes.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/printable.hpp"
#include "engine/const_engine_arrays.hpp"
#include "kernels/const_arrays.hpp"
#include "tf_injector/dataset.hpp"

namespace tf_injector::detail {
namespace {

std::string step_name(const Plan& plan, size_t step) {
  const PlanStep& of = plan.parts().steps[step];
  return fmt::format("step {} ({}, {})", step, printable(of.path), of.kernel->name());
}

ArrayVisitor into(ArrayHash& hash) {
  return [&hash](std::span<const std::byte> array) { hash.update(array); };
}

}  // namespace

ConstantHashes hashes_of(const Plan& plan, const ImageFeed& feed) {
  ConstantHashes hashes;
  for (size_t step = 0; step < plan.parts().steps.size(); ++step) {
    const auto* kernel = dynamic_cast<const ConstArrays*>(plan.parts().steps[step].kernel.get());
    if (kernel == nullptr) continue;
    ArrayHash hash;
    kernel->visit_arrays(into(hash));
    hashes.push_back({"the weights of " + step_name(plan, step), hash.value()});
  }
  for (const DatasetInput& input : feed.dataset().inputs) {
    ArrayHash hash;
    visit_array(into(hash), input.bytes.span());
    visit_array(into(hash), input.floats.span());
    hashes.push_back(
        {input.name.empty() ? "the images" : "the images of input " + printable(input.name), hash.value()});
  }
  ArrayHash labels;
  visit_array(into(labels), feed.dataset().labels);
  hashes.push_back({"the labels", labels.value()});
  return hashes;
}

ConstantHashes hashes_of(const Plan& plan, const Engine& engine) {
  const auto* arrays = dynamic_cast<const ConstEngineArrays*>(&engine);
  if (arrays == nullptr) return {};
  std::vector<ArrayHash> steps(plan.parts().steps.size());
  arrays->visit_arrays([&](size_t step, std::span<const std::byte> array) { steps[step].update(array); });
  ConstantHashes hashes;
  for (size_t step = 0; step < steps.size(); ++step) {
    if (steps[step].bytes() == 0) continue;
    hashes.push_back({"what replay keeps of " + step_name(plan, step), steps[step].value()});
  }
  return hashes;
}

}  // namespace tf_injector::detail
