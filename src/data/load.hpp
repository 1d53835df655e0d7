// Loads a test set: finds it by name or path, fetches it if it is missing, and reads it.
#pragma once

#include "data/load_options.hpp"
#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::data {

struct NamedSet;  // data/dataset_table.hpp

// The test images and labels, with their SHA-256. A named set (CIFAR10, CIFAR100, GTSRB) is looked for in
// options.path if that is given, else in ./datasets/<NAME>, then ~/.keras/datasets; then it is downloaded. A
// path without a name may hold any of the named sets, or NumPy arrays. Throws DatasetError (nothing found:
// names every place looked at), Error(download), Error(interrupted).
[[nodiscard]] Dataset load_dataset(const LoadOptions& options);

// The same for one row of the table; the SHA-256 is left empty.
[[nodiscard]] Dataset load_named(const NamedSet& set, const LoadOptions& options);

}  // namespace tf_injector::detail::data
