// Sets the processor to treat denormal floats as zero, as TensorFlow does while it runs an op.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tf_injector::detail {

// While an object lives, denormal inputs and results of the calling thread's arithmetic become zero of the
// same sign. The destructor restores the former state.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : FlushDenormals(kFlush, 0) {}
  ~FlushDenormals() { write(saved_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 protected:
  FlushDenormals(uint64_t set, uint64_t clear) noexcept : saved_(read()) { write((saved_ | set) & ~clear); }

#if defined(__x86_64__)
  static constexpr uint64_t kFlush = 0x8040;  // MXCSR: flush to zero, denormals are zeros
  static uint64_t read() noexcept { return _mm_getcsr(); }
  static void write(uint64_t state) noexcept { _mm_setcsr(static_cast<unsigned>(state)); }
#elif defined(__aarch64__)
  static constexpr uint64_t kFlush = uint64_t{1} << 24;  // FPCR: FZ, inputs and results
  static uint64_t read() noexcept {
    uint64_t state;
    __asm__ __volatile__("mrs %0, fpcr" : "=r"(state));
    return state;
  }
  static void write(uint64_t state) noexcept { __asm__ __volatile__("msr fpcr, %0" : : "r"(state)); }
#else
#error "the floating-point control register of this CPU is not known here"
#endif

  uint64_t saved_;
};

// The reverse, within it: denormals are numbers, as they are where scores are compared.
class KeepDenormals : FlushDenormals {
 public:
  KeepDenormals() noexcept : FlushDenormals(0, kFlush) {}
};

}  // namespace tf_injector::detail
