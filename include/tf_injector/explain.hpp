// What one fault is, how far it can reach in a network, and how far it does on images.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tf_injector/fault.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/session.hpp"
#include "tf_injector/storage.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector {

// What happens to the weight.
enum class BitChange {
  mantissa,
  exponent_up,    // larger by a power of two
  exponent_down,  // smaller
  sign,
  becomes_inf,
  becomes_nan,
  was_inf,  // the weight without the fault is no number already
  was_nan,
  magnitude,  // of int8: any bit but the sign
};
// "mantissa", "exponent_up", ...
[[nodiscard]] const char* bit_change_name(BitChange change);

// The bits that are stored of a weight, and their value.
struct FloatFields {
  uint32_t bits = 0;
  int sign = 0;           // 0 or 1
  int exponent = 0;       // of float32 and bfloat16 0 to 255, 127 is 2^0; of float16 0 to 31, 15 is 2^0
  uint32_t mantissa = 0;  // 23 bits, 7, 10; of int8 the magnitude: all bits but the sign
  float value = 0;
};

// A BatchNormalization behind the layer: what it does to the output channel of the weight.
struct ChannelScale {
  std::string layer = {};
  float gamma = 1;
  double scale = 1;  // gamma / sqrt(variance + epsilon): what the change is multiplied with
};

// A step from the layer on in which something can differ. Steps are single ops, in running order.
struct StepReach {
  std::string path = {}, op = {};            // of the Keras layer: "conv2d_9", "Conv2D"
  std::vector<int64_t> shape = {};           // of its output, one image
  int64_t positions = 0, all_positions = 0;  // that can differ in some channel; of how many
  int64_t outputs = 0, all_outputs = 0;      // elements that can differ; of how many
  int64_t multiply_adds = 0;                 // of those elements
};

// Why nothing differs any more.
enum class EndCause {
  unseen,   // no output of the layer differs: its inputs are zero there, or every sum rounds to the same bits
  clipped,  // by a ReLU, or another activation that is flat there
  pooled,   // not the largest of its window
  rounded,  // a sum, a product or a function of it rounds to the same bits, or is multiplied by zero
  dropped,  // cut away, or never read
};
inline constexpr size_t kEndCauses = 5;
// "unseen", "clipped", "pooled", "rounded", "dropped".
[[nodiscard]] const char* end_cause_name(EndCause cause);

// What a step computed with the fault, compared bit by bit with the golden run; NaN equals NaN.
struct StepSpread {
  std::string path = {}, op = {};
  int64_t outputs = 0;                 // elements of one image
  int64_t images = 0;                  // on which some element differs
  int64_t differing = 0;               // elements that differ, over all images
  double largest_change = 0;           // inf where one of both is not finite
  int64_t ended = 0;                   // images on which nothing differs any more from here on
  EndCause cause = EndCause::rounded;  // of these

  // Of those images.
  [[nodiscard]] double mean_differing() const noexcept {
    return images > 0 ? static_cast<double>(differing) / static_cast<double>(images) : 0;
  }
};

// The class that the network chooses on some images is another one with the fault.
struct DecisionChange {
  int64_t from = 0, to = 0, images = 0;
};

struct FaultSpread {
  int64_t images = 0;
  int64_t images_met = 0;              // on which the weight is multiplied with an input that is not zero
  int64_t positions_met = 0;           // output positions where it is, over all images
  std::vector<StepSpread> steps = {};  // from the layer on
  int64_t reached = 0;                 // images on which the scores differ in some bit
  Tally tally = {};                    // the row that a report has of the fault on these images
  Tally golden = {};                   // of the run without it
  std::vector<DecisionChange> changes = {};  // by images, the most first

  // Images on which the fault ended for this reason.
  [[nodiscard]] int64_t ended(EndCause cause) const noexcept;
};

struct FaultExplanation {
  Fault fault = {};
  std::string model = {};                   // where it came from
  std::string layer = {}, class_name = {};  // the path, as no other layer has it; Keras' class
  std::vector<int64_t> kernel_shape = {};
  std::vector<std::pair<std::string, int64_t>> position = {};  // "kernel row" and its number, ...
  StorageFormat storage = StorageFormat::float32;              // of the kernel
  FloatFields before = {}, after = {};
  BitChange change = BitChange::mantissa;
  std::vector<std::string> feeds = {};  // layers that read the layer's output: "path (op)"
  std::vector<ChannelScale> scales = {};
  std::vector<StepReach> reach = {};       // empty: the scored output does not depend on the layer
  int64_t multiply_adds = 0;               // of the whole network
  std::optional<FaultSpread> spread = {};  // none: no data

  [[nodiscard]] std::string json() const;  // all of it
};

// The fault that a text names: "conv2d_8,(2, 0, 30, 3),3", layer, index into its kernel and bit; spaces do
// not count. Throws Error(usage).
[[nodiscard]] Fault parse_fault(std::string_view text);

// What row `row` of the list can do to the scored output, at most. `output`: its name; "": the first. Throws
// Error(usage): no such row, or a list that was made for another model; ModelError: no such output.
[[nodiscard]] FaultExplanation explain(const Model& model, const FaultList& faults, size_t row = 0,
                                       const std::string& output = "");
// The same, with what it does on the session's images: both runs are evaluated the plain way, op by op, and
// compared after each. Throws Error(interrupted) soon after `*stop` (or null) becomes true,
// Error(out_of_memory).
[[nodiscard]] FaultExplanation explain(Session& session, const FaultList& faults, size_t row = 0,
                                       const std::atomic<bool>* stop = nullptr);

}  // namespace tf_injector
