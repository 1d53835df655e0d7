// The marshalled code of a Lambda layer, which is read for what it computes and never run.
#include "fuzz_target.hpp"
#include "io/base64.hpp"
#include "keras/lambda_code.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto code = keras::affine_code({data, size});
  if (code) fuzz::check_message(code->text);
  if (code) (void)keras::number_text(code->scale);
  const auto again = base64_bytes(base64_text({data, size}));
  fuzz::require(again && *again == fuzz::as_bytes(data, size),
                "bytes that are others when written as base64");
  (void)base64_bytes(fuzz::as_text(data, size));
  return 0;
}
