#include "sampling/fault_text.hpp"

#include <fmt/format.h>

#include "io/csv.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kPiece = 1 << 18;

}  // namespace

FaultText::FaultText(const std::function<void(std::string_view)>& take) : take_(take) {
  text_.reserve(kPiece + 4096);
  text_ = "Injection,Layer,TensorIndex,Bit\n";
}

void FaultText::describe(const SampledKernel& kernel, int64_t element) {
  kernel_ = &kernel;
  element_ = element;
  std::vector<int64_t> index(kernel.shape.size());
  for (size_t axis = index.size(); axis-- > 0;) {
    index[axis] = element % kernel.shape[axis];
    element /= kernel.shape[axis];
  }
  place_ = fmt::format(",{},{},", csv_field(kernel.name), csv_field(format_index(index)));
}

void FaultText::add(const SampledKernel& kernel, int64_t element, int bit) {
  if (&kernel != kernel_ || element != element_) describe(kernel, element);
  const fmt::format_int id(rows_++), bit_text(bit);
  text_.append(id.data(), id.size());
  text_ += place_;
  text_.append(bit_text.data(), bit_text.size());
  text_ += '\n';
  if (text_.size() < kPiece) return;
  take_(text_);
  text_.clear();
}

void FaultText::finish() {
  if (!text_.empty()) take_(text_);
  text_.clear();
}

}  // namespace tf_injector::detail
