#include "session/check/plain_rows.hpp"

#include <algorithm>
#include <optional>
#include <vector>

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

std::span<const float> PlainRows::evaluate(PatchRows faults, size_t fault, const Tile& tile) {
  const int64_t own = faults.image(fault) - tile.first;
  if (faults.image(fault) == kAllImages) return evaluate(faults[fault], tile);
  if (own < 0 || own >= tile.images) return evaluate({}, tile);
  const auto classes = static_cast<size_t>(plan_.classes()), at = static_cast<size_t>(own) * classes;
  const std::span<const float> faulty = evaluate(faults[fault], tile).subspan(at, classes);
  const std::vector<float> row(faulty.begin(), faulty.end());
  evaluate({}, tile);
  std::copy(row.begin(), row.end(), scores_.span().begin() + static_cast<ptrdiff_t>(at));
  return scores_.span().first(static_cast<size_t>(tile.images) * classes);
}

uint64_t PlainRows::bytes_per_image(const Plan& plan, const ImageFeed& feed) {
  return plan.workspace_bytes_per_image() + feed.bytes_per_image() +
         static_cast<uint64_t>(plan.classes()) * sizeof(float);
}

}  // namespace tf_injector::detail
