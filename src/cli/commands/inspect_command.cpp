#include "cli/commands.hpp"
#include "cli/text/model_text.hpp"

namespace tf_injector::cli {

void inspect_command(const InspectArguments& arguments, std::ostream& out) {
  const Model model = Model::load(arguments.model);
  out << model_text(model);
  if (arguments.plan) out << '\n' << steps_text(model.steps(arguments.kernels));
}

}  // namespace tf_injector::cli
