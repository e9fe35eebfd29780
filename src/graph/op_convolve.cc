// Convolutions, and their transposes.
#include <algorithm>
#include <vector>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "graph/windows.h"
#include "tensor/product.h"

namespace veil {
namespace {

Status check_kernel_shape(const Call& call) {
  VEIL_TRY(kernel, call.integers("kernel_shape"));
  const GraphShape& weights = call.shape(1);
  if (!kernel.empty() && kernel != GraphShape(weights.begin() + 2, weights.end())) {
    return Error{"its 'kernel_shape' differs from its weights' shape " + shape_text(weights)};
  }
  return Done{};
}

GraphShape with_spatial(std::int64_t batch, std::int64_t channels, const GraphShape& spatial) {
  GraphShape shape{batch, channels};
  shape.insert(shape.end(), spatial.begin(), spatial.end());
  return shape;
}

Status check_bias(const Call& call, std::int64_t filters) {
  if (!call.has(2) || call.shape(2) == GraphShape{filters}) return Done{};
  return Error{"its bias of shape " + shape_text(call.shape(2)) + " does not fit its " + std::to_string(filters) +
               " filters"};
}

struct Groups {
  std::int64_t count, channels, filters;  // of one group
};

// Conv's weights are [filters, channels of a group, kernel], ConvTranspose's [channels, filters of a group, kernel].
Result<Groups> groups_of(const Call& call, bool transposed) {
  VEIL_TRY(count, call.integer("group", 1));
  const std::int64_t channels = call.shape(0)[1];
  const GraphShape& weights = call.shape(1);
  if (element_count(call.shape(0)) == 0 || element_count(weights) == 0) return Error{"an input has no elements"};
  const std::int64_t divided = transposed ? channels : weights[0];
  if (count < 1 || channels % count != 0 || divided % count != 0 ||
      (transposed ? weights[0] != channels : weights[1] != channels / count)) {
    return Error{"its weights of shape " + shape_text(weights) + " do not fit " + std::to_string(channels) +
                 " channels in " + std::to_string(count) + " groups"};
  }
  return Groups{count, channels / count, transposed ? weights[1] : weights[0] / count};
}

Result<std::vector<TypedShape>> infer_conv(const Call& call) {
  VEIL_TRY(windows, convolution_windows(call));
  VEIL_TRY(groups, groups_of(call, false));
  VEIL_TRY_STATUS(check_kernel_shape(call));
  VEIL_TRY_STATUS(check_bias(call, groups.count * groups.filters));
  return std::vector<TypedShape>{
      {call.in(0).type, with_spatial(call.shape(0)[0], groups.count * groups.filters, windows.out)}};
}

void start_with_bias(const Call& call, const Inputs& inputs, Array& out) {
  const AxisSplit split = split_at(out.shape, 1, 2);
  for (std::size_t plane = 0; plane < split.outer * split.length; ++plane) {
    std::fill_n(&out.data[plane * split.inner], split.inner, call.has(2) ? inputs[2]->data[plane % split.length] : 0.0);
  }
}

// Blocks of what the product runs over, each about a megabyte.
constexpr std::size_t kPlaces = 512;
constexpr std::size_t kRows = 256;

// One group of one input of a convolution: the lengths of its product, and where its parts lie.
struct Product {
  const Windows& windows;
  std::size_t channels, filters;
  const double* x;
  const double* weights;
  double* out;

  std::size_t kernel() const { return size_of(windows.kernel); }
  std::size_t places() const { return size_of(windows.out); }
  std::size_t area() const { return size_of(windows.in); }
};

// out = weights (filters x depth) * what the windows read (depth x places); depth: channels x kernel positions.
void convolve(const Product& p) {
  const std::size_t kernel = p.kernel(), places = p.places(), depth = p.channels * kernel, area = p.area();
  std::vector<double> read(std::min(kRows, depth) * std::min(kPlaces, places));
  for (std::size_t first = 0; first < places; first += kPlaces) {
    const std::size_t width = std::min(kPlaces, places - first);
    for (std::size_t top = 0; top < depth; top += kRows) {
      const std::size_t rows = std::min(kRows, depth - top);
      std::fill_n(read.begin(), rows * width, 0.0);
      for (std::size_t row = 0; row < rows; ++row) {
        const double* plane = p.x + (top + row) / kernel * area;
        double* to = &read[row * width];
        WindowWalk(p.windows, (top + row) % kernel).visit(first, first + width, [&](const Stretch& s) {
          for (std::size_t i = 0; i < s.count; ++i) to[s.window + i] = plane[s.place + i * s.step];
        });
      }
      multiply_add({p.weights + top, depth, 1}, {read.data(), width, 1}, p.filters, rows, width, p.out + first, places);
    }
  }
}

// Every input element adds a kernel to its window of the output: weights' (filters and kernel positions x channels) * x
// (channels x places), each row added to where its kernel position lies.
void convolve_transposed(const Product& p) {
  const std::size_t kernel = p.kernel(), places = p.places(), rows = p.filters * kernel, area = p.area();
  std::vector<double> sums(std::min(kRows, rows) * std::min(kPlaces, places));
  for (std::size_t first = 0; first < places; first += kPlaces) {
    const std::size_t width = std::min(kPlaces, places - first);
    for (std::size_t top = 0; top < rows; top += kRows) {
      const std::size_t height = std::min(kRows, rows - top);
      std::fill_n(sums.begin(), height * width, 0.0);
      multiply_add({p.weights + top, 1, rows}, {p.x + first, places, 1}, height, p.channels, width, sums.data(), width);
      for (std::size_t row = 0; row < height; ++row) {
        double* plane = p.out + (top + row) / kernel * area;
        const double* from = &sums[row * width];
        WindowWalk(p.windows, (top + row) % kernel).visit(first, first + width, [&](const Stretch& s) {
          for (std::size_t i = 0; i < s.count; ++i) plane[s.place + i * s.step] += from[s.window + i];
        });
      }
    }
  }
}

template <class Convolve>
Status run_groups(const Call& call, const Windows& windows, const Groups& g, const Inputs& inputs, Array& out,
                  Convolve&& convolve_one) {
  start_with_bias(call, inputs, out);
  const auto count = static_cast<std::size_t>(g.count);
  const auto channels = static_cast<std::size_t>(g.channels), filters = static_cast<std::size_t>(g.filters);
  const std::size_t groups = static_cast<std::size_t>(call.shape(0)[0]) * count;
  if (groups == 0 || out.data.empty()) return Done{};
  const std::size_t x_size = inputs[0]->data.size() / groups, out_size = out.data.size() / groups;
  const std::size_t weights_size = inputs[1]->data.size() / count;
  for (std::size_t group = 0; group < groups; ++group) {
    convolve_one(Product{windows, channels, filters, inputs[0]->data.data() + group * x_size,
                         inputs[1]->data.data() + group % count * weights_size, out.data.data() + group * out_size});
  }
  return Done{};
}

Status run_conv(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, convolution_windows(call));
  VEIL_TRY(groups, groups_of(call, false));
  return run_groups(call, windows, groups, inputs, *outputs[0], convolve);
}

Result<std::vector<TypedShape>> infer_conv_transpose(const Call& call) {
  VEIL_TRY(windows, transposed_windows(call));
  VEIL_TRY(groups, groups_of(call, true));
  VEIL_TRY_STATUS(check_kernel_shape(call));
  VEIL_TRY_STATUS(check_bias(call, groups.count * groups.filters));
  return std::vector<TypedShape>{
      {call.in(0).type, with_spatial(call.shape(0)[0], groups.count * groups.filters, windows.in)}};
}

Status run_conv_transpose(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, transposed_windows(call));
  VEIL_TRY(groups, groups_of(call, true));
  return run_groups(call, windows, groups, inputs, *outputs[0], convolve_transposed);
}

constexpr Operator kOperators[] = {
    {"Conv", 2, 3, VEIL_WINDOW_ATTRIBUTES "group ", infer_conv, run_conv},
    {"ConvTranspose", 2, 3, VEIL_WINDOW_ATTRIBUTES "group output_padding output_shape ", infer_conv_transpose,
     run_conv_transpose},
};

}  // namespace

std::span<const Operator> convolve_operators() { return kOperators; }

}  // namespace veil
