#include "cli/commands/inspect_command.hpp"

#include <ostream>

#include "cli/campaign_flags.hpp"
#include "cli/text/model_text.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {

HelpText InspectCommand::help() const {
  return {"Prints the layers of a model and how many bits of its weights can be hit.",
          "inspect MODEL [FLAGS]", R"(Examples:
  tf_injector inspect models/CIFAR10/ResNet20.keras
  tf_injector inspect net.keras --plan
  tf_injector inspect net.keras --storage int8)"};
}

void InspectCommand::add_flags(CommandParser& parser) {
  parser.positional("MODEL", "A .keras or .h5 file", model);
  add_storage_flag(parser, storage);
  parser.flag("--plan", "Also print the steps that are run, with their kernels", plan);
  add_kernels_flag(parser, "The instruction set of the plan (default: auto)", kernels);
}

void InspectCommand::check() {
  if (model.empty()) throw Error(ErrorKind::usage, "inspect needs a MODEL: a .keras or .h5 file");
}

void InspectCommand::run(const CommandContext& context) const {
  const Model loaded = Model::load(model).stored(storage);
  context.out << model_text(loaded);
  if (plan) context.out << '\n' << steps_text(loaded.steps(kernels));
}

}  // namespace tf_injector::detail::cli
