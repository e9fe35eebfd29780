// Plan -> quantised graph and weights: chooses a power-of-two scale for every tensor, or takes the recorded one.
#include "quant/quantise.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/check.h"
#include "base/secret.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "quant/claim.h"
#include "quant/function_choice.h"
#include "quant/plan.h"
#include "quant/plan_scales.h"
#include "quant/view_scales.h"
#include "tensor/float_order.h"

namespace veil {

namespace {

constexpr std::int32_t kMaxDownShift = 40;  // of a rescale
constexpr std::int32_t kBiasExtraBits = 8;
constexpr unsigned kBitsOfExactBias = 32;
constexpr std::int64_t kMaxQuotientShift = 24;  // of a dividend
constexpr std::int32_t kMaxScale = 1100;        // beyond it no double is anything but zero or infinite

bool has_missing(const QuantisedGraph& graph) {
  return std::any_of(graph.values.begin(), graph.values.end(), [](const auto& value) { return value.may_be_missing; });
}

bool uniform(const std::vector<std::int32_t>& scales) {
  return std::all_of(scales.begin(), scales.end(), [&](std::int32_t scale) { return scale == scales[0]; });
}

class Quantiser {
 public:
  Quantiser(const Graph& graph, Plan plan, const Calibration* calibration, const QuantisedGraph* recorded,
            unsigned bits)
      : graph_(graph),
        plan_(std::move(plan)),
        calibration_(calibration),
        recorded_(recorded),
        bits_(bits),
        scales_(plan_, calibration, bits),
        ids_(plan_.values.size()) {
    if (recorded_ != nullptr) scales_.set_float_order(has_float_order(*recorded_));
    missing_ = recorded_ != nullptr ? has_missing(*recorded_) : calibration->missing;
  }

  Result<QuantisedModel> run(const QuantiseOptions& options) {
    QuantisedGraph& out = model_.graph;
    out.bits = bits_;
    out.hidden = options.hidden;
    out.claim = options.claim;
    out.batch = graph_.batch;
    VEIL_TRY_STATUS(add_inputs(options));
    for (const PlanNode& node : plan_.nodes) {
      auto status = scales_.overflows(node.output) && !scales_.is_float_order(node.output)
                        ? Status(Error{"its whole numbers do not fit " + std::to_string(bits_) + " bits"})
                        : std::visit([&](const auto& op) { return add(node, op); }, node.op);
      if (!status) return Error{node.source + " cannot be quantised: " + status.error().message};
    }
    out.output = ids_[plan_.output];
    const GraphValue& output = graph_.values[graph_.outputs[0]];
    out.output_name = output.name;
    out.output_shape = output.shape;
    out.output_labels = options.output_labels;
    const auto labels = static_cast<std::int64_t>(out.output_labels.size());
    const std::int64_t elements = out.values[out.output].size / out.batch;
    if (labels != 0 && labels != elements) {
      return Error{"there are " + std::to_string(labels) + " names of classes, but the output has " +
                   std::to_string(elements) + (elements == 1 ? " element" : " elements")};
    }
    return std::move(model_);
  }

 private:
  // ---- the pieces of the result
  IntegerRange range() const { return signed_range(bits_); }
  std::int64_t limit() const { return range().high; }

  static bool has_float_order(const QuantisedGraph& graph) {
    return std::any_of(graph.values.begin(), graph.values.end(), [](const auto& value) { return value.float_order; });
  }

  // Of floats in order, all that come before EndsOp.
  void mark_order(PlanId id, QuantId value, bool is_end) {
    model_.graph.values[value].float_order = scales_.is_float_order(id);
    model_.graph.values[value].may_be_missing = missing_ && !is_end && scales_.is_float_order(id);
  }

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

  void finish(const PlanNode& node, QuantId output) {
    ids_[node.output] = output;
    mark_order(node.output, output, std::holds_alternative<PlanEnds>(node.op));
  }

  // Quantises a constant at the scale that `propose` finds, unless one is recorded.
  Result<std::int32_t> model_scale(std::int32_t proposal) const {
    if (recorded_ == nullptr) return proposal;
    const std::size_t next = model_.graph.model.size();
    if (next >= recorded_->model.size()) return Error{"the recorded graph has fewer weights than the model file gives"};
    return recorded_->model[next].scale_log2;
  }
  // Of a weight, which may be wider than activations (plan_scales.h). To be asked after its scale.
  unsigned weight_bits(std::int64_t spare) const {
    if (recorded_ == nullptr) return bits_ + static_cast<unsigned>(spare);
    return static_cast<unsigned>(recorded_->model[model_.graph.model.size()].bits);
  }
  void add_model(QuantisedNode& node, const char* what, const std::vector<double>& data, unsigned bits,
                 std::int32_t scale) {
    model_.graph.model.push_back(
        ModelTensor{node.name + "/" + what, static_cast<std::int64_t>(data.size()), bits, scale});
    std::vector<std::int64_t> integers;
    integers.reserve(data.size());
    for (const double value : data) integers.push_back(*quantise_real(value, scale, signed_range(bits)));
    model_.weights.tensors.emplace_back(integers);
    wipe(integers.data(), integers.size() * sizeof(std::int64_t));
    node.model.push_back(static_cast<ModelId>(model_.graph.model.size() - 1));
  }

  // ---- inputs
  Status add_inputs(const QuantiseOptions& options) {
    for (std::size_t i = 0; i < plan_.inputs.size(); ++i) {
      const GraphValue& value = graph_.values[graph_.inputs[i]];
      if (value.type == ElementType::kOther) {
        return Error{"input " + quoted(value.name) + " has an element type that is not supported"};
      }
      VEIL_TRY(scales, input_scales(i));
      const PlanId plan_id = plan_.inputs[i];
      const QuantId id = add_value(plan_.values[plan_id], scales);
      full_range_[id] = true;
      mark_order(plan_id, id, false);
      ids_[plan_id] = id;
      QuantisedInput input{id, value.shape, {}};
      if (i < options.input_labels.size()) input.labels = options.input_labels[i];
      const std::size_t elements = size_of(value.shape) / static_cast<std::size_t>(graph_.batch);
      if (!input.labels.empty() && input.labels.size() != elements) {
        return Error{"input " + quoted(value.name) + " has " + std::to_string(elements) + " elements, but " +
                     std::to_string(input.labels.size()) + " names"};
      }
      model_.graph.inputs.push_back(std::move(input));
    }
    return Done{};
  }

  Result<std::vector<std::int32_t>> input_scales(std::size_t input) const {
    if (recorded_ == nullptr) return scales_.input_scales(input);
    if (input >= recorded_->values.size()) return Error{"the recorded graph has fewer inputs than the model file"};
    return recorded_->values[input].scale_log2;
  }

  // ---- scales of results
  // The scale of a rescaled result whose accumulator has scale `accumulator`: never finer than that, unless forced.
  Result<std::int32_t> result_scale(PlanId id, std::int32_t accumulator) {
    if (const auto forced = scales_.forced_scale(id)) return *forced;
    return free_scale(id, accumulator);
  }

  Result<std::int32_t> free_scale(PlanId id, std::int32_t accumulator) {
    return value_scale(recorded_ != nullptr ? 0 : scales_.result_scale(id, accumulator));
  }

  Result<std::int32_t> one_scale(QuantId id) const {
    const std::vector<std::int32_t>& scales = model_.graph.values[id].scale_log2;
    if (scales.size() != 1)
      return Error{"its input has a scale for each element, which only a matrix product can take"};
    return scales[0];
  }

  static Status check_finite(std::initializer_list<const std::vector<double>*> lists) {
    for (const std::vector<double>* list : lists) {
      if (std::all_of(list->begin(), list->end(), [](double value) { return std::isfinite(value); })) continue;
      return Error{"one of its constants is infinite or no number"};
    }
    return Done{};
  }

  struct Shifts {
    std::int64_t up = 0, down = 0;
  };
  static Result<Shifts> shifts_between(std::int32_t accumulator, std::int32_t result) {
    Shifts shifts;
    (result >= accumulator ? shifts.down : shifts.up) = std::abs(result - accumulator);
    if (shifts.down > kMaxDownShift || shifts.up > kMaxAlignShift) return Error{"its scales are too far apart"};
    return shifts;
  }

  // A product's or a sum's: that of the Relu behind it, where the rescale is one.
  QuantId add_linear_result(const PlanNode& node, std::int32_t scale, std::int64_t& relu) {
    const auto result = scales_.relu_of(node.output);
    if (!result) return add_result(node, scale);
    const QuantId id = add_value(plan_.values[*result], {scale});
    relu = 1;
    ids_[*result] = id;
    relu_done_.insert(*result);
    finish(node, id);
    return id;
  }

  QuantId add_result(const PlanNode& node, std::int32_t scale) {
    const QuantId id = add_value(plan_.values[node.output], {scale});
    full_range_[id] = true;
    model_.cut_off[id] = scales_.is_cut_off(node.output);
    finish(node, id);
    return id;
  }

  // ---- sums of products
  Status add(const PlanNode& node, const PlanEinsum& plan) {
    VEIL_TRY_STATUS(check_finite({&plan.weight, &plan.bias}));
    std::vector<QuantId> inputs;
    for (const PlanId id : node.inputs) inputs.push_back(ids_[id]);
    const std::vector<std::int32_t>& scales = model_.graph.values[inputs[0]].scale_log2;
    if (scales.size() != 1 && !has_weight_for_each(plan, graph_.batch)) {
      return Error{"its input has a scale for each element, but it is no plain product"};
    }
    EinsumOp op = product_op(plan);
    std::int32_t accumulator = scales.size() == 1 ? scales[0] : 0;
    std::vector<double> weight;
    std::int32_t weight_scale = 0;
    if (plan.has_weight) {
      weight = scaled_weight(plan, scales);
      const std::int32_t proposal =
          recorded_ != nullptr ? 0 : scales_.weight_scale(node.output, largest_of(weight), accumulator);
      VEIL_TRY(chosen, model_scale(proposal));
      weight_scale = chosen;
      accumulator += weight_scale;
    } else if (inputs.size() == 2) {
      VEIL_TRY(second, one_scale(inputs[1]));
      accumulator += second;
    }
    VEIL_TRY(scale, result_scale(node.output, accumulator));
    const WeightUse use{bits_, 0, summands(plan), largest_integer(inputs[0]), plan.rounds};
    const unsigned bits = plan.has_weight ? refine_weight(use, scale, weight_scale, accumulator) : bits_;
    VEIL_TRY(shifts, shifts_between(accumulator, scale));
    op.up_shift = shifts.up;
    op.shift = shifts.down;
    const QuantId output = add_linear_result(node, scale, op.relu);
    QuantisedNode& out = add_node(node, std::move(inputs), output, op);
    if (plan.has_weight) add_model(out, "weight", weight, bits, weight_scale);
    if (plan.bias.empty()) return Done{};
    const unsigned bias_bits = plan.rounds ? kBitsOfExactBias : bits_ + kBiasExtraBits;
    VEIL_TRY(bias_shift, add_addend(out, "bias", plan.bias, std::min(accumulator, scale), bias_bits));
    std::get<EinsumOp>(out.op).bias_shift = bias_shift;
    return Done{};
  }

  static EinsumOp product_op(const PlanEinsum& plan) {
    EinsumOp op;
    op.lengths = plan.lengths;
    op.box_rank = plan.box_rank;
    op.x_axes = plan.x_axes;
    op.y_axes = plan.y_axes;
    op.bias_axes = plan.bias_axes;
    op.has_weight = plan.has_weight ? 1 : 0;
    op.has_bias = plan.bias.empty() ? 0 : 1;
    return op;
  }

  // Makes a weight, and the accumulator with it, finer (plan_scales.h); gives the weight's bits.
  unsigned refine_weight(WeightUse use, std::int32_t result, std::int32_t& weight, std::int32_t& accumulator) const {
    use.bits = bits_;
    use.shift = result - accumulator;
    const std::int64_t spare = recorded_ != nullptr ? 0 : spare_weight_bits(use);
    const unsigned bits = weight_bits(spare);
    weight -= static_cast<std::int32_t>(spare);
    accumulator -= static_cast<std::int32_t>(spare);
    return bits;
  }

  // By magnitude: what a Clip leaves, or all integers there are.
  std::int64_t largest_integer(QuantId id) const {
    const auto made = [&](const QuantisedNode& node) { return node.output == id; };
    const auto& nodes = model_.graph.nodes;
    const auto found = std::find_if(nodes.rbegin(), nodes.rend(), made);
    const std::int64_t all = 2 * (limit() + 1);  // unsigned, where a rescale is a Relu
    if (found == nodes.rend()) return limit() + 1;
    if (const auto* clip = std::get_if<ClipOp>(&found->op)) return std::max(std::abs(clip->low), std::abs(clip->high));
    const auto* view = std::get_if<ViewOp>(&found->op);
    return view != nullptr ? std::max(largest_integer(found->inputs[0]), std::abs(view->fill)) : all;
  }

  static std::int64_t summands(const PlanEinsum& plan) {
    std::int64_t count = 1;
    for (auto label = static_cast<std::size_t>(plan.box_rank); label < plan.lengths.size(); ++label) {
      count *= plan.lengths[label];
    }
    return count;
  }

  // Weights on integers: W 2^(scale of x's element), or W itself where all elements have one scale.
  static std::vector<double> scaled_weight(const PlanEinsum& plan, const std::vector<std::int32_t>& scales) {
    std::vector<double> weight = plan.weight;
    if (scales.size() == 1) return weight;
    const std::vector<std::int64_t> element = places_in(plan, plan.y_axes, plan.x_axes);
    for (std::size_t k = 0; k < weight.size(); ++k) {
      weight[k] = std::ldexp(weight[k], scales[static_cast<std::size_t>(element[k])]);
    }
    return weight;
  }

  // A constant that is added to an accumulator of scale `accumulator`: how far it is shifted up.
  Result<std::int64_t> add_addend(QuantisedNode& node, const char* what, const std::vector<double>& data,
                                  std::int32_t accumulator, unsigned bits) {
    const std::int32_t finest = scale_for(largest_of(data), signed_range(bits).high, accumulator);
    VEIL_TRY(scale, model_scale(std::max(finest, accumulator)));
    if (scale < accumulator || scale > accumulator + kMaxDownShift)
      return Error{"its constants are of too extreme a scale"};
    add_model(node, what, data, bits, scale);
    return std::int64_t{scale - accumulator};
  }

  // ---- elementwise
  Status add(const PlanNode& node, const PlanAffine& plan) {
    VEIL_TRY_STATUS(check_finite({&plan.factor, &plan.addend}));
    const QuantId input = ids_[node.inputs[0]];
    const bool has_factor = !plan.factor.empty();
    if (has_factor && model_.graph.values[input].scale_log2.size() != 1) return add(node, as_product(plan));
    VEIL_TRY(input_scale, one_scale(input));
    std::int32_t accumulator = input_scale;
    if (has_factor) {
      VEIL_TRY(chosen, model_scale(scale_for(largest_of(plan.factor), limit(), -static_cast<std::int32_t>(bits_ - 1))));
      accumulator += chosen;
    } else {
      // A small constant may be finer than the input, up to as many bits as it has itself.
      VEIL_TRY(scale,
               model_scale(scale_for(largest_of(plan.addend), signed_range(bits_ + kBiasExtraBits).high, input_scale)));
      const std::int32_t finest = plan_.values[node.output].is_integer ? input_scale : input_scale - kBiasExtraBits;
      accumulator = std::clamp(scale, finest, input_scale);
    }
    VEIL_TRY(scale, result_scale(node.output, accumulator));
    std::int32_t factor_scale = accumulator - input_scale;
    const WeightUse use{bits_, 0, 1, largest_integer(input), false};
    const unsigned bits = has_factor ? refine_weight(use, scale, factor_scale, accumulator) : bits_;
    VEIL_TRY(shifts, shifts_between(accumulator, scale));
    EinsumOp op = product_op(as_product(plan));
    op.up_shift = shifts.up + (has_factor ? 0 : input_scale - accumulator);
    op.shift = shifts.down;
    const QuantId output = add_linear_result(node, scale, op.relu);
    QuantisedNode& out = add_node(node, {input}, output, op);
    if (has_factor) add_model(out, "factor", plan.factor, bits, factor_scale);
    if (plan.addend.empty()) return Done{};
    VEIL_TRY(addend_shift,
             add_addend(out, "addend", plan.addend, std::min(accumulator, scale), bits_ + kBiasExtraBits));
    std::get<EinsumOp>(out.op).bias_shift = addend_shift;
    return Done{};
  }

  // Inputs of the same numbers at their common finest scale; coefficients +-2^k.
  struct Aligned {
    std::vector<QuantId> inputs;
    std::int32_t finest = 0;
    std::vector<std::int64_t> coefficients;
  };
  Result<Aligned> aligned(const PlanNode& node, const std::vector<int>& coefficients, bool with_units) const {
    Aligned out;
    std::vector<std::int32_t> scales;
    for (const PlanId id : node.inputs) {
      out.inputs.push_back(ids_[id]);
      VEIL_TRY(scale, one_scale(out.inputs.back()));
      scales.push_back(scale);
    }
    out.finest = *std::min_element(scales.begin(), scales.end());
    if (with_units) out.finest = std::min(out.finest, 0);
    for (std::size_t i = 0; i < scales.size(); ++i) {
      const std::int64_t up = scales[i] - out.finest;
      if (up > kMaxAlignShift) return Error{"the scales of what it adds are too far apart"};
      out.coefficients.push_back(coefficients[i] * (std::int64_t{1} << up));
    }
    return out;
  }

  // What is so fine beside another summand that it cannot be aligned with it, as a state that is always zero, is
  // brought to a scale that can.
  Status coarsen_inputs(const PlanNode& node) {
    std::int32_t coarsest = -kMaxScale;
    for (const PlanId id : node.inputs) {
      VEIL_TRY(scale, one_scale(ids_[id]));
      coarsest = std::max(coarsest, scale);
    }
    const std::int32_t finest = coarsest - kMaxAlignShift;
    for (const PlanId id : node.inputs) {
      VEIL_TRY(scale, one_scale(ids_[id]));
      if (scale >= finest || finest - scale > kMaxDownShift) continue;
      VEIL_TRY(moved, at_scale(node, ids_[id], finest));
      ids_[id] = moved;
    }
    return Done{};
  }

  Status add(const PlanNode& node, const PlanSum& plan) {
    VEIL_TRY_STATUS(coarsen_inputs(node));
    VEIL_TRY(sum, aligned(node, plan.coefficients, plan.constant != 0));
    VEIL_TRY(scale, result_scale(node.output, sum.finest));
    VEIL_TRY(shifts, shifts_between(sum.finest, scale));
    SumOp op{sum.coefficients, 0, shifts.down};
    for (std::int64_t& coefficient : op.coefficients) coefficient *= std::int64_t{1} << shifts.up;
    if (plan.constant != 0) {
      if (shifts.up - sum.finest > kMaxAlignShift) return Error{"the scales of what it adds are too far apart"};
      op.constant = plan.constant * (std::int64_t{1} << (shifts.up - sum.finest));
    }
    const QuantId output = add_linear_result(node, scale, op.relu);
    add_node(node, std::move(sum.inputs), output, std::move(op));
    return Done{};
  }

  Status add(const PlanNode& node, const PlanStep& plan) {
    VEIL_TRY(sum, aligned(node, plan.coefficients, false));
    const QuantId output = add_value(plan_.values[node.output], {0});
    finish(node, output);
    add_node(node, std::move(sum.inputs), output, StepOp{sum.coefficients, 0});
    return Done{};
  }

  // Inputs are brought to the coarser of their scales.
  Status add(const PlanNode& node, const PlanMaximum& plan) {
    std::vector<QuantId> inputs{ids_[node.inputs[0]], ids_[node.inputs[1]]};
    VEIL_TRY(first, one_scale(inputs[0]));
    VEIL_TRY(second, one_scale(inputs[1]));
    const std::int32_t scale = std::max(first, second);
    for (QuantId& id : inputs) {
      VEIL_TRY(same, one_scale(id));
      if (same == scale) continue;
      VEIL_TRY(moved, at_scale(node, id, scale));
      id = moved;
    }
    const QuantId output = add_value(plan_.values[node.output], {scale});
    finish(node, output);
    add_node(node, std::move(inputs), output, MaximumOp{plan.minimum ? 1 : 0});
    return Done{};
  }

  // floor(x): half a unit is taken off before rounding half up.
  Status add(const PlanNode& node, const PlanFloor&) {
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(scale, one_scale(input));
    if (scale > kMaxAlignShift || -scale > kMaxDownShift) return Error{"its scale is too extreme"};
    const QuantId output = add_result(node, 0);
    SumOp op{{std::int64_t{1} << std::max(scale, 0)}, 0, -std::min(scale, 0)};
    if (op.shift > 0) op.constant = -(std::int64_t{1} << (op.shift - 1));
    add_node(node, {input}, output, std::move(op));
    return Done{};
  }

  Status add(const PlanNode&, const PlanRound&) { return Error{"its rounding has no place"}; }

  // The divisor is cut off below its least positive integer; the dividend is shifted up to the quotient's scale.
  Status add(const PlanNode& node, const PlanDivide& plan) {
    QuantId dividend = ids_[node.inputs[0]];
    VEIL_TRY(below, one_scale(ids_[node.inputs[1]]));
    VEIL_TRY(given, one_scale(dividend));
    // The dividend is only ever shifted up: one that is finer than the divisor is rounded first.
    const std::int32_t above = plan.floor ? std::max(given, below) : given;
    if (above != given) {
      VEIL_TRY(rounded, at_scale(node, dividend, above));
      dividend = rounded;
    }
    const PlanValue& divisor_value = plan_.values[node.inputs[1]];
    const QuantId divisor =
        add_value(PlanValue{divisor_value.name + " (at least one unit)", divisor_value.size}, {below});
    add_node(node, {ids_[node.inputs[1]]}, divisor, ClipOp{1, range().high});
    const std::int32_t finest = above - below - static_cast<std::int32_t>(kMaxQuotientShift);
    VEIL_TRY(scale, result_scale(node.output, finest));
    const std::int64_t up = std::int64_t{above} - below - scale;
    if (up < 0 || up > kMaxQuotientShift) return Error{"its scales are too far apart"};
    const QuantId output = add_result(node, scale);
    add_node(node, {dividend, divisor}, output, DivideOp{up, plan.floor ? 1 : 0});
    return Done{};
  }

  // x <= t where the feature's integer is below this one.
  double first_above(double threshold, std::int32_t scale, bool float_order) const {
    if (float_order) return static_cast<double>(order_above(threshold));
    const double first = std::floor(std::ldexp(threshold, -scale)) + 1;
    return std::clamp(first, static_cast<double>(range().low), static_cast<double>(range().high + 1));
  }

  // x 2^s <= t where x < floor(t 2^-s) + 1: exact at every integer x of the feature's own scale s.
  Status add(const PlanNode& node, const PlanThreshold& plan) {
    const QuantId input = ids_[node.inputs[0]];
    const std::vector<std::int32_t> scales = model_.graph.values[input].scale_log2;
    const bool in_order = model_.graph.values[input].float_order;
    if (scales.size() != 1 && plan.rows != graph_.batch) return Error{"its rows have a scale for each element"};
    const std::size_t features = static_cast<std::size_t>(plan.features);
    std::vector<double> selection(plan.feature.size() * features, 0.0), least(plan.feature.size());
    for (std::size_t m = 0; m < plan.feature.size(); ++m) {
      const auto feature = static_cast<std::size_t>(plan.feature[m]);
      const std::int32_t scale = scales[scales.size() == 1 ? 0 : feature];
      selection[m * features + feature] = 1;
      least[m] = -first_above(plan.threshold[m], scale, in_order);
    }
    const QuantId output = add_value(plan_.values[node.output], {0});
    finish(node, output);
    std::vector<QuantId> inputs{input};
    QuantisedOp op = ThresholdOp{plan.rows, plan.features};
    if (plan.places > 0) {
      inputs.push_back(ids_[node.inputs[1]]);
      const std::int64_t comparisons = std::ssize(plan.feature) / (plan.places * plan.trees);
      op = PathThresholdOp{plan.rows, plan.places, comparisons, plan.trees, plan.features};
    }
    QuantisedNode& out = add_node(node, std::move(inputs), output, std::move(op));
    if (recorded_ == nullptr && !in_order) add_merged_thresholds(node, plan, scales, model_.merged_thresholds);
    add_model(out, "selection", selection, 2, 0);
    add_model(out, "threshold", least, (in_order ? kFloatOrderBits : bits_) + 2, 0);
    return Done{};
  }

  Status add(const PlanNode& node, const PlanEnds& plan) {
    const QuantId output = add_value(plan_.values[node.output], {0});
    finish(node, output);
    add_node(node, {ids_[node.inputs[0]]}, output, EndsOp{plan.rows, plan.features});
    return Done{};
  }

  Status add(const PlanNode& node, const PlanConstant& plan) {
    VEIL_TRY_STATUS(check_finite({&plan.data}));
    const PlanValue& value = plan_.values[node.output];
    // No finer than anything it could meet: tiny numbers beside others are zero.
    const auto least = -static_cast<std::int32_t>(bits_ + kBiasExtraBits);
    const std::int32_t finest =
        value.is_integer ? 0 : std::max(scale_for(largest_of(plan.data), limit(), least), least);
    VEIL_TRY(scale, model_scale(finest));
    if (value.is_integer && scale != 0) return Error{"its whole numbers have another scale than 1"};
    const QuantId output = add_value(value, {scale});
    finish(node, output);
    QuantisedNode& out = add_node(node, {}, output, ConstantOp{});
    add_model(out, "values", plan.data, bits_, scale);
    return Done{};
  }

  Status add(const PlanNode& node, const PlanView& plan) {
    const QuantId input = ids_[node.inputs[0]];
    std::vector<std::int32_t> scales = model_.graph.values[input].scale_log2;
    ViewOp op = view_op(plan);
    if (scales.size() == 1) {
      op.fill = *quantise_real(plan.fill, scales[0], range());
    } else {
      auto viewed = viewed_scales(op, plan_.batch, scales);
      if (!viewed) return Error{"its input has a scale for each element, and it is not a move within rows"};
      scales = std::move(*viewed);
    }
    const QuantId output = add_value(plan_.values[node.output], std::move(scales));
    full_range_[output] = full_range_[input];
    finish(node, output);
    add_node(node, {input}, output, op);
    return Done{};
  }

  Status add(const PlanNode& node, const PlanRelu&) {
    if (relu_done_.count(node.output) != 0) return Done{};
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
    // A slope beyond 1 may need a coarser scale; a finer one is not worth its saturation, unless a table asks for it.
    const std::int64_t exact = scale - op.fraction_bits;  // of the product before rounding
    const auto forced = scales_.forced_scale(node.output);
    const bool reachable = forced && *forced >= exact && *forced <= exact + kMaxDownShift;
    VEIL_TRY(result, reachable ? Result<std::int32_t>(*forced) : free_scale(node.output, scale));
    op.shift = result - exact;
    if (op.shift < 0 || op.shift > kMaxDownShift) return Error{"its scales are too far apart"};
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

  Status add(const PlanNode& node, const PlanFunction& plan) {
    if (has_own_scale(plan.function)) return add_fixed(node, plan);
    const QuantId input = ids_[node.inputs[0]];
    VEIL_TRY(input_scale, one_scale(input));
    const std::int32_t finest =
        recorded_ != nullptr ? 0 : scales_.finest_result(plan.function, node.inputs[0], input_scale);
    VEIL_TRY(scale, free_scale(node.output, finest));
    VEIL_TRY(table, table_for(plan, node.inputs[0], input_scale, scale));
    const QuantId output = add_value(plan_.values[node.output], {scale});
    full_range_[output] = true;
    finish(node, output);
    add_node(node, {input}, output, function_op(table));
    return Done{};
  }

  // The table with the fewest rows for what calibration saw, or the recorded one.
  Result<PieceParameters> table_for(const PlanFunction& plan, PlanId input, std::int32_t input_scale,
                                    std::int32_t scale) const {
    const auto fixed = [](double parameter) { return std::llround(std::ldexp(parameter, kParameterFraction)); };
    const std::int64_t alpha = fixed(plan.alpha);
    const std::int64_t gamma = fixed(plan.gamma);
    if (recorded_ == nullptr) {
      const IntegerRange seen = scales_.integers_of(input, input_scale);
      VEIL_TRY(choice, choose_table({plan.function, alpha, gamma, seen.low, seen.high, input_scale, scale, bits_}));
      return choice.parameters;
    }
    const std::size_t next = model_.graph.nodes.size();
    const auto* op = next < recorded_->nodes.size() ? std::get_if<FunctionOp>(&recorded_->nodes[next].op) : nullptr;
    const Error error{"the recorded graph has another table here"};
    if (op == nullptr || op->alpha != alpha || op->gamma != gamma) return error;
    if (op->function != static_cast<std::int64_t>(plan.function) || op->input_scale_log2 != input_scale ||
        op->output_scale_log2 != scale || op->output_bits != static_cast<std::int64_t>(bits_) ||
        op->key_bits + op->low_bits != static_cast<std::int64_t>(bits_)) {
      return error;
    }
    return table_of(*op);
  }

  // The table wants exactly its scale and all integers of its domain; else a rescale goes in between.
  Status add_fixed(const PlanNode& node, const PlanFunction& plan) {
    const PieceParameters p = choose_function(plan.function, bits_);
    VEIL_TRY(input, at_scale(node, ids_[node.inputs[0]], static_cast<std::int32_t>(p.input_scale_log2)));
    const QuantId output = add_value(plan_.values[node.output], {static_cast<std::int32_t>(p.output_scale_log2)});
    finish(node, output);
    add_node(node, {input}, output, function_op(p));
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
    add_node(node, {input}, output, SumOp{{std::int64_t{1} << shifts.up}, 0, shifts.down});
    return output;
  }

  // ---- views
  Status add(const PlanNode& node, const PlanConcat& plan) {
    std::vector<QuantId> inputs;
    for (const PlanId id : node.inputs) inputs.push_back(ids_[id]);
    std::vector<std::int32_t> scales = joined_scales(plan, inputs);
    if (!uniform(scales) && !scales_.feeds_linear_only(node.output)) {
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

  // Of one of the outer parts, which are the rows of a batch wherever an input has several scales.
  std::vector<std::int32_t> joined_scales(const PlanConcat& plan, const std::vector<QuantId>& inputs) const {
    std::vector<std::int32_t> scales;
    for (const QuantId id : inputs) {
      const QuantisedValue& value = model_.graph.values[id];
      for (std::int64_t i = 0; i < value.size / plan.outer; ++i) {
        scales.push_back(value.scale_log2[static_cast<std::size_t>(i) % value.scale_log2.size()]);
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
    if (node.output == plan_.output && scales_.is_unread(node.output)) return Done{};
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
  PlanScales scales_;
  std::vector<QuantId> ids_;      // by PlanId
  bool missing_ = false;          // floats in order may be missing
  std::vector<bool> full_range_;  // by QuantId: every signed integer of `bits` bits may occur
  std::set<PlanId> relu_done_;    // results that a rescale gives
  std::map<std::string, int> counts_;
  QuantisedModel model_;
};

bool scales_are_bounded(const QuantisedGraph& graph) {
  const auto bounded = [](std::int32_t scale) { return scale >= -kMaxScale && scale <= kMaxScale; };
  for (const QuantisedValue& value : graph.values) {
    if (value.scale_log2.empty() || !std::all_of(value.scale_log2.begin(), value.scale_log2.end(), bounded))
      return false;
  }
  return std::all_of(graph.model.begin(), graph.model.end(),
                     [&](const ModelTensor& tensor) { return bounded(tensor.scale_log2); });
}

struct Prepared {
  Plan plan;
  bool softmax_left_out = false;
};

// Builds and folds the plan as the claim allows.
Result<Prepared> prepare(const Graph& graph, const std::string& claim_words, const std::vector<std::string>& labels,
                         bool missing) {
  VEIL_CHECK(graph.outputs.size() == 1);
  VEIL_TRY(plan, build_plan(graph));
  Prepared out{std::move(plan), false};
  if (!claim_words.empty()) {
    const OutputNames names{graph.values[graph.outputs[0]].name, out.plan.values[out.plan.output].size / graph.batch,
                            labels, graph.batch};
    VEIL_TRY(claim, parse_claim(claim_words, names));
    if (is_argmax_only(claim)) out.softmax_left_out = drop_final_softmax(out.plan);
  }
  drop_ends(out.plan, missing);
  fold_plan(out.plan);
  return out;
}

}  // namespace

Result<QuantisedModel> quantise_at(const Graph& graph, const Calibration& calibration, unsigned bits,
                                   const QuantiseOptions& options) {
  VEIL_CHECK(bits >= 8 && bits <= 16);
  VEIL_TRY(prepared, prepare(graph, options.claim, options.output_labels, calibration.missing));
  VEIL_TRY(model, Quantiser(graph, std::move(prepared.plan), &calibration, nullptr, bits).run(options));
  model.softmax_left_out = prepared.softmax_left_out;
  return model;
}

Result<QuantisedModel> requantise(const Graph& graph, const QuantisedGraph& recorded) {
  if (!scales_are_bounded(recorded)) return Error{"the quantised graph has a scale beyond all numbers"};
  QuantiseOptions options{recorded.hidden, recorded.claim, {}, recorded.output_labels};
  for (const QuantisedInput& input : recorded.inputs) options.input_labels.push_back(input.labels);
  VEIL_TRY(prepared, prepare(graph, options.claim, options.output_labels, has_missing(recorded)));
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
