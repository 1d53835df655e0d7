// The binary version of CIFAR's test sets.
#include "data/cifar/cifar.hpp"
#include "dataset_check.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const data::CifarSet* set : {&data::cifar10(), &data::cifar100()}) {
    const auto dataset =
        fuzz::accepted([&] { return data::read_cifar_binary(*set, fuzz::as_bytes(data, size), "f.bin"); });
    if (dataset) fuzz::check_dataset(*dataset);
  }
  return 0;
}
