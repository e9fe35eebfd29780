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

Result<std::vector<TypedShape>> infer_max_pool(const Call& call) {
  VEIL_TRY(order, call.integer("storage_order", 0));
  if (order != 0 && order != 1) return Error{"its 'storage_order' is neither 0 nor 1"};
  VEIL_TRY(outputs, infer_pool(call));
  outputs.push_back({ElementType::kInt64, outputs[0].shape});
  return outputs;
}

// Where the first of the largest of every window lies, counted over the whole input.
void find_places(const Windows& windows, const Array& in, const Array& largest, bool by_columns, Array& out) {
  const std::size_t kernel = size_of(windows.kernel), places = size_of(windows.out), area = size_of(windows.in);
  const std::vector<double> number = place_numbers(windows, by_columns);
  std::fill(out.data.begin(), out.data.end(), -1.0);
  for (std::size_t plane = 0; plane * places < out.data.size(); ++plane) {
    const double* from = in.data.data() + plane * area;
    for (std::size_t position = 0; position < kernel; ++position) {
      WindowWalk(windows, position).visit(0, places, [&](const Stretch& s) {
        for (std::size_t i = 0; i < s.count; ++i) {
          const std::size_t at = plane * places + s.window + i;
          const std::size_t place = s.place + i * s.step;
          if (out.data[at] >= 0 || from[place] != largest.data[at]) continue;
          out.data[at] = static_cast<double>(plane * area) + number[place];
        }
      });
    }
  }
}

Status run_max_pool(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  VEIL_TRY(windows, pool_windows(call));
  fold_windows(windows, *inputs[0], *outputs[0], -std::numeric_limits<double>::infinity(),
               [](double best, double next) { return std::max(best, next); });
  if (outputs.size() < 2) return Done{};
  VEIL_TRY(order, call.integer("storage_order", 0));
  find_places(windows, *inputs[0], *outputs[0], order != 0, *outputs[1]);
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
