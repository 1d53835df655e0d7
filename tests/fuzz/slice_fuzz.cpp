// A slice as one who writes a campaign reads it from a worker. The first byte: 1: scores; 2: details; 4: the
// key is made the campaign's; 8: the hash of the bytes is made right.
#include <algorithm>

#include "campaign/slice_bytes.hpp"
#include "fuzz_target.hpp"
#include "io/sha256.hpp"
#include "tf_injector/slice.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

constexpr size_t kFirstBytes = 88, kDigits = 64;

SliceForm form_of(unsigned mark) {
  return {.key = std::string(kDigits, 'k'),
          .images = 5,
          .classes = 3,
          .decision_classes = 3,
          .has_scores = (mark & 1) != 0,
          .has_details = (mark & 2) != 0};
}

void check(const Slice& slice, const SliceForm& form) {
  const size_t faults = slice.tallies.size();
  fuzz::require(slice.ids.size() == faults, "an id for each fault");
  fuzz::require(slice.details.size() == (form.has_details ? faults : 0), "details for each fault");
  fuzz::require(slice.changed.size() == (form.has_scores ? faults : 0), "scores of each fault");
  for (const Tally& tally : slice.tallies) {
    fuzz::require(tally.images == form.images, "a row of another number of images");
    fuzz::require(tally.masked >= 0 && tally.masked <= form.images, "a count of more images than there are");
  }
  for (const Slice::ChangedRows& rows : slice.changed) {
    fuzz::require(std::is_sorted(rows.images.begin(), rows.images.end()), "images in their order");
    fuzz::require(rows.images.empty() || (rows.images.front() >= 0 && rows.images.back() < form.images),
                  "images that there are");
    fuzz::require(rows.scores.size() == rows.images.size() * form.classes, "a row for each image");
  }
  const std::string again = slice_bytes(form, slice);
  const Slice same = read_slice(again, form);
  fuzz::require(same.tallies == slice.tallies && same.ids == slice.ids,
                "written and read again, it is another");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const unsigned mark = data[0];
  std::string bytes(fuzz::as_text(data + 1, size - 1));
  const SliceForm form = form_of(mark);
  if ((mark & 4) != 0 && bytes.size() >= kFirstBytes + kDigits) bytes.replace(kFirstBytes, kDigits, form.key);
  if ((mark & 8) != 0 && bytes.size() >= kDigits) {
    bytes.resize(bytes.size() - kDigits);
    bytes += sha256_of(bytes.data(), bytes.size());
  }
  const auto head = fuzz::accepted([&] { return slice_head(bytes); });
  const auto slice = fuzz::accepted([&] { return read_slice(bytes, form); });
  if (!slice) return 0;
  fuzz::require(
      head && head->row == slice->row && head->faults == static_cast<int64_t>(slice->tallies.size()),
      "the head says another row or number");
  check(*slice, form);
  return 0;
}
