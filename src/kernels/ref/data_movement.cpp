#include <algorithm>
#include <array>

#include "kernels/ref/reference.hpp"

namespace tf_injector::detail::ref {
namespace {

std::vector<int64_t> row_major_strides(const Shape& shape) {
  std::vector<int64_t> strides(static_cast<size_t>(shape.rank()), 1);
  for (int a = shape.rank() - 2; a >= 0; --a) {
    strides[static_cast<size_t>(a)] = strides[static_cast<size_t>(a) + 1] * shape[a + 1];
  }
  return strides;
}

// Visits a box of `counts` in row-major order with visit(dense_index, strided_index): out[i] =
// in[offset + sum of index * step]; for pad, input and output change roles.
template <class Visit>
void walk_box(const std::vector<int64_t>& counts, const std::vector<int64_t>& steps, int64_t offset,
              Visit visit) {
  std::vector<int64_t> index(counts.size(), 0);
  int64_t total = 1;
  for (int64_t c : counts) total *= c;
  int64_t strided = offset;
  for (int64_t dense = 0; dense < total; ++dense) {
    visit(dense, strided);
    for (size_t a = counts.size(); a-- > 0;) {
      strided += steps[a];
      if (++index[a] < counts[a]) break;
      strided -= steps[a] * counts[a];
      index[a] = 0;
    }
  }
}

}  // namespace

void pad(const ops::Pad& op, const Shape& input, const Shape& output, const float* in, float* out,
         int images) {
  const std::vector<int64_t> strides = row_major_strides(output);
  int64_t offset = 0;
  for (int a = 0; a < input.rank(); ++a) {
    offset += op.paddings[static_cast<size_t>(a)][0] * strides[static_cast<size_t>(a)];
  }
  for (int64_t n = 0; n < images; ++n) {
    const float* from = in + n * input.elements();
    float* to = out + n * output.elements();
    std::fill_n(to, output.elements(), op.value);
    walk_box(input.dims(), strides, offset,
             [&](int64_t dense, int64_t strided) { to[strided] = from[dense]; });
  }
}

void slice(const ops::Slice& op, const Shape& input, const float* in, float* out, int images) {
  const std::vector<int64_t> strides = row_major_strides(input);
  std::vector<int64_t> counts, steps;
  int64_t offset = 0, taken = 1;
  for (size_t a = 0; a < op.axes.size(); ++a) {
    offset += op.axes[a].begin * strides[a];
    counts.push_back(op.axes[a].count);
    steps.push_back(op.axes[a].step * strides[a]);
    taken *= op.axes[a].count;
  }
  for (int64_t n = 0; n < images; ++n) {
    const float* from = in + n * input.elements();
    float* to = out + n * taken;
    walk_box(counts, steps, offset, [&](int64_t dense, int64_t strided) { to[dense] = from[strided]; });
  }
}

void transpose(const ops::Transpose& op, const Shape& input, const float* in, float* out, int images) {
  const std::vector<int64_t> strides = row_major_strides(input);
  std::vector<int64_t> counts, steps;
  for (int axis : op.perm) {
    counts.push_back(input[axis]);
    steps.push_back(strides[static_cast<size_t>(axis)]);
  }
  for (int64_t n = 0; n < images; ++n) {
    const float* from = in + n * input.elements();
    float* to = out + n * input.elements();
    walk_box(counts, steps, 0, [&](int64_t dense, int64_t strided) { to[dense] = from[strided]; });
  }
}

void repeat(const ops::Repeat& op, const Shape& input, const Shape& output, const float* in, float* out,
            int images) {
  const int rank = input.rank();
  const int64_t elements = output.elements();
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t e = 0; e < elements; ++e) {
      int64_t left = e, from = 0, stride = 1;
      for (int axis = rank - 1; axis >= 0; --axis) {
        from += left % output[axis] / op.times[static_cast<size_t>(axis)] * stride;
        left /= output[axis];
        stride *= input[axis];
      }
      out[n * elements + e] = in[n * input.elements() + from];
    }
  }
}

void concat(int64_t outer, std::span<const int64_t> parts, std::span<const float* const> inputs, float* out,
            int images) {
  for (int64_t o = 0; o < images * outer; ++o) {
    for (size_t i = 0; i < parts.size(); ++i) {
      out = std::copy_n(inputs[i] + o * parts[i], parts[i], out);
    }
  }
}

}  // namespace tf_injector::detail::ref
