// The largest or the mean of every window.
#include <algorithm>
#include <limits>

#include "graph/operator.h"
#include "graph/shape.h"
#include "graph/windows.h"

namespace veil {
namespace {

Result<std::vector<TypedShape>> infer_pool(const Call& call) {
  VEIL_TRY(windows, pool_windows(call));
  GraphShape shape = windows.out;
  shape.insert(shape.begin(), {call.shape(0)[0], call.shape(0)[1]});
  return std::vector<TypedShape>{{call.in(0).type, shape}};
}

// Folds what the windows read into `out`, which holds `start` at first.
template <class Fold>
void fold_windows(const Windows& windows, const Array& in, Array& out, double start, Fold&& fold) {
  const std::size_t kernel = size_of(windows.kernel), places = size_of(windows.out), area = size_of(windows.in);
  std::fill(out.data.begin(), out.data.end(), start);
  for (std::size_t plane = 0; plane * places < out.data.size(); ++plane) {
    const double* from = in.data.data() + plane * area;
    double* to = out.data.data() + plane * places;
    for (std::size_t position = 0; position < kernel; ++position) {
      WindowWalk(windows, position).visit(0, places, [&](const Stretch& s) {
        for (std::size_t i = 0; i < s.count; ++i) to[s.window + i] = fold(to[s.window + i], from[s.place + i * s.step]);
      });
    }
  }
}

// The second output: where each largest number is, the first of several, counted through the whole input.
Result<std::vector<TypedShape>> infer_max_pool(const Call& call) {
  VEIL_TRY_STATUS(call.integer("storage_order", 0));
  VEIL_TRY(types, infer_pool(call));
  types.push_back({ElementType::kInt64, types[0].shape});
  types.resize(std::min<std::size_t>(types.size(), call.node->outputs.size()));
  return types;
}

Status run_max_pool(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, pool_windows(call));
  fold_windows(windows, *inputs[0], *outputs[0], -std::numeric_limits<double>::infinity(),
               [](double best, double next) { return std::max(best, next); });
  if (outputs.size() < 2) return Done{};
  VEIL_TRY(order, call.integer("storage_order", 0));
  const std::vector<std::size_t> places = window_places(windows);
  const std::vector<double> numbers = place_numbers(windows.in, order != 0);
  const std::size_t kernel = size_of(windows.kernel), count = size_of(windows.out), area = size_of(windows.in);
  for (std::size_t i = 0; i < outputs[0]->data.size(); ++i) {
    const std::size_t plane = i / count;
    const std::size_t* const place = &places[i % count * kernel];
    const auto is_largest = [&](std::size_t at) { return inputs[0]->data[plane * area + at] == outputs[0]->data[i]; };
    const std::size_t* const found = std::find_if(place, place + kernel, is_largest);
    const std::size_t first = found == place + kernel ? *place : *found;  // none equals a NaN
    outputs[1]->data[i] = static_cast<double>(plane * area) + numbers[first];
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_average_pool(const Call& call) {
  VEIL_TRY_STATUS(call.integer("count_include_pad", 0));
  return infer_pool(call);
}

Status run_average_pool(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, pool_windows(call));
  VEIL_TRY(with_padding, call.integer("count_include_pad", 0));
  fold_windows(windows, *inputs[0], *outputs[0], 0.0, [](double sum, double next) { return sum + next; });
  const std::vector<double> counts = window_counts(windows, with_padding != 0);
  std::vector<double>& out = outputs[0]->data;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] /= counts[i % counts.size()];
  return Done{};
}

constexpr Operator kOperators[] = {
    {"MaxPool", 1, 1, VEIL_WINDOW_ATTRIBUTES "ceil_mode storage_order ", infer_max_pool, run_max_pool},
    {"AveragePool", 1, 1, VEIL_WINDOW_ATTRIBUTES "ceil_mode count_include_pad ", infer_average_pool, run_average_pool},
};

}  // namespace

std::span<const Operator> pool_operators() { return kOperators; }

}  // namespace veil
