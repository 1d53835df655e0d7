#include "python/listener.hpp"

#include <nanobind/stl/string.h>

#include <string>

namespace nb = nanobind;

namespace tf_injector::detail::python {

Listener listener_of(const nb::object& message, const nb::object& warning) {
  Listener listener;
  if (!message.is_none()) listener.message = [&message](const std::string& line) { message(line); };
  if (!warning.is_none()) listener.warning = [&warning](const std::string& line) { warning(line); };
  return listener;
}

Listener listener_of(const nb::object& message, const nb::object& warning, const nb::object& progress) {
  Listener listener = listener_of(message, warning);
  if (!progress.is_none()) {
    listener.progress = [&progress](const Progress& p) {
      progress(p.faults_total, static_cast<double>(p.faults_before) + p.faults_done, p.seconds,
               p.rows_written, p.critical, p.images_evaluated);
    };
  }
  return listener;
}

Listener looking_listener_of(const nb::object& look, const nb::object& progress) {
  Listener listener = listener_of(nb::none(), nb::none(), progress);
  if (!look.is_none()) listener.look = [&look] { look(); };
  return listener;
}

}  // namespace tf_injector::detail::python
