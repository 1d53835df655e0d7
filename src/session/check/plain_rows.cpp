#include "session/check/plain_rows.hpp"

#include <optional>

namespace tf_injector::detail {

PlainRows::PlainRows(const Plan& plan, const ImageFeed& feed, int tile, const std::atomic<bool>* stop)
    : plan_(plan),
      feed_(feed),
      workspace_(plan, tile),
      buffers_(feed.make_buffers(tile)),
      scores_(static_cast<size_t>(tile * plan.classes())),
      stop_(stop) {}

std::span<const float> PlainRows::evaluate(std::span<const Patch> fault, const Tile& tile) {
  std::optional<Overlay> overlay;
  if (changes_something(fault)) overlay.emplace(plan_, fault);
  const std::span<float> scores =
      scores_.span().first(static_cast<size_t>(tile.images) * static_cast<size_t>(plan_.classes()));
  tf_injector::detail::evaluate(
      plan_, overlay ? &*overlay : nullptr, workspace_, feed_.fill(tile, buffers_), tile.images,
      {.batch = tile.batch, .batch_index = tile.batch_index, .stop = stop_}, scores);
  return scores;
}

uint64_t PlainRows::bytes_per_image(const Plan& plan, const ImageFeed& feed) {
  return plan.workspace_bytes_per_image() + feed.bytes_per_image() +
         static_cast<uint64_t>(plan.classes()) * sizeof(float);
}

}  // namespace tf_injector::detail
