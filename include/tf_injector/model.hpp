// A Keras model in memory: its layers, and the weights that faults can hit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tf_injector/fault.hpp"
#include "tf_injector/kernel_set.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector {

// Shapes are those of one image: without the axis of the batch.
struct ModelInput {
  std::string name = {};
  std::vector<int64_t> shape = {};
  std::string type = {};  // "float32", "uint8", ...: as which the model takes its values
};
struct ModelOutput {
  std::string name = {};
  std::vector<int64_t> shape = {};
};

// A leaf layer: nested models are flattened, a shared layer stands here once.
struct ModelLayer {
  std::string name = {};        // as fault lists name it: "conv2d_7"
  std::string path = {};        // with the models around it: "model_3/conv2d_7"
  std::string class_name = {};  // Keras class: "Conv2D"; ops: "TFOpLambda(nn.relu)"
  std::vector<int64_t> output_shape = {};
  int64_t parameters = 0;
};

// A tensor whose elements faults can hit.
struct FaultableTensor {
  std::string layer = {};  // the path: no other layer has it
  Tensor tensor = Tensor::kernel;
  std::vector<int64_t> shape = {};  // kernel of Conv2D (kh, kw, cin, cout), of Dense (in, out)
  int64_t elements = 0;
  StorageFormat storage = StorageFormat::float32;  // of its elements
};

// A step that runs: one op, or several that were fused.
struct StepInfo {
  std::string path = {};      // of the Keras layer whose op the step runs
  std::string op = {};        // "Conv2D+BatchNormalization+Add+relu"
  std::string kernel = {};    // "avx512:conv2d 6x64"
  int64_t multiply_adds = 0;  // per image
};

// Immutable; copies share the weights. May be used by several threads.
class Model {
 public:
  // Reads a .keras file (Keras 2.12 to 2.15, Keras 3) or a legacy .h5. Throws ModelError: no such file,
  // damaged, a layer that is not supported, another dtype policy than float32.
  [[nodiscard]] static Model load(const std::string& path);
  // The same from the bytes of such a file; `name` stands for its path in messages.
  [[nodiscard]] static Model from_bytes(std::vector<uint8_t> bytes, const std::string& name);
  // The same network with its weights stored in this format (docs/fault-models.md): they are rounded to it,
  // computed with as float32, and faults change what is stored. Throws ModelError: int8 has no scale for a
  // kernel with NaN or Inf; Error(usage): the weights are stored in another format already.
  [[nodiscard]] Model stored(StorageFormat format) const;

  [[nodiscard]] StorageFormat storage() const noexcept;

  [[nodiscard]] const std::string& source() const noexcept;  // path, or the name given
  [[nodiscard]] const std::string& name() const noexcept;    // as Keras calls the model
  [[nodiscard]] const std::string& sha256() const noexcept;  // of the file's bytes, in hexadecimal digits
  [[nodiscard]] const std::string& keras_version() const noexcept;       // that wrote it; "": unknown
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept;  // about the file: one line each
  [[nodiscard]] std::vector<ModelInput> inputs() const;
  [[nodiscard]] std::vector<ModelOutput> outputs() const;
  [[nodiscard]] std::vector<ModelLayer> layers() const;          // in Keras' order
  [[nodiscard]] std::vector<FaultableTensor> faultable() const;  // in the order of the layers
  [[nodiscard]] uint64_t memory_bytes() const noexcept;          // of the weights

  // The steps that compute an output, as they run with these kernels. Throws ModelError (an op that has no
  // kernel for these shapes), Error(usage) (kernels that this CPU lacks).
  [[nodiscard]] std::vector<StepInfo> steps(KernelSet kernels = KernelSet::automatic) const;

  struct Data;
  [[nodiscard]] const std::shared_ptr<const Data>& data() const noexcept { return data_; }  // for the library

  explicit Model(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

 private:
  std::shared_ptr<const Data> data_;
};

}  // namespace tf_injector
