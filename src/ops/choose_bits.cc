#include "ops/choose_bits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "base/check.h"
#include "graph/float_run.h"
#include "ops/evaluate.h"
#include "quant/rows.h"

namespace veil {

namespace {

// What one row gave, float and integer.
struct RowOutputs {
  std::vector<double> real, integer;
  std::vector<std::int64_t> integers;
  bool claimed = false;  // the claim, on integers
};

class RunComparer {
 public:
  RunComparer(const Graph& graph, const QuantisedModel& model, FloatRunner floats, IntegerRunner integers)
      : graph_(graph), model_(model), floats_(std::move(floats)), integers_(std::move(integers)) {
    out_.values.resize(model.graph.values.size());
    // Left out softmax: the output is compared as logits.
    output_source_ = model.sources[model.graph.output].value_or(graph.outputs[0]);
  }

  Result<RunComparison> run(const std::vector<RealRow>& rows) {
    for (const RealRow& row : rows) VEIL_TRY_STATUS(add_row(row));
    for (RowOutputs& row : rows_) {
      for (std::int64_t i = 0; i < graph_.batch; ++i) {
        VEIL_TRY(same, agrees(row, i));
        if (same) {
          ++out_.agreeing;
        } else {
          out_.differing.push_back((&row - rows_.data()) * graph_.batch + i);
        }
      }
      note(out_.output, row.real, row.integer);
      out_.real_outputs.insert(out_.real_outputs.end(), row.real.begin(), row.real.end());
      out_.integer_outputs.insert(out_.integer_outputs.end(), row.integer.begin(), row.integer.end());
    }
    for (QuantId id = 0; id < out_.values.size(); ++id) finish(out_.values[id], model_.graph.values[id].size);
    finish(out_.output, model_.graph.values[model_.graph.output].size);
    return std::move(out_);
  }

 private:
  Status add_row(const RealRow& row) {
    VEIL_TRY(arrays, input_arrays(graph_, row));
    VEIL_TRY(quantised, quantise_row(model_.graph, row));
    VEIL_TRY_STATUS(floats_.run(arrays));
    VEIL_TRY_STATUS(integers_.run(quantised.inputs));
    VEIL_TRY(claimed, integers_.claim_holds());
    out_.rows += graph_.batch;
    for (QuantId id = 0; id < out_.values.size(); ++id) {
      if (!model_.sources[id] || model_.cut_off[id]) continue;
      const std::vector<double>& real = floats_.value(*model_.sources[id]).data;
      note(out_.values[id], real, real_values(model_.graph, id, integers_.values()[id]));
      out_.values[id].saturated += saturated_in(id, real);
    }
    rows_.push_back({floats_.value(output_source_).data,
                     real_values(model_.graph, model_.graph.output, integers_.output()), integers_.output(), claimed});
    for (const double value : rows_.back().real) {
      lowest_ = std::min(lowest_, value);
      highest_ = std::max(highest_, value);
    }
    return Done{};
  }

  static void note(ValueError& error, const std::vector<double>& real, const std::vector<double>& integer) {
    VEIL_CHECK(real.size() == integer.size());
    for (std::size_t i = 0; i < real.size(); ++i) {
      if (std::isinf(real[i])) continue;  // a masked score, which any low integer stands for
      const double off = std::fabs(real[i] - integer[i]);
      error.largest = std::max(error.largest, off);
      error.mean += off;  // a sum until finish, as the next
      error.root_mean_square += off * off;
      error.largest_real = std::max(error.largest_real, std::fabs(real[i]));
    }
  }

  // Not next to an integer that a result of this scale may be.
  std::int64_t saturated_in(QuantId id, const std::vector<double>& real) const {
    const QuantisedValue& value = model_.graph.values[id];
    if (value.float_order) return 0;
    const IntegerRange range = integers_.analysis().ranges[id];
    std::int64_t count = 0;
    for (std::size_t i = 0; i < real.size(); ++i) {
      if (std::isinf(real[i])) continue;
      const double units = std::ldexp(real[i], -value.scale_log2[i % value.scale_log2.size()]);
      const bool inside = units > static_cast<double>(range.low) - 1 && units < static_cast<double>(range.high) + 1;
      count += inside ? 0 : 1;
    }
    return count;
  }

  void finish(ValueError& error, std::int64_t size) const {
    if (out_.rows == 0) return;
    const double count = static_cast<double>(rows_.size()) * static_cast<double>(size);
    error.mean /= count;
    error.root_mean_square = std::sqrt(error.root_mean_square / count);
  }

  // Of a batch, its row i: the decision that the claim takes about each, or else the claim's truth for all of them.
  Result<bool> agrees(const RowOutputs& batch, std::int64_t i) const {
    const Claim& claim = integers_.analysis().claim;
    const std::size_t size = batch.real.size() / static_cast<std::size_t>(graph_.batch);
    const std::size_t first = static_cast<std::size_t>(i) * size;
    const auto real = std::span(batch.real).subspan(first, size);
    const auto integers = std::span(batch.integers).subspan(first, size);
    if (const RowPredicate* decision = row_decision(claim)) {
      const std::int32_t scale = model_.graph.values[model_.graph.output].scale_log2[0];
      VEIL_TRY(holds, row_holds(*decision, scale, integers));
      return holds == row_holds_real(*decision, real);
    }
    if (!claim.terms.empty()) return batch.claimed == claim_holds_real(claim, batch.real);
    if (size > 1) return argmax_of(real) == argmax_of(integers);
    return std::fabs(real[0] - batch.integer[first]) <= 0.01 * (highest_ - lowest_);
  }

  const Graph& graph_;
  const QuantisedModel& model_;
  FloatRunner floats_;
  IntegerRunner integers_;
  ValueId output_source_ = 0;
  double lowest_ = std::numeric_limits<double>::infinity(), highest_ = -lowest_;
  std::vector<RowOutputs> rows_;
  RunComparison out_;
};

}  // namespace

double RunComparison::relative_error() const {
  if (output.largest == 0) return 0;
  double most = 0;
  bool whole = true;
  std::size_t different = 0;
  for (std::size_t i = 0; i < real_outputs.size(); ++i) {
    most = std::max(most, std::fabs(real_outputs[i]));
    whole = whole && real_outputs[i] == std::round(real_outputs[i]);
    different += std::fabs(real_outputs[i] - integer_outputs[i]) >= 0.5 ? 1U : 0U;
  }
  const double relative = output.largest / most;
  return whole ? std::min(relative, static_cast<double>(different) / static_cast<double>(real_outputs.size()))
               : relative;
}

std::int64_t RunComparison::saturated() const {
  std::int64_t sum = 0;
  for (const ValueError& value : values) sum += value.saturated;
  return sum;
}

Result<RunComparison> compare_runs(const Graph& graph, const QuantisedModel& model, const std::vector<RealRow>& rows) {
  VEIL_TRY(floats, FloatRunner::create(graph));
  VEIL_TRY(integers, IntegerRunner::create(model.graph, model.weights));
  return RunComparer(graph, model, std::move(floats), std::move(integers)).run(rows);
}

Result<QuantisedModel> quantise(const Graph& graph, const std::vector<RealRow>& calibration_rows, unsigned bits,
                                const QuantiseOptions& options) {
  if (bits != kAutoBits && bits != 8 && bits != 12 && bits != 16) return Error{"bits must be 8, 12, 16 or auto"};
  VEIL_TRY(calibration, calibrate(graph, calibration_rows));
  if (bits != kAutoBits) return quantise_at(graph, calibration, bits, options);
  for (const unsigned few : {8u, 12u}) {
    auto model = quantise_at(graph, calibration, few, options);
    if (!model) continue;  // too few for its whole numbers
    const auto runs = compare_runs(graph, *model, calibration_rows);
    if (!runs || runs->agreement() < kWantedAgreement) continue;
    if (!options.claim.empty() || runs->relative_error() <= options.tolerance) return model;
  }
  return quantise_at(graph, calibration, 16, options);
}

}  // namespace veil
