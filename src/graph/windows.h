// Where convolutions and pools read their input: the geometry of windows along the spatial axes (those from axis 2 on).
//
//   window o reads, at kernel position k,   in[o * stride + k * dilation - begin],   nothing outside the input
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "graph/operator.h"

namespace veil {

struct Windows {
  GraphShape in, out, kernel;  // lengths of the spatial axes
  GraphShape strides, dilations;
  GraphShape begins, ends;  // padding; ends may be short of what the last window reads (ceil_mode)

  // For every window (row-major) and every kernel position (row-major): the place in the input, or -1.
  std::vector<std::int64_t> places() const;
};

// How many positions of each window an average divides by: those within the input, or within its padding too.
std::vector<double> window_counts(const Windows& windows, bool with_padding);

Result<Windows> convolution_windows(const Call& call);  // the kernel is that of input 1
Result<Windows> pool_windows(const Call& call);
// Of a transposed convolution, with input and output exchanged: window `i` of its *output* is what input i adds to.
Result<Windows> transposed_windows(const Call& call);

}  // namespace veil
