// Hashes of arrays that never change, each with what it is for a message.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/array_hash.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"
#include "session/image_feed.hpp"

namespace tf_injector::detail {

struct ConstantHash {
  std::string what;  // "the packed weights of step 3 (conv2d_1, avx512:conv2d)"
  uint64_t hash = 0;
};
using ConstantHashes = std::vector<ConstantHash>;

// Of the plan's kernels, step by step, and of images and labels.
[[nodiscard]] ConstantHashes hashes_of(const Plan& plan, const ImageFeed& feed);
// Of what an engine for this plan has of its own.
[[nodiscard]] ConstantHashes hashes_of(const Plan& plan, const Engine& engine);

}  // namespace tf_injector::detail
