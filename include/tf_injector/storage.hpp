// Number formats in which a model's weights are stored. They are computed with as float32.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tf_injector {

// int8: symmetric, with a scale for each output channel; only kernels are stored so.
enum class StorageFormat : uint8_t { float32, bfloat16, float16, int8 };
inline constexpr std::array<StorageFormat, 4> kStorageFormats{StorageFormat::float32, StorageFormat::bfloat16,
                                                              StorageFormat::float16, StorageFormat::int8};

// "float32", "bfloat16", "float16", "int8".
[[nodiscard]] const char* storage_name(StorageFormat format) noexcept;
// The format of that name, or nothing.
[[nodiscard]] std::optional<StorageFormat> storage_named(std::string_view name) noexcept;
// Of a stored weight: bit 0 is the lowest, the last one the sign.
[[nodiscard]] constexpr int storage_bits(StorageFormat format) noexcept {
  return format == StorageFormat::float32 ? 32 : format == StorageFormat::int8 ? 8 : 16;
}

}  // namespace tf_injector
