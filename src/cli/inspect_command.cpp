#include "cli/commands.hpp"
#include "cli/model_text.hpp"
#include "keras/import.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

KernelSet kernel_set_named(const std::string& name) {
  for (const KernelSet set : {KernelSet::avx512, KernelSet::avx2, KernelSet::neon, KernelSet::scalar}) {
    if (name == kernel_set_name(set)) return set;
  }
  return KernelSet::automatic;
}

}  // namespace

void inspect_command(const InspectArguments& arguments, std::ostream& out) {
  const Graph graph = keras::import_model(arguments.model);
  out << model_text(graph, arguments.model);
  if (!arguments.plan) return;
  CompileOptions options;
  options.kernels = kernel_set_named(arguments.kernels);
  out << '\n' << steps_text(Plan::compile(graph, options).steps());
}

}  // namespace tf_injector::cli
