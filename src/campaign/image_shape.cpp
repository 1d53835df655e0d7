#include "campaign/image_shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tf_injector {
namespace {

constexpr size_t kImageRank = 3;

using Dims = std::vector<int64_t>;

bool is_with_last_one(const Dims& longer, const Dims& shorter) {
  return longer.size() == shorter.size() + 1 && longer.back() == 1 &&
         std::equal(shorter.begin(), shorter.end(), longer.begin());
}

}  // namespace

std::optional<ShapeChange> shape_change(const Dims& images, const Shape& input) {
  const Dims& wanted = input.dims();
  if (images == wanted || is_with_last_one(wanted, images) || is_with_last_one(images, wanted))
    return ShapeChange::none;
  if (images.size() != kImageRank) return std::nullopt;
  if (Dims{images[2], images[0], images[1]} == wanted) return ShapeChange::to_channels_first;
  if (Dims{images[1], images[2], images[0]} == wanted) return ShapeChange::to_channels_last;
  return std::nullopt;
}

std::string reshape_hint(const Dims& images, const Shape& input) {
  if (images.empty() || input.rank() == 0 || Shape(images).elements() != input.elements()) return "";
  return fmt::format("; as many values: if they lie in the same order, store x.reshape(-1, {})",
                     fmt::join(input.dims(), ", "));
}

}  // namespace tf_injector
