// Where convolutions and pools read their input: the geometry of windows along the spatial axes (those from axis 2 on).
//
//   window o reads, at kernel position k,   in[o * stride + k * dilation - begin],   nothing outside the input
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "graph/operator.h"

namespace veil {

// What convolutions and pools have in common, in tables of operators.
#define VEIL_WINDOW_ATTRIBUTES " auto_pad kernel_shape strides dilations pads "

struct Windows {
  GraphShape in, out, kernel;  // lengths of the spatial axes
  GraphShape strides, dilations;
  GraphShape begins, ends;  // padding; ends may be short of what the last window reads (ceil_mode)
};

// Windows next to each other that read, at one kernel position, places of the input that are a step apart.
struct Stretch {
  std::size_t window;  // the first, counted from where the walk began
  std::size_t place;   // what it reads
  std::size_t step;    // from a window's place to the next window's
  std::size_t count;
};

// A kernel position as a walk over windows sees it.
class WindowWalk {
 public:
  WindowWalk(const Windows& windows, std::size_t kernel_position);  // row-major

  // Visits the windows `first` to `last` (row-major, the last excluded) that read inside the input.
  template <class Visit>
  void visit(std::size_t first, std::size_t last, Visit&& take) const {
    for (std::size_t row = first / length_; row * length_ < last; ++row) {
      if (const Stretch stretch = row_stretch(row, first, last); stretch.count > 0) take(stretch);
    }
  }

 private:
  Stretch row_stretch(std::size_t row, std::size_t first, std::size_t last) const;

  const Windows& windows_;
  GraphShape offsets_;       // place minus window times stride, by axis
  std::size_t length_;       // windows in a row: along the last axis
  std::size_t begin_, end_;  // of a row, those inside
};

// How many positions of each window an average divides by: those within the input, or within its padding too.
std::vector<double> window_counts(const Windows& windows, bool with_padding);

// Of every place of the input, row-major, its number when places are counted along the last axis first, or along the
// first.
std::vector<double> place_numbers(const Windows& windows, bool by_columns);

Result<Windows> convolution_windows(const Call& call);  // the kernel is that of input 1
Result<Windows> pool_windows(const Call& call);
// Of a transposed convolution, with input and output exchanged: window `i` of its *output* is what input i adds to.
Result<Windows> transposed_windows(const Call& call);

}  // namespace veil
