#include "session/kernel_layers.hpp"

#include <map>
#include <string>

namespace tf_injector::detail {

std::vector<KernelLayer> kernel_layers(const Model& model) {
  std::map<std::string, std::string> classes;
  for (const ModelLayer& layer : model.layers()) classes.emplace(layer.path, layer.class_name);
  std::vector<KernelLayer> layers;
  for (const FaultableTensor& kernel : model.faultable())
    layers.push_back(
        {.name = kernel.layer, .class_name = classes[kernel.layer], .kernel_shape = kernel.shape});
  return layers;
}

}  // namespace tf_injector::detail
