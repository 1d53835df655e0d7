#include "campaign/slice_bytes.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>

#include "campaign/campaign_state.hpp"
#include "campaign/run_identity.hpp"
#include "core/byte_stream.hpp"
#include "core/same_bits.hpp"
#include "io/sha256.hpp"
#include "metrics/details_counter.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/slice.hpp"

namespace tf_injector {

using namespace detail;

namespace {

constexpr std::array<char, 8> kSliceMark{'T', 'F', 'I', 'S', 'L', 'C', '0', '1'};
constexpr size_t kDigits = 64;

// The first bytes. Behind them: key, hash of golden scores, golden scores, ids, tallies, details column by
// column, changed decisions, changed rows; at the end the hash of everything before it.
struct FirstBytes {
  std::array<char, 8> mark = kSliceMark;
  int64_t row = 0, faults = 0;
  int64_t has_golden_scores = 0;
  double seconds = 0, check_seconds = 0;
  int64_t check_faults = 0, check_pairs = 0, check_golden_images = 0, check_constants = 0, check_again = 0;
};

[[noreturn]] void refuse_slice(const std::string& what) {
  throw Error(ErrorKind::bad_input, fmt::format("a worker's slice: {}", what));
}

// Every array of a slice has a fixed size but these.
template <typename Value>
std::vector<Value> read_values(ByteReader& in, uint64_t count) {
  if (count > in.bytes_left() / sizeof(Value)) throw ShortBytes();
  std::vector<Value> values(count);
  in.values(std::span(values));
  return values;
}

// Of bytes whose hash is right, which are all but the hash.
FirstBytes read_first(std::string_view& bytes) {
  if (bytes.size() < sizeof(FirstBytes) + kDigits) refuse_slice("it is cut off");
  const std::string_view body = bytes.substr(0, bytes.size() - kDigits);
  FirstBytes first;
  std::memcpy(static_cast<void*>(&first), body.data(), sizeof first);
  if (first.mark != kSliceMark)
    refuse_slice("it is none, or of another version; expected one of this version");
  if (sha256_of(body.data(), body.size()) != bytes.substr(body.size()))
    refuse_slice("its bytes were changed on the way");
  const bool is_time = std::isfinite(first.seconds) && first.seconds >= 0;
  if (first.row < 0 || first.faults < 0 || !is_time) refuse_slice("its first bytes cannot be");
  bytes = body.substr(sizeof first);
  return first;
}

void check_tally(const Tally& tally, int64_t images) {
  if (tally.images != images)
    refuse_slice(fmt::format("expected counts of {} images, found {}", images, tally.images));
  for (const TallyColumn& column : tally_columns()) {
    if (column.count == nullptr) continue;
    const int64_t count = tally.*column.count;
    if (count < 0 || count > images)
      refuse_slice(fmt::format("{}: expected 0 to {}, found {}", column.name, images, count));
  }
}

void check_fault_details(const FaultDetails& details, const SliceForm& form) {
  for (const DetailsColumn& column : details_columns()) {
    if (column.count == nullptr) continue;
    const int64_t count = details.*column.count;
    const bool is_class = column.count == &FaultDetails::majority_class;
    if (count < (is_class ? -1 : 0) || (is_class ? count >= form.decision_classes : count > form.images))
      refuse_slice(fmt::format("{}: {} cannot be", column.name, count));
  }
}

void write_fault_details(ByteWriter& out, const Slice& slice) {
  for (const DetailsColumn& column : details_columns()) {
    for (const FaultDetails& details : slice.details) {
      if (column.count != nullptr) {
        out.value(details.*column.count);
      } else {
        out.value(details.*column.real);
      }
    }
  }
  out.values(std::span<const int64_t>(slice.confusion));
}

void read_fault_details(ByteReader& in, size_t faults, const SliceForm& form, Slice& slice) {
  slice.details.resize(faults);
  for (const DetailsColumn& column : details_columns()) {
    for (FaultDetails& details : slice.details) {
      if (column.count != nullptr) {
        details.*column.count = in.value<int64_t>();
      } else {
        details.*column.real = in.value<float>();
      }
    }
  }
  for (const FaultDetails& details : slice.details) check_fault_details(details, form);
  slice.confusion = read_values<int64_t>(in, confusion_cells(form.decision_classes));
  for (const int64_t cell : slice.confusion)
    if (cell < 0 || cell / std::max<int64_t>(form.images, 1) > static_cast<int64_t>(faults))
      refuse_slice(fmt::format("{} changed decisions cannot be", cell));
}

Slice::ChangedRows read_changed(ByteReader& in, const SliceForm& form) {
  Slice::ChangedRows rows;
  rows.images = read_values<int64_t>(in, in.value<uint64_t>());
  int64_t least = 0;
  for (const int64_t image : rows.images) {
    if (image < least || image >= form.images) refuse_slice(fmt::format("image {} cannot be", image));
    least = image + 1;
  }
  rows.scores = read_values<float>(in, uint64_t{rows.images.size()} * form.classes);
  return rows;
}

Slice read_body(ByteReader& in, const FirstBytes& first, const SliceForm& form) {
  Slice slice;
  slice.row = first.row;
  slice.seconds = first.seconds;
  slice.check = {.faults = first.check_faults,
                 .pairs = first.check_pairs,
                 .golden_images = first.check_golden_images,
                 .seconds = first.check_seconds,
                 .constants = first.check_constants,
                 .golden_again = first.check_again};
  if (in.text(kDigits) != form.key)
    refuse_slice("it is of another campaign: model, data, options or version differ");
  slice.golden_sha256 = std::string(in.text(kDigits));
  slice.golden = in.value<Tally>();
  check_tally(slice.golden, form.images);
  if (first.has_golden_scores != 0) {
    slice.golden_scores = read_values<float>(in, static_cast<uint64_t>(form.images) * form.classes);
    if (sha256_of(slice.golden_scores.data(), slice.golden_scores.size() * sizeof(float)) !=
        slice.golden_sha256)
      refuse_slice("the scores without a fault are not those of their hash");
  }
  const auto faults = static_cast<uint64_t>(first.faults);
  slice.ids = read_values<int64_t>(in, faults);
  slice.tallies = read_values<Tally>(in, faults);
  for (const Tally& tally : slice.tallies) check_tally(tally, tally.images == 1 ? 1 : form.images);
  if (faults == 0) return slice;
  if (form.has_details) read_fault_details(in, faults, form, slice);
  if (form.has_scores)
    for (uint64_t i = 0; i < faults; ++i) slice.changed.push_back(read_changed(in, form));
  return slice;
}

}  // namespace

SliceForm detail::slice_form(const Campaign& campaign) {
  const Setup& setup = campaign.state().setup;
  RunMetadata metadata = identity_of(campaign, {}).metadata;
  metadata.settings.fault_list_sha256.clear();  // a slice has its faults' ids
  metadata.settings.resume_from.reset();
  SliceForm form{.key = {},
                 .images = setup.images(),
                 .classes = setup.classes(),
                 .decision_classes = setup.decision_classes(),
                 .has_scores = setup.needs.scores != ScoreMode::none,
                 .has_details = setup.needs.details};
  const std::string key = fmt::format("{} {} {}", golden_key(metadata), form.has_scores, form.has_details);
  form.key = sha256_of(key.data(), key.size());
  return form;
}

std::string detail::slice_bytes(const SliceForm& form, const Slice& slice) {
  std::string bytes;
  ByteWriter out(bytes);
  FirstBytes first;
  first.row = slice.row;
  first.faults = static_cast<int64_t>(slice.tallies.size());
  first.has_golden_scores = slice.golden_scores.empty() ? 0 : 1;
  first.seconds = slice.seconds;
  first.check_seconds = slice.check.seconds;
  first.check_faults = slice.check.faults;
  first.check_pairs = slice.check.pairs;
  first.check_golden_images = slice.check.golden_images;
  first.check_constants = slice.check.constants;
  first.check_again = slice.check.golden_again;
  bytes.append(reinterpret_cast<const char*>(&first), sizeof first);
  bytes += form.key;
  bytes += slice.golden_sha256;
  out.value(slice.golden);
  out.values(std::span<const float>(slice.golden_scores));
  out.values(std::span<const int64_t>(slice.ids));
  out.values(std::span<const Tally>(slice.tallies));
  if (first.faults > 0 && form.has_details) write_fault_details(out, slice);
  for (const Slice::ChangedRows& rows : slice.changed) {
    out.value(uint64_t{rows.images.size()});
    out.values(std::span<const int64_t>(rows.images));
    out.values(std::span<const float>(rows.scores));
  }
  bytes += sha256_of(bytes.data(), bytes.size());
  return bytes;
}

Slice detail::read_slice(std::string_view bytes, const SliceForm& form) {
  const FirstBytes first = read_first(bytes);
  try {
    ByteReader in(bytes);
    Slice slice = read_body(in, first, form);
    if (!in.is_at_end()) refuse_slice("bytes follow its end");
    return slice;
  } catch (const ShortBytes&) {
    refuse_slice("it is cut off");
  }
}

Slice::ChangedRows detail::changed_rows(std::span<const float> scores, std::span<const float> golden,
                                        size_t classes) {
  Slice::ChangedRows rows;
  for (size_t at = 0; at < scores.size(); at += classes) {
    const std::span<const float> row = scores.subspan(at, classes);
    if (same_bits(row, golden.subspan(at, classes))) continue;
    rows.images.push_back(static_cast<int64_t>(at / classes));
    rows.scores.insert(rows.scores.end(), row.begin(), row.end());
  }
  return rows;
}

SliceHead slice_head(std::string_view bytes) {
  const FirstBytes first = read_first(bytes);
  return {.row = first.row, .faults = first.faults, .seconds = first.seconds};
}

}  // namespace tf_injector
