// A protection of weights: which flips it corrects, and what it costs.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "answers/sample_design.hpp"
#include "tf_injector/protect.hpp"

namespace tf_injector::detail {

// Protections that are in force together.
class Protection {
 public:
  // For a design, which must outlive it.
  explicit Protection(const SampleDesign& design);

  // As `run --protect` has it, several with "+" between them. Throws Error(usage).
  void add(const std::string& words);
  void triple(const std::vector<size_t>& layers, const std::vector<int>& bits);
  // Throws Error(usage): a layer that the design does not have; `what`: who named it.
  void triple(const ChosenBits& chosen, const std::string& what);

  // By the design's cells: are its flips corrected?
  [[nodiscard]] std::vector<bool> corrected() const;
  // Of the layers that have cells; sizes must be known.
  [[nodiscard]] double bits_per_weight() const;
  // Those that give a weight another value than it had, so that a report without them cannot tell.
  [[nodiscard]] const std::vector<std::string>& changing() const { return changing_; }
  [[nodiscard]] const std::string& needs() const { return needs_; }

 private:
  void add_word(const std::string& word);
  [[nodiscard]] size_t layer_of(const std::string& name, const std::string& what) const;

  const SampleDesign& design_;
  std::vector<bool> is_there_;                 // the layers that have cells
  std::vector<std::vector<bool>> is_tripled_;  // by layer and bit
  bool corrects_all_ = false;
  double check_bits_ = 0;  // of each weight
  std::vector<std::string> changing_;
  std::string needs_;
};

// For readers: "TMR of bits 30, 31", "SEC-DED over 32 bits, TMR of conv2d".
[[nodiscard]] std::string protection_label(const std::string& words,
                                           StorageFormat storage = StorageFormat::float32);
// "bit 30", "bits 23-30 (exponent)".
[[nodiscard]] std::string chosen_bits_label(std::vector<int> bits, StorageFormat storage);

}  // namespace tf_injector::detail
