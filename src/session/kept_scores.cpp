#include "session/kept_scores.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "core/byte_stream.hpp"
#include "core/round_up.hpp"
#include "core/same_bits.hpp"

namespace tf_injector::detail {
namespace {

// Of each fault of an area: a bit per image, set where the row differs from the golden one; then those rows.
constexpr size_t kMaskBits = 8;

size_t mask_bytes(const PairArea& area) { return divide_up(static_cast<size_t>(area.images), kMaskBits); }

// The bytes of a source, in any portions.
class ScoreReader {
 public:
  explicit ScoreReader(const std::function<size_t(std::span<char>)>& in)
      : in_(in), buffer_(kScorePieceBytes) {}

  // False: there are fewer. Whoever asks for nothing more than is there knows the end by is_at_end.
  template <typename T>
  [[nodiscard]] bool read(std::span<T> values) {
    auto* to = reinterpret_cast<char*>(values.data());
    for (size_t left = values.size_bytes(); left > 0;) {
      if (is_at_end()) return false;
      const size_t some = std::min(left, size_ - at_);
      std::memcpy(to, buffer_.data() + at_, some);
      at_ += some;
      to += some;
      left -= some;
    }
    return true;
  }
  [[nodiscard]] bool is_at_end() {
    if (at_ < size_) return false;
    size_ = in_(buffer_);
    at_ = 0;
    return size_ == 0;
  }

 private:
  const std::function<size_t(std::span<char>)>& in_;
  std::vector<char> buffer_;
  size_t size_ = 0, at_ = 0;
};

// The rows of a fault that its mask names.
bool read_rows(const Setup& setup, const PairArea& area, std::span<const uint8_t> mask,
               std::vector<float>& scores, ScoreReader& in) {
  for (int64_t i = 0; i < area.images; ++i) {
    const auto bit = static_cast<size_t>(i);
    if ((mask[bit / kMaskBits] >> (bit % kMaskBits) & 1U) == 0) continue;
    if (!in.read(setup.row(scores, area.first_image + i))) return false;
  }
  return true;
}

}  // namespace

void write_scores(const Setup& setup, const GoldenRun& golden, const BlockScores& scores,
                  std::span<const PairArea> areas, const std::function<void(std::string_view)>& out) {
  std::string bytes;
  ByteWriter writer(bytes);
  const auto flush = [&](size_t least) {
    if (bytes.size() < least) return;
    out(bytes);
    bytes.clear();
  };
  std::vector<uint8_t> mask;
  for (const PairArea& area : areas) {
    writer.value(area);
    for (uint64_t fault = area.first; fault < area.first + area.faults; ++fault) {
      mask.assign(mask_bytes(area), 0);
      const auto row = [&](int64_t i) { return setup.row(scores[fault], area.first_image + i); };
      for (int64_t i = 0; i < area.images; ++i) {
        const bool is_changed = !same_bits(row(i), setup.row(golden.scores, area.first_image + i));
        const auto bit = static_cast<size_t>(i);
        if (is_changed)
          mask[bit / kMaskBits] = static_cast<uint8_t>(mask[bit / kMaskBits] | 1U << (bit % kMaskBits));
      }
      writer.values(std::span<const uint8_t>(mask));
      for (int64_t i = 0; i < area.images; ++i) {
        const auto bit = static_cast<size_t>(i);
        if ((mask[bit / kMaskBits] >> (bit % kMaskBits) & 1U) != 0) writer.values(row(i));
      }
      flush(kScorePieceBytes);
    }
  }
  flush(1);
}

bool read_scores(const Setup& setup, const DonePairs& done, BlockScores& scores,
                 const std::function<size_t(std::span<char>)>& in) {
  ScoreReader reader(in);
  DonePairs found;
  std::vector<uint8_t> mask;
  while (!reader.is_at_end()) {
    PairArea area;
    if (!reader.read(std::span(&area, 1)) || !area.is_within(scores.size(), setup.images())) return false;
    mask.resize(mask_bytes(area));
    for (uint64_t fault = area.first; fault < area.first + area.faults; ++fault) {
      if (!reader.read(std::span(mask)) || !read_rows(setup, area, mask, scores[fault], reader)) return false;
    }
    found.add(area);
  }
  found.merge();
  DonePairs wanted = done;
  wanted.merge();
  return found.areas() == wanted.areas();
}

}  // namespace tf_injector::detail
