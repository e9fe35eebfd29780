#include "quant/calibrate.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "graph/float_run.h"
#include "graph/masks.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "tensor/float_order.h"

namespace veil {

namespace {

void widen(RealRange& range, const std::vector<double>& data, bool first) {
  if (data.empty()) return;
  const auto [low, high] = std::minmax_element(data.begin(), data.end());
  range.low = first ? *low : std::min(range.low, *low);
  range.high = first ? *high : std::max(range.high, *high);
}

bool all_finite(const std::vector<double>& data) {
  return std::all_of(data.begin(), data.end(), [](double value) { return std::isfinite(value); });
}

// As the plan has them (PlanBuilder): a row that is masked as a whole still becomes no number behind the softmax.
std::vector<double> bounded_scores(std::vector<double> data) {
  for (double& score : data) score = score < kMaskedScore ? kMaskedScore : score;
  return data;
}

// The place of the lowest bit: of a number that is not zero, the largest scale_log2 at which it is whole.
std::int32_t finest_scale(double number) {
  if (number == 0) return Calibration::kWholeAnywhere;
  int exponent = 0;
  const double fraction = std::frexp(number, &exponent);
  constexpr int kFractionBits = 53;
  const auto whole = static_cast<std::uint64_t>(std::fabs(std::ldexp(fraction, kFractionBits)));
  return exponent - kFractionBits + std::countr_zero(whole);
}

void note_inputs(const std::vector<Array>& arrays, Calibration& calibration) {
  for (std::size_t input = 0; input < arrays.size(); ++input) {
    const std::vector<double>& data = arrays[input].data;
    std::vector<std::int32_t>& finest = calibration.finest_inputs[input];
    finest.resize(data.size(), Calibration::kWholeAnywhere);
    for (std::size_t i = 0; i < data.size(); ++i) finest[i] = std::min(finest[i], finest_scale(data[i]));
  }
}

Status note_row(const Graph& graph, const std::vector<bool>& scores, const FloatRunner& runner, const RealRow& row,
                Calibration& calibration) {
  for (ValueId id = 0; id < graph.values.size(); ++id) {
    if (graph.values[id].constant) continue;
    const std::vector<double>& seen = runner.value(id).data;
    const std::vector<double> bounded = scores[id] ? bounded_scores(seen) : std::vector<double>();
    const std::vector<double>& data = scores[id] ? bounded : seen;
    if (!all_finite(data)) {
      return Error{"calibration row " + std::to_string(calibration.rows) + " makes the model's value " +
                   quoted(graph.values[id].name) + " infinite or no number"};
    }
    widen(calibration.values[id], data, calibration.rows == 0);
  }
  for (std::size_t input = 0; input < row.size(); ++input) {
    std::vector<double>& largest = calibration.largest_inputs[input];
    largest.resize(row[input].size(), 0.0);
    for (std::size_t i = 0; i < largest.size(); ++i) largest[i] = std::max(largest[i], std::fabs(row[input][i]));
  }
  ++calibration.rows;
  return Done{};
}

// Every row of a batch is read alike: what any of them showed counts for all.
template <class T, class Join>
void join_rows(std::vector<T>& elements, std::int64_t batch, Join&& join) {
  const std::size_t size = elements.size() / static_cast<std::size_t>(batch);
  for (std::size_t i = size; i < elements.size(); ++i) elements[i % size] = join(elements[i % size], elements[i]);
  elements.resize(size);
}

}  // namespace

Result<std::vector<Array>> input_arrays(const Graph& graph, const RealRow& row) {
  if (row.size() != graph.inputs.size()) {
    return Error{"a row brings " + std::to_string(row.size()) + " inputs where the model has " +
                 std::to_string(graph.inputs.size())};
  }
  std::vector<Array> arrays;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const GraphValue& value = graph.values[graph.inputs[i]];
    if (row[i].size() != size_of(value.shape)) {
      return Error{"input " + quoted(value.name) + " needs " + std::to_string(size_of(value.shape)) +
                   " values a row, but has " + std::to_string(row[i].size())};
    }
    Array array{value.shape, row[i]};
    for (std::size_t k = 0; k < row[i].size(); ++k) {
      if (value.type == ElementType::kFloat) array.data[k] = to_float32(row[i][k]);
      if (std::isnan(row[i][k]))
        return Error{"element " + std::to_string(k) + " of input " + quoted(value.name) + " is no number"};
    }
    arrays.push_back(std::move(array));
  }
  return arrays;
}

Result<Calibration> calibrate(const Graph& graph, const std::vector<RealRow>& rows) {
  if (rows.empty()) return Error{"calibration needs at least one row of data"};
  Calibration calibration;
  calibration.values.resize(graph.values.size());
  calibration.largest_inputs.resize(graph.inputs.size());
  calibration.finest_inputs.resize(graph.inputs.size());
  VEIL_TRY(runner, FloatRunner::create(graph));
  const std::vector<bool> scores = feeds_softmax_only(graph);
  for (const RealRow& row : rows) {
    const std::string where = "calibration row " + std::to_string(calibration.rows) + ": ";
    auto arrays = input_arrays(graph, row);
    if (!arrays) return Error{where + arrays.error().message};
    for (const Array& array : *arrays) {
      if (!all_finite(array.data)) return Error{where + "an input is infinite"};
    }
    VEIL_TRY_STATUS(runner.run(*arrays));
    note_inputs(*arrays, calibration);
    VEIL_TRY_STATUS(note_row(graph, scores, runner, row, calibration));
  }
  for (auto& largest : calibration.largest_inputs) {
    join_rows(largest, graph.batch, [](double a, double b) { return std::max(a, b); });
  }
  for (auto& finest : calibration.finest_inputs) {
    join_rows(finest, graph.batch, [](std::int32_t a, std::int32_t b) { return std::min(a, b); });
  }
  return calibration;
}

}  // namespace veil
