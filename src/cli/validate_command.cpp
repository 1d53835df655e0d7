#include "cli/commands.hpp"
#include "cli/model_text.hpp"
#include "keras/import.hpp"
#include "report/report_names.hpp"

namespace tf_injector::cli {

void validate_command(const ValidateArguments& arguments, std::ostream& out) {
  const std::string model = find_model(arguments.model);
  out << validation_text(read_fault_list(arguments.fault_list, keras::import_model(model)), model);
}

}  // namespace tf_injector::cli
