#include "session/partial_golden.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "core/byte_stream.hpp"

namespace tf_injector::detail {
namespace {

// Then a byte per image, 1 where it is done, the thread's seconds, and the rows of those.
struct GoldenHead {
  int64_t images = 0;
  uint64_t classes = 0;
  uint64_t is_checked = 0;  // every row, the plain way
};

bool is_checked(const Setup& setup) { return setup.needs.check.value_or(0) > 0; }

}  // namespace

std::string partial_golden_bytes(const Setup& setup, const GoldenRun& golden, const std::vector<bool>& done,
                                 double thread_seconds) {
  std::string bytes;
  bytes.reserve(sizeof(GoldenHead) + done.size() + sizeof thread_seconds +
                golden.scores.size() * sizeof(float));
  ByteWriter out(bytes);
  out.value(GoldenHead{setup.images(), setup.classes(), is_checked(setup) ? 1U : 0U});
  for (const bool is_done : done) out.value(static_cast<uint8_t>(is_done ? 1 : 0));
  out.value(thread_seconds);
  for (size_t image = 0; image < done.size(); ++image)
    if (done[image]) out.values(setup.row(golden.scores, static_cast<int64_t>(image)));
  return bytes;
}

std::optional<PartialGolden> PartialGolden::read(std::string bytes, const Setup& setup) {
  PartialGolden golden;
  golden.bytes_ = std::move(bytes);
  ByteReader in(golden.bytes_);
  try {
    const auto head = in.value<GoldenHead>();
    if (head.images != setup.images() || head.classes != setup.classes()) return std::nullopt;
    if (is_checked(setup) && head.is_checked == 0) return std::nullopt;
    for (int64_t image = 0; image < head.images; ++image) golden.done.push_back(in.value<uint8_t>() == 1);
    golden.thread_seconds = in.value<double>();
    golden.rows_at_ = golden.bytes_.size() - in.bytes_left();
    const auto rows = static_cast<size_t>(std::count(golden.done.begin(), golden.done.end(), true));
    static_cast<void>(in.text(rows * setup.classes() * sizeof(float)));
    if (!in.is_at_end() || !std::isfinite(golden.thread_seconds)) return std::nullopt;
  } catch (const ShortBytes&) {
    return std::nullopt;
  }
  return golden;
}

PartialGolden PartialGolden::of(std::vector<bool> done, std::string rows) {
  PartialGolden golden;
  golden.done = std::move(done);
  golden.bytes_ = std::move(rows);
  return golden;
}

void PartialGolden::restore(const Setup& setup, GoldenRun& golden) const {
  golden.restore(setup, done, std::string_view(bytes_).substr(rows_at_));
}

double PartialGolden::share() const {
  return static_cast<double>(std::count(done.begin(), done.end(), true)) /
         static_cast<double>(std::max<size_t>(done.size(), 1));
}

}  // namespace tf_injector::detail
