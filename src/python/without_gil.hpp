// The interpreter's lock, given away for a while, also in threads that the interpreter ends on its way out.
#pragma once

#include <Python.h>

namespace tf_injector::detail::python {

// Sleeps for ever. For a thread that Python ends when it wants the lock back while the interpreter is ending:
// up to 3.13 by unwinding the stack, which code that must not throw turns into an abort of the process; a
// thread that sleeps, as from 3.14 on, does no harm.
[[noreturn]] void sleep_until_the_process_ends() noexcept;

// Gives the lock away, and takes it back in the destructor. With the GIL.
class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil();
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace tf_injector::detail::python
