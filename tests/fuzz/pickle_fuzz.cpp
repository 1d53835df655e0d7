// A Python pickle: as plain data, and as the test set of CIFAR-10 and CIFAR-100.
#include <set>

#include "data/cifar/cifar.hpp"
#include "data/pickle/pickle.hpp"
#include "dataset_check.hpp"

using namespace tf_injector::detail;

namespace {

void walk(const data::Pickle& pickle, const data::PickleValue& value, std::set<const void*>& seen,
          int depth) {
  constexpr int kDeepest = 100;
  if (depth == kDeepest || !seen.insert(&value).second) return;
  uint64_t sum = 0;  // reads every byte
  for (const uint8_t byte : value.bytes) sum += byte;
  fuzz::require(sum <= value.bytes.size() * 255, "a sum that cannot be");
  fuzz::require(value.kind != data::PickleValue::Kind::dict || value.items.size() % 2 == 0,
                "a key without a value");
  if (value.kind == data::PickleValue::Kind::array) {
    size_t elements = 1;
    for (const int64_t size : value.shape)
      fuzz::require(size >= 0 && !__builtin_mul_overflow(elements, static_cast<size_t>(size), &elements),
                    "a size that overflows");
    fuzz::require(elements == 0 ? value.bytes.empty() : value.bytes.size() % elements == 0,
                  "an array of another size");
  }
  for (const data::PickleRef ref : value.items) walk(pickle, pickle.at(ref), seen, depth + 1);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto pickle = fuzz::accepted([&] { return data::Pickle(fuzz::as_bytes(data, size), "f"); });
  if (pickle) {
    std::set<const void*> seen;
    walk(*pickle, pickle->root(), seen, 0);
    for (const char* key : {"data", "labels", "fine_labels"}) (void)pickle->find(pickle->root(), key);
  }
  for (const data::CifarSet* set : {&data::cifar10(), &data::cifar100()}) {
    const auto dataset =
        fuzz::accepted([&] { return data::read_cifar_pickle(*set, fuzz::as_bytes(data, size), "f"); });
    if (dataset) fuzz::check_dataset(*dataset);
  }
  return 0;
}
