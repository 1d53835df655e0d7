#include "cli/commands/validate_command.hpp"

#include <ostream>

#include "cli/campaign_flags.hpp"
#include "cli/inputs.hpp"
#include "cli/text/model_text.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {

HelpText ValidateCommand::help() const {
  return {"Checks a fault list against a model. Evaluates nothing.",
          "validate -f LIST (--model MODEL | -d DATASET -n NAME)", R"(Examples:
  tf_injector validate -f faults.csv --model net.keras
  tf_injector validate -f faults.csv -d CIFAR10 -n ResNet20)"};
}

void ValidateCommand::add_flags(CommandParser& parser) {
  parser.text("-f,--fault-list", "FILE", "The list", options.fault_list_path);
  parser.text("--model", "FILE", "The model", options.model_path);
  parser.word("-d,--dataset", "Instead of --model, with -n: models/<dataset>/<NAME>.keras", dataset_names(),
              options.dataset);
  parser.text("-n,--network-name", "NAME", "The model's name, with -d", options.network);
  add_storage_flag(parser, options.storage);
}

void ValidateCommand::check() {
  if (options.fault_list_path.empty()) throw Error(ErrorKind::usage, "-f (--fault-list) is required");
  if (options.model_path.empty() && (options.dataset.empty() || options.network.empty()))
    throw Error(ErrorKind::usage, "--model is required, or -d and -n");
  check_names(options);
}

void ValidateCommand::run(const CommandContext& context) const {
  const Model model = Model::load(find_model(options)).stored(options.storage);
  context.out << validation_text(FaultList::read(options.fault_list_path, model), model);
}

}  // namespace tf_injector::detail::cli
