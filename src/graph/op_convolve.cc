// Convolutions and pools.
#include <algorithm>
#include <limits>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "graph/windows.h"

namespace veil {
namespace {

#define VEIL_WINDOW_ATTRIBUTES " auto_pad kernel_shape strides dilations pads "

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

void start_with_bias(const Call& call, const Inputs& inputs, Array& out, std::size_t places) {
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    const std::size_t filter = i / places % static_cast<std::size_t>(out.shape[1]);
    out.data[i] = call.has(2) ? inputs[2]->data[filter] : 0.0;
  }
}

// The windows of one group as a matrix, kernel positions by places; the product runs along the places.
Status run_conv(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, convolution_windows(call));
  VEIL_TRY(g, groups_of(call, false));
  const std::vector<std::int64_t> table = windows.places();
  const std::size_t kernel = size_of(windows.kernel), places = size_of(windows.out), area = size_of(windows.in);
  const auto channels = static_cast<std::size_t>(g.channels), filters = static_cast<std::size_t>(g.filters);
  const auto groups = static_cast<std::size_t>(call.shape(0)[0] * g.count);
  start_with_bias(call, inputs, *outputs[0], places);
  std::vector<double> row(places);
  for (std::size_t group = 0; group < groups; ++group) {
    const double* x = &inputs[0]->data[group * channels * area];
    const double* weights =
        &inputs[1]->data[group % static_cast<std::size_t>(g.count) * filters * channels * kernel];
    double* out = &outputs[0]->data[group * filters * places];
    for (std::size_t depth = 0; depth < channels * kernel; ++depth) {
      const double* plane = x + depth / kernel * area;
      for (std::size_t o = 0; o < places; ++o) {
        const std::int64_t place = table[o * kernel + depth % kernel];
        row[o] = place < 0 ? 0.0 : plane[place];
      }
      for (std::size_t f = 0; f < filters; ++f) {
        const double weight = weights[f * channels * kernel + depth];
        for (std::size_t o = 0; o < places; ++o) out[f * places + o] += weight * row[o];
      }
    }
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_conv_transpose(const Call& call) {
  VEIL_TRY(windows, transposed_windows(call));
  VEIL_TRY(groups, groups_of(call, true));
  VEIL_TRY_STATUS(check_kernel_shape(call));
  VEIL_TRY_STATUS(check_bias(call, groups.count * groups.filters));
  return std::vector<TypedShape>{
      {call.in(0).type, with_spatial(call.shape(0)[0], groups.count * groups.filters, windows.in)}};
}

// Every input element adds a kernel to its window of the output.
Status run_conv_transpose(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, transposed_windows(call));
  VEIL_TRY(g, groups_of(call, true));
  const std::vector<std::int64_t> table = windows.places();
  const std::size_t kernel = size_of(windows.kernel), places = size_of(windows.out), area = size_of(windows.in);
  const auto channels = static_cast<std::size_t>(g.channels), filters = static_cast<std::size_t>(g.filters);
  const auto groups = static_cast<std::size_t>(call.shape(0)[0] * g.count);
  start_with_bias(call, inputs, *outputs[0], area);
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t pair = 0; pair < channels * filters; ++pair) {
      const double* x = &inputs[0]->data[(group * channels + pair / filters) * places];
      const double* weights =
          &inputs[1]->data[(group % static_cast<std::size_t>(g.count) * channels * filters + pair) * kernel];
      double* out = &outputs[0]->data[(group * filters + pair % filters) * area];
      for (std::size_t i = 0; i < places * kernel; ++i) {
        if (table[i] >= 0) out[table[i]] += x[i / kernel] * weights[i % kernel];
      }
    }
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_pool(const Call& call) {
  VEIL_TRY(windows, pool_windows(call));
  return std::vector<TypedShape>{
      {call.in(0).type, with_spatial(call.shape(0)[0], call.shape(0)[1], windows.out)}};
}

template <class Fold>
void run_pool(const Windows& windows, const Array& in, Array& out, Fold&& fold) {
  const std::vector<std::int64_t> table = windows.places();
  const std::size_t kernel = size_of(windows.kernel), places = size_of(windows.out), area = size_of(windows.in);
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    out.data[i] = fold(&in.data[i / places * area], std::span(table).subspan(i % places * kernel, kernel));
  }
}

Status run_max_pool(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, pool_windows(call));
  run_pool(windows, *inputs[0], *outputs[0], [](const double* plane, std::span<const std::int64_t> places) {
    double best = -std::numeric_limits<double>::infinity();
    for (const std::int64_t place : places) best = std::max(best, place < 0 ? best : plane[place]);
    return best;
  });
  return Done{};
}

Status run_average_pool(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, pool_windows(call));
  VEIL_TRY(with_padding, call.integer("count_include_pad", 0));
  const std::vector<double> counts = window_counts(windows, with_padding != 0);
  std::size_t next = 0;
  run_pool(windows, *inputs[0], *outputs[0], [&](const double* plane, std::span<const std::int64_t> places) {
    double sum = 0;
    for (const std::int64_t place : places) sum += place < 0 ? 0.0 : plane[place];
    return sum / counts[next++ % counts.size()];
  });
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Conv", 2, 3, VEIL_WINDOW_ATTRIBUTES "group ", infer_conv, run_conv},
    {"ConvTranspose", 2, 3, VEIL_WINDOW_ATTRIBUTES "group output_padding output_shape ", infer_conv_transpose,
     run_conv_transpose},
    {"MaxPool", 1, 1, VEIL_WINDOW_ATTRIBUTES "ceil_mode storage_order ", infer_pool, run_max_pool},
    {"AveragePool", 1, 1, VEIL_WINDOW_ATTRIBUTES "ceil_mode count_include_pad ", infer_pool, run_average_pool},
};

}  // namespace

std::span<const Operator> convolve_operators() { return kOperators; }

}  // namespace veil
