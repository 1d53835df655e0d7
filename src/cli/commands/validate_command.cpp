#include "cli/commands.hpp"
#include "cli/inputs.hpp"
#include "cli/text/model_text.hpp"

namespace tf_injector::cli {

void validate_command(const ValidateArguments& arguments, std::ostream& out) {
  const Model model = Model::load(find_model(arguments.model));
  out << validation_text(FaultList::read(arguments.fault_list, model), model.source());
}

}  // namespace tf_injector::cli
