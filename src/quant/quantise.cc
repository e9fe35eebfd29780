// Plan -> quantised graph and weights: chooses a power-of-two scale for every tensor, or takes the recorded one.
#include "quant/quantise.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/check.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "quant/claim.h"
#include "quant/function_choice.h"
#include "quant/plan.h"

namespace veil {

namespace {

constexpr double kInputHeadRoom = 1.25;
constexpr double kHeadRoom = 1.1;
constexpr double kTolerableNoise = 1.0 / 512;  // of one scale for all features, against a result's largest value
constexpr std::int32_t kMaxShift = 30;         // of an alignment, and what a rescale is planned with
constexpr std::int32_t kMaxDownShift = 40;     // of a rescale
constexpr std::int32_t kBiasExtraBits = 8;

double largest_of(const std::vector<double>& list) {
  double largest = 0;
  for (const double value : list) largest = std::max(largest, std::fabs(value));
  return largest;
}

bool uniform(const std::vector<std::int32_t>& scales) {
  return std::all_of(scales.begin(), scales.end(), [&](std::int32_t scale) { return scale == scales[0]; });
}

class Quantiser {
 public:
  Quantiser(const Graph& graph, Plan plan, const Calibration* calibration, const QuantisedGraph* recorded,
            unsigned bits)
      : graph_(graph), plan_(std::move(plan)), calibration_(calibration), recorded_(recorded), bits_(bits) {
    consumers_ = plan_consumers(plan_);
    ids_.resize(plan_.values.size());
  }

  Result<QuantisedModel> run(const QuantiseOptions& options) {
    QuantisedGraph& out = model_.graph;
    out.bits = bits_;
    out.hidden = options.hidden;
    out.claim = options.claim;
    VEIL_TRY_STATUS(add_inputs(options));
    for (const PlanNode& node : plan_.nodes) {
      auto status = std::visit([&](const auto& op) { return add(node, op); }, node.op);
      if (!status) return Error{node.source + " cannot be quantised: " + status.error().message};
    }
    out.output = ids_[plan_.output];
    const GraphValue& output = graph_.values[graph_.outputs[0]];
    out.output_name = output.name;
    out.output_shape = output.shape;
    out.output_labels = options.output_labels;
    const auto labels = static_cast<std::int64_t>(out.output_labels.size());
    if (labels != 0 && labels != out.values[out.output].size) {
      return Error{"there are " + std::to_string(labels) + " class names, but the output has " +
                   std::to_string(out.values[out.output].size) + " elements"};
    }
    return std::move(model_);
  }

 private:
  // ---- the pieces of the result
  IntegerRange range() const { return signed_range(bits_); }
  std::int64_t limit() const { return range().high; }

  QuantId add_value(const PlanValue& value, std::vector<std::int32_t> scales) {
    QuantisedValue out{value.name, value.size, std::move(scales)};
    if (uniform(out.scale_log2)) out.scale_log2.resize(1);
    model_.graph.values.push_back(std::move(out));
    model_.sources.push_back(value.source);
    model_.calibrated.push_back(value.source && calibration_ != nullptr ? calibration_->values[*value.source]
                                                                        : RealRange{});
    model_.cut_off.push_back(false);
    full_range_.push_back(false);
    return static_cast<QuantId>(model_.graph.values.size() - 1);
  }

  // The next value's scale: what setup recorded, or the proposal.
  Result<std::int32_t> value_scale(std::int32_t proposal) {
    if (recorded_ == nullptr) return proposal;
    const std::size_t next = model_.graph.values.size();
    if (next >= recorded_->values.size()) return Error{"the recorded graph has fewer values than the model file gives"};
    return recorded_->values[next].scale_log2[0];
  }

  QuantisedNode& add_node(const PlanNode& node, std::vector<QuantId> inputs, QuantId output, QuantisedOp op) {
    const std::string kind(op_name(op));
    const std::string name = kind + "_" + std::to_string(++counts_[kind]);
    model_.graph.nodes.push_back(QuantisedNode{name, node.source, std::move(inputs), {}, output, std::move(op)});
    return model_.graph.nodes.back();
  }

  void finish(const PlanNode& node, QuantId output) { ids_[node.output] = output; }

  // Quantises a constant at the scale that `propose` finds, unless one is recorded.
  Result<std::int32_t> model_scale(std::int32_t proposal) const {
    if (recorded_ == nullptr) return proposal;
    const std::size_t next = model_.graph.model.size();
    if (next >= recorded_->model.size()) return Error{"the recorded graph has fewer weights than the model file gives"};
    return recorded_->model[next].scale_log2;
  }
  void add_model(QuantisedNode& node, const char* what, const std::vector<double>& data, unsigned bits,
                 std::int32_t scale) {
    model_.graph.model.push_back(
        ModelTensor{node.name + "/" + what, static_cast<std::int64_t>(data.size()), bits, scale});
    std::vector<std::int64_t> integers;
    integers.reserve(data.size());
    for (const double value : data) integers.push_back(*quantise_real(value, scale, signed_range(bits)));
    model_.weights.tensors.push_back(std::move(integers));
    node.model.push_back(static_cast<ModelId>(model_.graph.model.size() - 1));
  }

  // ---- inputs
  Status add_inputs(const QuantiseOptions& options) {
    for (std::size_t i = 0; i < plan_.inputs.size(); ++i) {
      const GraphValue& value = graph_.values[graph_.inputs[i]];
      if (value.type == ElementType::kBool || value.type == ElementType::kOther) {
        return Error{"input " + quoted(value.name) + " has an element type that is not supported"};
      }
      VEIL_TRY(scales, input_scales(i));
      const PlanId plan_id = plan_.inputs[i];
      const QuantId id = add_value(plan_.values[plan_id], scales);
      full_range_[id] = true;
      ids_[plan_id] = id;
      QuantisedInput input{id, value.shape, {}};
      if (i < options.input_labels.size()) input.labels = options.input_labels[i];
      if (!input.labels.empty() && input.labels.size() != size_of(value.shape)) {
        return Error{"input " + quoted(value.name) + " has " + std::to_string(size_of(value.shape)) +
                     " elements, but " + std::to_string(input.labels.size()) + " names"};
      }
      model_.graph.inputs.push_back(std::move(input));
    }
    return Done{};
  }

  Result<std::vector<std::int32_t>> input_scales(std::size_t input) const {
    const PlanId id = plan_.inputs[input];
    if (recorded_ != nullptr) {
      if (input >= recorded_->values.size()) return Error{"the recorded graph has fewer inputs than the model file"};
      return recorded_->values[input].scale_log2;
    }
    const std::vector<double>& largest = calibration_->largest_inputs[input];
    const double whole = largest_of(largest);
    const auto otherwise = -static_cast<std::int32_t>(bits_ - 1);
    const std::int32_t common = scale_for(whole * kInputHeadRoom, limit(), otherwise);
    if (!feeds_linear_only(id)) return std::vector<std::int32_t>{common};
    std::vector<std::int32_t> scales;
    for (const double feature : largest) {
      // A feature that calibration never saw may be anything: the largest range.
      scales.push_back(scale_for((feature == 0 ? whole : feature) * kInputHeadRoom, limit(), otherwise));
    }
    if (!needs_own_scales(id, common, scales)) return std::vector<std::int32_t>{common};
    return scales;
  }

  // Features of one unit (pixels) share a scale, so that a value larger than calibration saw is not cut off early. A
  // scale for each is worth it where rounding at the common one would be heard in a result: raw tables, with an amount
  // of 10^6 beside an age of 50.
  bool needs_own_scales(PlanId id, std::int32_t common, const std::vector<std::int32_t>& scales) const {
    const std::vector<std::int32_t> same(scales.size(), common);
    return std::any_of(consumers_[id].begin(), consumers_[id].end(), [&](std::size_t reader) {
      const PlanNode& node = plan_.nodes[reader];
      const auto* linear = std::get_if<PlanLinear>(&node.op);
      if (linear == nullptr || linear->reduced != static_cast<std::int64_t>(scales.size())) {
        const auto [low, high] = std::minmax_element(scales.begin(), scales.end());
        return *high - *low > 6;  // no weights to judge by: features that differ by more than 2^6
      }
      const double noise = rounding_noise(*linear, same);
      return noise > kTolerableNoise * real_range(node.output).largest() && rounding_noise(*linear, scales) < noise / 2;
    });
  }

  // The standard deviation that rounding of the inputs, uniform within half a step, brings to the noisiest result.
  static double rounding_noise(const PlanLinear& linear, const std::vector<std::int32_t>& scales) {
    double largest = 0;
    for (std::size_t o = 0; o < static_cast<std::size_t>(linear.width); ++o) {
      double variance = 0;
      for (std::size_t k = 0; k < scales.size(); ++k) {
        const double step = std::ldexp(linear.weight[o * scales.size() + k], scales[k]);
        variance += step * step / 12;
      }
      largest = std::max(largest, std::sqrt(variance));
    }
    return largest;
  }

  // Scales that differ by element can be folded into a Linear's columns, through concats.
  bool feeds_linear_only(PlanId id) const {
    if (id == plan_.output || consumers_[id].empty()) return false;
    return std::all_of(consumers_[id].begin(), consumers_[id].end(), [&](std::size_t reader) {
      const PlanNode& node = plan_.nodes[reader];
      if (const auto* linear = std::get_if<PlanLinear>(&node.op)) return linear->outer == 1 && linear->inner == 1;
      const auto* concat = std::get_if<PlanConcat>(&node.op);
      return concat != nullptr && concat->outer == 1 && concat->inner == 1 && feeds_linear_only(node.output);
    });
  }

  // ---- scales of results
  template <class Op>
  bool read_only_by(PlanId id) const {
    return id != plan_.output && !consumers_[id].empty() &&
           std::all_of(consumers_[id].begin(), consumers_[id].end(),
                       [&](std::size_t reader) { return std::holds_alternative<Op>(plan_.nodes[reader].op); });
  }

  // All readers are the same smooth function: its table fixes the scale.
  std::optional<std::int32_t> forced_scale(PlanId id) const {
    if (!read_only_by<PlanFunction>(id)) return std::nullopt;
    std::optional<SmoothFunction> function;
    for (const std::size_t reader : consumers_[id]) {
      const SmoothFunction next = std::get<PlanFunction>(plan_.nodes[reader].op).function;
      if (function && *function != next) return std::nullopt;
      function = next;
    }
    return static_cast<std::int32_t>(choose_function(*function, bits_).input_scale_log2);
  }

  // The largest magnitude that matters to the readers: what a ReLU or a clip cuts off may saturate.
  double largest_needed(PlanId id) const {
    const RealRange seen = real_range(id);
    if (read_only_by<PlanRelu>(id) && seen.high > 0) return seen.high;
    if (!read_only_by<PlanClip>(id)) return seen.largest();
    double needed = 0;
    for (const std::size_t reader : consumers_[id]) {
      const auto& clip = std::get<PlanClip>(plan_.nodes[reader].op);
      needed = std::max(needed, std::fabs(std::clamp(seen.low, clip.low, clip.high)));
      needed = std::max(needed, std::fabs(std::clamp(seen.high, clip.low, clip.high)));
    }
    return std::isfinite(needed) ? needed : seen.largest();
  }

  // Of a value that the float graph does not have, there is one kind left: a product before a bias that did not fold.
  RealRange real_range(PlanId id) const {
    if (plan_.values[id].source) return calibration_->values[*plan_.values[id].source];
    double largest = 0;
    for (const std::size_t reader : consumers_[id]) {
      const PlanNode& node = plan_.nodes[reader];
      double sum =
          plan_.values[node.output].source ? calibration_->values[*plan_.values[node.output].source].largest() : 0;
      if (const auto* affine = std::get_if<PlanAffine>(&node.op)) sum += largest_of(affine->addend);
      for (const PlanId other : node.inputs)
        sum += other != id && plan_.values[other].source ? real_range(other).largest() : 0;
      largest = std::max(largest, sum);
    }
    return RealRange{-largest, largest};
  }

  // The scale of a rescaled result whose accumulator has scale `accumulator`: never finer than that, unless forced.
  Result<std::int32_t> result_scale(PlanId id, std::int32_t accumulator) {
    if (const auto forced = forced_scale(id)) return *forced;
    std::int32_t proposal = 0;
    if (recorded_ == nullptr) {
      const double largest = largest_needed(id) * kHeadRoom;
      proposal = std::max(scale_for(largest, limit(), accumulator), accumulator);
    }
    return value_scale(proposal);
  }

  Result<std::int32_t> one_scale(QuantId id) const {
    const std::vector<std::int32_t>& scales = model_.graph.values[id].scale_log2;
    if (scales.size() != 1)
      return Error{"its input has a scale for each element, which only a matrix product can take"};
    return scales[0];
  }

  struct Shifts {
    std::int64_t up = 0, down = 0;
  };
  static Result<Shifts> shifts_between(std::int32_t accumulator, std::int32_t result) {
    Shifts shifts;
    (result >= accumulator ? shifts.down : shifts.up) = std::abs(result - accumulator);
    if (shifts.down > kMaxDownShift || shifts.up > kMaxShift) return Error{"its scales are too far apart"};
    return shifts;
  }

  QuantId add_result(const PlanNode& node, std::int32_t scale) {
    const QuantId id = add_value(plan_.values[node.output], {scale});
    full_range_[id] = true;
    model_.cut_off[id] = read_only_by<PlanRelu>(node.output) || read_only_by<PlanClip>(node.output);
    finish(node, id);
    return id;
  }

  // ---- Linear
  Status add(const PlanNode& node, const PlanLinear& plan) {
    const QuantId input = ids_[node.inputs[0]];
    const std::vector<std::int32_t>& scales = model_.graph.values[input].scale_log2;
    if (scales.size() != 1 && (plan.outer != 1 || plan.inner != 1)) {
      return Error{"its input has a scale for each element, but it is no plain product"};
    }
    const std::int32_t reference = scales.size() == 1 ? scales[0] : 0;
    const std::vector<double> weight = scaled_columns(plan, scales);
    VEIL_TRY(weight_scale, model_scale(propose_weight_scale(node.output, weight, reference)));
    VEIL_TRY(scale, result_scale(node.output, weight_scale + reference));
    VEIL_TRY(shifts, shifts_between(weight_scale + reference, scale));
    LinearOp op{plan.outer, plan.reduced, plan.width, plan.inner, shifts.up, 0, shifts.down};
    const QuantId output = add_result(node, scale);
    QuantisedNode& out = add_node(node, {input}, output, op);
    add_model(out, "weight", weight, bits_, weight_scale);
    if (plan.bias.empty()) return Done{};
    VEIL_TRY(bias_shift, add_addend(out, "bias", plan.bias, std::min(weight_scale + reference, scale)));
    std::get<LinearOp>(out.op).bias_shift = bias_shift;
    return Done{};
  }

  // Weights on integers: W[o,k] 2^(scale of x[k]), or W itself where all inputs have one scale.
  static std::vector<double> scaled_columns(const PlanLinear& plan, const std::vector<std::int32_t>& scales) {
    std::vector<double> weight = plan.weight;
    if (scales.size() == 1) return weight;
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = std::ldexp(weight[i], scales[i % scales.size()]);
    return weight;
  }

  // The finest scale that holds the weights, but not so fine that the rescale would shift everything away.
  std::int32_t propose_weight_scale(PlanId output, const std::vector<double>& weight, std::int32_t reference) const {
    if (recorded_ != nullptr) return 0;
    const std::int32_t finest =
        scale_for(largest_of(weight), limit(), -static_cast<std::int32_t>(bits_ - 1) - reference);
    if (forced_scale(output)) return std::max(finest, *forced_scale(output) - reference - kMaxShift);
    const double largest = largest_needed(output) * kHeadRoom;
    return std::max(finest, scale_for(largest, limit(), finest + reference) - reference - kMaxShift);
  }

  // A constant that is added to an accumulator of scale `accumulator`: how far it is shifted up.
  Result<std::int64_t> add_addend(QuantisedNode& node, const char* what, const std::vector<double>& data,
                                  std::int32_t accumulator) {
    const unsigned bits = bits_ + kBiasExtraBits;
    const std::int32_t finest = scale_for(largest_of(data), signed_range(bits).high, accumulator);
    VEIL_TRY(scale, model_scale(std::max(finest, accumulator)));
    if (scale < accumulator || scale > accumulator + kMaxDownShift)
      return Error{"its constants are of too extreme a scale"};
    add_model(node, what, data, bits, scale);
    return std::int64_t{scale - accumulator};
  }

  // ---- elementwise
  Status add(const PlanNode& node, const PlanAffine& plan) {
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(input_scale, one_scale(input));
    const bool has_factor = !plan.factor.empty();
    std::int32_t accumulator = input_scale;
    if (has_factor) {
      VEIL_TRY(factor_scale,
               model_scale(scale_for(largest_of(plan.factor), limit(), -static_cast<std::int32_t>(bits_ - 1))));
      accumulator += factor_scale;
    } else {
      // A small constant may be finer than the input, up to as many bits as it has itself.
      VEIL_TRY(scale,
               model_scale(scale_for(largest_of(plan.addend), signed_range(bits_ + kBiasExtraBits).high, input_scale)));
      accumulator = std::clamp(scale, input_scale - kBiasExtraBits, input_scale);
    }
    VEIL_TRY(scale, result_scale(node.output, accumulator));
    VEIL_TRY(shifts, shifts_between(accumulator, scale));
    AffineOp op{plan.pattern.lengths, plan.pattern.present, has_factor ? 1 : 0, plan.addend.empty() ? 0 : 1, 0, 0,
                shifts.down};
    op.input_shift = shifts.up + (has_factor ? 0 : input_scale - accumulator);
    const QuantId output = add_result(node, scale);
    QuantisedNode& out = add_node(node, {input}, output, op);
    const std::int32_t factor_scale = accumulator - input_scale;
    if (has_factor) add_model(out, "factor", plan.factor, bits_, factor_scale);
    if (plan.addend.empty()) return Done{};
    VEIL_TRY(addend_shift, add_addend(out, "addend", plan.addend, std::min(accumulator, scale)));
    std::get<AffineOp>(out.op).addend_shift = addend_shift;
    return Done{};
  }

  Status add(const PlanNode& node, const PlanSum& plan) {
    std::vector<QuantId> inputs;
    std::vector<std::int32_t> scales;
    for (const PlanId id : node.inputs) {
      inputs.push_back(ids_[id]);
      VEIL_TRY(scale, one_scale(inputs.back()));
      scales.push_back(scale);
    }
    const std::int32_t finest = *std::min_element(scales.begin(), scales.end());
    VEIL_TRY(scale, result_scale(node.output, finest));
    VEIL_TRY(shifts, shifts_between(finest, scale));
    SumOp op{{}, shifts.down};
    for (std::size_t i = 0; i < scales.size(); ++i) {
      const std::int64_t up = scales[i] - finest + shifts.up;
      if (up > kMaxShift) return Error{"the scales of what it adds are too far apart"};
      op.coefficients.push_back(plan.signs[i] * (std::int64_t{1} << up));
    }
    const QuantId output = add_result(node, scale);
    add_node(node, std::move(inputs), output, std::move(op));
    return Done{};
  }

  Status add(const PlanNode& node, const PlanProduct&) {
    const std::vector<QuantId> inputs{ids_[node.inputs[0]], ids_[node.inputs[1]]};
    VEIL_TRY(left, one_scale(inputs[0]));
    VEIL_TRY(right, one_scale(inputs[1]));
    VEIL_TRY(scale, result_scale(node.output, left + right));
    VEIL_TRY(shifts, shifts_between(left + right, scale));
    const QuantId output = add_result(node, scale);
    add_node(node, inputs, output, ProductOp{shifts.up, shifts.down});
    return Done{};
  }

  Status add(const PlanNode& node, const PlanRelu&) {
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(scale, one_scale(input));
    const QuantId output = add_value(plan_.values[node.output], {scale});
    finish(node, output);
    add_node(node, {input}, output, ReluOp{});
    return Done{};
  }

  Status add(const PlanNode& node, const PlanLeakyRelu& plan) {
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(scale, one_scale(input));
    LeakyReluOp op{0, bits_, 0};
    op.slope = *quantise_real(plan.alpha, -static_cast<std::int32_t>(bits_), signed_range(bits_ + 10));
    for (; op.fraction_bits > 0 && op.slope % 2 == 0; --op.fraction_bits) op.slope /= 2;
    // A slope beyond 1 may need a coarser scale; a finer one is not worth its saturation.
    VEIL_TRY(result, result_scale(node.output, scale));
    if (result < scale || result > scale + kMaxShift - op.fraction_bits) return Error{"its scales are too far apart"};
    op.shift = op.fraction_bits + result - scale;
    const QuantId output = add_result(node, result);
    add_node(node, {input}, output, op);
    return Done{};
  }

  Status add(const PlanNode& node, const PlanClip& plan) {
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(scale, one_scale(input));
    // What lies beyond the integers that can occur is cut down to them, but never past the other bound.
    constexpr unsigned kBoundBits = 40;
    ClipOp op{*quantise_real(plan.low, scale, signed_range(kBoundBits)),
              *quantise_real(plan.high, scale, signed_range(kBoundBits))};
    if (op.high > range().high) op.high = std::max(op.low, range().high);
    if (op.low < range().low) op.low = std::min(op.high, range().low);
    const QuantId output = add_value(plan_.values[node.output], {scale});
    finish(node, output);
    add_node(node, {input}, output, op);
    return Done{};
  }

  // The table wants exactly its scale and all signed integers of `bits` bits; else a rescale goes in between.
  Status add(const PlanNode& node, const PlanFunction& plan) {
    const PieceParameters p = choose_function(plan.function, bits_);
    VEIL_TRY(input, at_scale(node, ids_[node.inputs[0]], static_cast<std::int32_t>(p.input_scale_log2)));
    const QuantId output = add_value(plan_.values[node.output], {static_cast<std::int32_t>(p.output_scale_log2)});
    finish(node, output);
    add_node(node, {input}, output,
             FunctionOp{p.function, p.key_bits, p.low_bits, p.input_scale_log2, p.output_scale_log2, p.slope_shift});
    return Done{};
  }

  Result<QuantId> at_scale(const PlanNode& node, QuantId input, std::int32_t wanted) {
    VEIL_TRY(scale, one_scale(input));
    if (scale == wanted && full_range_[input]) return input;
    VEIL_TRY(shifts, shifts_between(scale, wanted));
    const QuantisedValue& value = model_.graph.values[input];
    const QuantId output =
        add_value(PlanValue{value.name + " (rescaled)", value.size, model_.sources[input]}, {wanted});
    full_range_[output] = true;
    add_node(node, {input}, output, SumOp{{std::int64_t{1} << shifts.up}, shifts.down});
    return output;
  }

  // ---- views
  Status add(const PlanNode& node, const PlanConcat& plan) {
    std::vector<QuantId> inputs;
    for (const PlanId id : node.inputs) inputs.push_back(ids_[id]);
    std::vector<std::int32_t> scales = joined_scales(inputs);
    if (!uniform(scales) && !feeds_linear_only(node.output)) {
      const std::int32_t coarsest = *std::max_element(scales.begin(), scales.end());
      for (QuantId& id : inputs) {
        if (model_.graph.values[id].scale_log2 == std::vector<std::int32_t>{coarsest}) continue;
        VEIL_TRY(aligned, at_scale(node, id, coarsest));
        id = aligned;
      }
      scales = {coarsest};
    }
    const QuantId output = add_value(plan_.values[node.output], std::move(scales));
    finish(node, output);
    add_node(node, std::move(inputs), output, ConcatOp{plan.outer, plan.inner});
    return Done{};
  }

  std::vector<std::int32_t> joined_scales(const std::vector<QuantId>& inputs) const {
    std::vector<std::int32_t> scales;
    for (const QuantId id : inputs) {
      const QuantisedValue& value = model_.graph.values[id];
      for (std::int64_t i = 0; i < value.size; ++i) {
        scales.push_back(value.scale_log2[value.scale_log2.size() == 1 ? 0 : static_cast<std::size_t>(i)]);
      }
    }
    return scales;
  }

  Status add(const PlanNode& node, const PlanScale& plan) {
    const QuantId input = ids_[node.inputs[0]];
    std::vector<std::int32_t> scales = model_.graph.values[input].scale_log2;
    for (std::int32_t& scale : scales) scale += plan.log2;
    const QuantId output = add_value(plan_.values[node.output], std::move(scales));
    full_range_[output] = full_range_[input];
    finish(node, output);
    add_node(node, {input}, output, ScaleOp{});
    return Done{};
  }

  // ---- last steps of classifiers
  Status must_be_last(const PlanNode& node) const {
    if (node.output == plan_.output && consumers_[node.output].empty()) return Done{};
    return Error{"it is supported as the last step only"};
  }

  Status add(const PlanNode& node, const PlanPair&) {
    VEIL_TRY_STATUS(must_be_last(node));
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(scale, one_scale(input));
    const QuantId output = add_value(plan_.values[node.output], {scale});
    finish(node, output);
    add_node(node, {input}, output, PairOp{std::int64_t{1} << -scale});
    return Done{};
  }

  Status add(const PlanNode& node, const PlanSoftmax&) {
    VEIL_TRY_STATUS(must_be_last(node));
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(scale, one_scale(input));
    VEIL_TRY(op, choose_softmax(scale, bits_));
    const QuantId output = add_value(plan_.values[node.output], {-static_cast<std::int32_t>(op.probability_bits)});
    finish(node, output);
    add_node(node, {input}, output, op);
    return Done{};
  }

  const Graph& graph_;
  Plan plan_;
  const Calibration* calibration_;
  const QuantisedGraph* recorded_;
  unsigned bits_;
  std::vector<std::vector<std::size_t>> consumers_;
  std::vector<QuantId> ids_;      // by PlanId
  std::vector<bool> full_range_;  // by QuantId: every signed integer of `bits` bits may occur
  std::map<std::string, int> counts_;
  QuantisedModel model_;
};

struct Prepared {
  Plan plan;
  bool softmax_left_out = false;
};

// Builds and folds the plan as the claim allows.
Result<Prepared> prepare(const Graph& graph, const std::string& claim_words, const std::vector<std::string>& labels) {
  VEIL_CHECK(graph.outputs.size() == 1);
  VEIL_TRY(plan, build_plan(graph));
  Prepared out{std::move(plan), false};
  if (!claim_words.empty()) {
    const OutputNames names{graph.values[graph.outputs[0]].name, out.plan.values[out.plan.output].size, labels};
    VEIL_TRY(claim, parse_claim(claim_words, names));
    if (is_argmax_only(claim)) out.softmax_left_out = drop_final_softmax(out.plan);
  }
  fold_plan(out.plan);
  return out;
}

}  // namespace

Result<QuantisedModel> quantise_at(const Graph& graph, const Calibration& calibration, unsigned bits,
                                   const QuantiseOptions& options) {
  VEIL_CHECK(bits >= 8 && bits <= 16);
  VEIL_TRY(prepared, prepare(graph, options.claim, options.output_labels));
  VEIL_TRY(model, Quantiser(graph, std::move(prepared.plan), &calibration, nullptr, bits).run(options));
  model.softmax_left_out = prepared.softmax_left_out;
  return model;
}

Result<QuantisedModel> requantise(const Graph& graph, const QuantisedGraph& recorded) {
  QuantiseOptions options{recorded.hidden, recorded.claim, {}, recorded.output_labels};
  for (const QuantisedInput& input : recorded.inputs) options.input_labels.push_back(input.labels);
  VEIL_TRY(prepared, prepare(graph, options.claim, options.output_labels));
  const auto bits = static_cast<unsigned>(recorded.bits);
  VEIL_TRY(model, Quantiser(graph, std::move(prepared.plan), nullptr, &recorded, bits).run(options));
  model.softmax_left_out = prepared.softmax_left_out;
  if (quantised_graph_json(model.graph) != quantised_graph_json(recorded)) {
    return Error{
        "the quantised graph is not the one of this model file: another architecture, other scales, or other names"};
  }
  return model;
}

}  // namespace veil
