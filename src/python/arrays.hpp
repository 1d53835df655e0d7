// NumPy arrays from and to the values of the library, without copies where it can be.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::python {

template <typename Value>
using NumPyArray = nanobind::ndarray<nanobind::numpy, Value>;

// An array that owns these values. With the GIL.
template <typename Value>
NumPyArray<Value> array_of(std::vector<Value> values, std::initializer_list<size_t> shape) {
  auto owned = std::make_unique<std::vector<Value>>(std::move(values));
  Value* data = owned->data();
  const nanobind::capsule owner(owned.get(),
                                [](void* p) noexcept { delete static_cast<std::vector<Value>*>(p); });
  static_cast<void>(owned.release());
  return NumPyArray<Value>(data, shape, owner);
}

// The values of an array that Python owns, kept alive by a reference to it.
template <typename Value, typename Array>
SharedArray<Value> shared_values(const Array& array) {
  const std::shared_ptr<const Array> owner(new Array(array), [](const Array* kept) {
    const nanobind::gil_scoped_acquire with_gil;
    delete kept;
  });
  return SharedArray<Value>({array.data(), array.size()}, owner);
}

// A read-only array that refers to values of the library. With the GIL.
template <typename Value>
nanobind::ndarray<nanobind::numpy, const Value> view_of(const SharedArray<Value>& values,
                                                        const std::vector<size_t>& shape) {
  auto kept = std::make_unique<SharedArray<Value>>(values);
  const Value* data = kept->data();
  const nanobind::capsule owner(kept.get(),
                                [](void* p) noexcept { delete static_cast<SharedArray<Value>*>(p); });
  static_cast<void>(kept.release());
  return nanobind::ndarray<nanobind::numpy, const Value>(data, shape.size(), shape.data(), owner);
}

}  // namespace tf_injector::detail::python
