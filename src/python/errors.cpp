#include "python/errors.hpp"

#include <nanobind/stl/string.h>

#include <exception>
#include <new>
#include <string>

#include "tf_injector/error.hpp"

namespace nb = nanobind;

namespace tf_injector::detail::python {
namespace {

// Kept for as long as the process lives: exceptions may be raised while the interpreter ends.
PyObject* error_types = nullptr;

const char* kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::internal:
      return "internal";
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::bad_input:
      return "bad_input";
    case ErrorKind::output:
      return "output";
    case ErrorKind::busy:
      return "busy";
    case ErrorKind::resume:
      return "resume";
    case ErrorKind::self_check:
      return "self_check";
    case ErrorKind::out_of_memory:
      return "out_of_memory";
    case ErrorKind::download:
      return "download";
    case ErrorKind::interrupted:
      return "interrupted";
  }
  return "internal";
}

void raise(const char* name, const std::string& text) {
  PyObject* type = error_types == nullptr ? nullptr : PyDict_GetItemString(error_types, name);
  const nb::object message = nb::steal(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()),
                                                            "surrogateescape"));  // texts may name files
  PyErr_SetObject(type == nullptr ? PyExc_RuntimeError : type, message.ptr());
}

void translate(const std::exception_ptr& exception, void*) {
  try {
    std::rethrow_exception(exception);
  } catch (const ModelError& error) {
    raise("ModelError", error.what());
  } catch (const DatasetError& error) {
    raise("DatasetError", error.what());
  } catch (const FaultListError& error) {
    raise("FaultListError", error.what());
  } catch (const Error& error) {
    raise(kind_name(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    raise("out_of_memory", "out of memory; a smaller `memory` or `threads` needs less");
  }
}

void set_error_types(const nb::dict& types) {
  nb::dict kept = types;
  error_types = kept.release().ptr();
}

}  // namespace

void bind_errors(nb::module_& module) {
  nb::register_exception_translator(translate);
  module.def("set_error_types", set_error_types, nb::arg("types"));
}

}  // namespace tf_injector::detail::python
