// Errors of the library as exceptions of the package.
#pragma once

#include <nanobind/nanobind.h>

namespace tf_injector::detail::python {

// Adds `set_error_types(types)` to the module: a dict from names ("ModelError", or the kind: "bad_input") to
// the classes that are raised for them. The package calls it once, when it is imported.
void bind_errors(nanobind::module_& module);

}  // namespace tf_injector::detail::python
