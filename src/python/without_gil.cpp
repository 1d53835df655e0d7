#include "python/without_gil.hpp"

#include <cxxabi.h>
#include <nanobind/nanobind.h>
#include <unistd.h>

namespace tf_injector::detail::python {

void sleep_until_the_process_ends() noexcept {
  nanobind::set_leak_warnings(false);  // what this thread holds is never given back
  for (;;) pause();
}

WithoutGil::~WithoutGil() {
  try {
    PyEval_RestoreThread(state_);
  } catch (const abi::__forced_unwind&) {
    sleep_until_the_process_ends();
  }
}

}  // namespace tf_injector::detail::python
