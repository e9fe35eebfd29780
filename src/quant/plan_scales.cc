#include "quant/plan_scales.h"

#include <algorithm>
#include <cmath>

#include "quant/feature_order.h"
#include "quant/function_choice.h"
#include "quant/view_scales.h"
#include "tensor/fixed_point.h"

namespace veil {

namespace {

// How far beyond what calibration saw a value may go before it saturates. 16 bits have one to spare for rows that
// calibration did not see: on the credit model the largest error on such rows falls from 0.15 to 0.0003 by it.
constexpr unsigned kSparingBits = 14;
double input_head_room(unsigned bits) { return bits >= kSparingBits ? 2.0 : 1.25; }
double result_head_room(unsigned bits) { return bits >= kSparingBits ? 2.0 : 1.1; }

constexpr double kTolerableNoise = 1.0 / 512;  // of one scale for all features, against a result's largest value

// The standard deviation that rounding of the inputs, uniform within half a step, brings to the noisiest result.
double rounding_noise(const PlanEinsum& einsum, const std::vector<std::int32_t>& scales) {
  std::vector<std::int64_t> rows;
  for (const std::int64_t label : einsum.y_axes) {
    if (label < einsum.box_rank) rows.push_back(label);
  }
  std::vector<double> variance(static_cast<std::size_t>(einsum.size_of(rows)), 0.0);
  const std::vector<std::int64_t> row = places_in(einsum, einsum.y_axes, rows);
  const std::vector<std::int64_t> element = places_in(einsum, einsum.y_axes, einsum.x_axes);
  for (std::size_t k = 0; k < einsum.weight.size(); ++k) {
    const double step = std::ldexp(einsum.weight[k], scales[static_cast<std::size_t>(element[k])]);
    variance[static_cast<std::size_t>(row[k])] += step * step / 12;
  }
  return std::sqrt(*std::max_element(variance.begin(), variance.end()));
}

constexpr std::int64_t kLimb = 8;  // a remainder is cut into limbs of so many bits
constexpr std::int64_t kMostProductBits = 52;
constexpr std::int64_t kBitsOfStoredWeights = 16;  // two bytes a weight
constexpr std::int64_t kBitsOfExactWeights = 31;
constexpr std::int64_t kShiftOfExact = 32;  // a float's 24 bits and a sum of 2^8 products

std::int64_t ceil_log2(std::int64_t value) {
  std::int64_t log2 = 0;
  while (log2 < 62 && (std::int64_t{1} << log2) < value) ++log2;
  return log2;
}

}  // namespace

std::int64_t spare_weight_bits(const WeightUse& use) {
  if (use.shift <= 0) return 0;
  const std::int64_t b = use.bits;
  const std::int64_t unused = (kLimb - use.shift % kLimb) % kLimb;
  const std::int64_t product = ceil_log2(use.largest_input) + b - 1 + ceil_log2(use.summands);
  const std::int64_t most = use.rounds ? kBitsOfExactWeights : kBitsOfStoredWeights;
  const std::int64_t wanted = use.rounds && use.shift + unused < kShiftOfExact ? kShiftOfExact - use.shift : unused;
  return std::max<std::int64_t>(0, std::min({wanted, most - b, kMostProductBits - product}));
}

double largest_of(const std::vector<double>& list) {
  double largest = 0;
  for (const double value : list) largest = std::max(largest, std::fabs(value));
  return largest;
}

PlanScales::PlanScales(const Plan& plan, const Calibration* calibration, unsigned bits)
    : plan_(plan),
      calibration_(calibration),
      bits_(bits),
      consumers_(plan_consumers(plan)),
      takes_unsigned_(take_unsigned()),
      only_compared_(only_compared(plan)),
      in_float_order_(calibration != nullptr && !grids_hold_features()) {}

template <class Op>
bool PlanScales::read_only_by(PlanId id) const {
  return id != plan_.output && !consumers_[id].empty() &&
         std::all_of(consumers_[id].begin(), consumers_[id].end(),
                     [&](std::size_t reader) { return std::holds_alternative<Op>(plan_.nodes[reader].op); });
}

bool PlanScales::overflows(PlanId id) const {
  if (calibration_ == nullptr || !plan_.values[id].is_integer) return false;
  const bool known = plan_.values[id].source || plan_.values[id].largest;
  if (!known) return false;
  const RealRange range = real_range(id);
  return range.high > static_cast<double>(limit()) || range.low < -static_cast<double>(limit()) - 1;
}

bool PlanScales::is_cut_off(PlanId id) const { return read_only_by<PlanRelu>(id) || read_only_by<PlanClip>(id); }

std::vector<std::int32_t> PlanScales::placeholder_scales(PlanId id) const {
  return std::vector<std::int32_t>(static_cast<std::size_t>(plan_.values[id].size / plan_.batch));
}

bool PlanScales::feeds_linear_only(PlanId id) const {
  if (id == plan_.output || consumers_[id].empty()) return false;
  return std::all_of(consumers_[id].begin(), consumers_[id].end(), [&](std::size_t reader) {
    const PlanNode& node = plan_.nodes[reader];
    if (const auto* einsum = std::get_if<PlanEinsum>(&node.op)) return has_weight_for_each(*einsum, plan_.batch);
    if (const auto* threshold = std::get_if<PlanThreshold>(&node.op)) return threshold->rows == plan_.batch;
    if (const auto* affine = std::get_if<PlanAffine>(&node.op)) {
      return has_weight_for_each(as_product(*affine), plan_.batch);
    }
    if (const auto* view = std::get_if<PlanView>(&node.op)) {
      return viewed_scales(view_op(*view), plan_.batch, placeholder_scales(id)) && feeds_linear_only(node.output);
    }
    const auto* concat = std::get_if<PlanConcat>(&node.op);
    return concat != nullptr && concat->outer == plan_.batch && concat->inner == 1 && feeds_linear_only(node.output);
  });
}

// Sums and products are bounded by what their inputs may be; tables, quotients and outputs want signed integers.
std::vector<bool> PlanScales::take_unsigned() const {
  std::vector<bool> out(plan_.values.size());
  for (PlanId id = 0; id < out.size(); ++id) out[id] = id != plan_.output && !consumers_[id].empty();
  for (std::size_t i = plan_.nodes.size(); i-- > 0;) {
    const PlanNode& node = plan_.nodes[i];
    const bool adds = std::holds_alternative<PlanEinsum>(node.op) || std::holds_alternative<PlanSum>(node.op);
    const bool passes_on = std::holds_alternative<PlanView>(node.op) || std::holds_alternative<PlanMaximum>(node.op);
    if (adds || (passes_on && out[node.output])) continue;
    for (const PlanId id : node.inputs) out[id] = false;
  }
  return out;
}

std::optional<PlanId> PlanScales::relu_of(PlanId id) const {
  if (!read_only_by<PlanRelu>(id) || consumers_[id].size() != 1) return std::nullopt;
  const PlanId result = plan_.nodes[consumers_[id][0]].output;
  return takes_unsigned_[result] ? std::optional(result) : std::nullopt;
}

std::optional<std::int32_t> PlanScales::forced_scale(PlanId id) const {
  if (plan_.values[id].is_integer) return 0;
  if (!read_only_by<PlanFunction>(id)) return std::nullopt;
  std::optional<SmoothFunction> function;
  for (const std::size_t reader : consumers_[id]) {
    const SmoothFunction next = std::get<PlanFunction>(plan_.nodes[reader].op).function;
    if (function && *function != next) return std::nullopt;
    function = next;
  }
  if (!has_own_scale(*function)) return std::nullopt;
  return static_cast<std::int32_t>(choose_function(*function, bits_).input_scale_log2);
}

std::vector<std::int32_t> PlanScales::input_scales(std::size_t input) const {
  if (is_float_order(plan_.inputs[input])) return {0};
  return grid_scales(input);
}

// Of every input that only decisions of trees read: are all its numbers, as far as calibration saw them, on its grid?
bool PlanScales::grids_hold_features() const {
  for (std::size_t input = 0; input < plan_.inputs.size(); ++input) {
    const PlanId id = plan_.inputs[input];
    if (!only_compared_[id]) continue;
    if (overflows(id)) return false;
    const std::vector<std::int32_t> scales = grid_scales(input);
    const std::vector<std::int32_t>& finest = calibration_->finest_inputs[input];
    for (std::size_t k = 0; k < finest.size(); ++k) {
      if (finest[k] < scales[scales.size() == 1 ? 0 : k]) return false;
    }
  }
  return true;
}

std::vector<std::int32_t> PlanScales::grid_scales(std::size_t input) const {
  const PlanId id = plan_.inputs[input];
  if (plan_.values[id].is_integer) return {0};
  const std::vector<double>& largest = calibration_->largest_inputs[input];
  const double whole = largest_of(largest);
  const auto otherwise = -static_cast<std::int32_t>(bits_ - 1);
  const std::int32_t common = scale_for(whole * input_head_room(bits_), limit(), otherwise);
  if (!feeds_linear_only(id)) return {common};
  std::vector<std::int32_t> scales;
  scales.reserve(largest.size());
  for (const double feature : largest) {
    // A feature that calibration never saw may be anything: the largest range.
    scales.push_back(scale_for((feature == 0 ? whole : feature) * input_head_room(bits_), limit(), otherwise));
  }
  if (!needs_own_scales(id, std::vector<std::int32_t>(scales.size(), common), scales)) return {common};
  return scales;
}

// Features of one unit (pixels) share a scale, so that a value larger than calibration saw is not cut off early. A
// scale for each is worth it where rounding at the common one would be heard in a result: raw tables, with an amount
// of 10^6 beside an age of 50.
bool PlanScales::needs_own_scales(PlanId id, const std::vector<std::int32_t>& same,
                                  const std::vector<std::int32_t>& scales) const {
  return std::any_of(consumers_[id].begin(), consumers_[id].end(), [&](std::size_t reader) {
    const PlanNode& node = plan_.nodes[reader];
    if (std::holds_alternative<PlanThreshold>(node.op)) return true;  // the finest grid costs nothing there
    if (const auto* view = std::get_if<PlanView>(&node.op)) {
      const auto seen = [&](const auto& list) { return *viewed_scales(view_op(*view), plan_.batch, list); };
      return needs_own_scales(node.output, seen(same), seen(scales));
    }
    std::optional<PlanEinsum> einsum;
    if (const auto* product = std::get_if<PlanEinsum>(&node.op)) einsum = *product;
    if (const auto* affine = std::get_if<PlanAffine>(&node.op)) einsum = as_product(*affine);
    if (!einsum) {
      const auto [low, high] = std::minmax_element(scales.begin(), scales.end());
      return *high - *low > 6;  // no weights to judge by: features that differ by more than 2^6
    }
    const double noise = rounding_noise(*einsum, same);
    return noise > kTolerableNoise * real_range(node.output).largest() && rounding_noise(*einsum, scales) < noise / 2;
  });
}

// Does nothing but one softmax read it, or sums that only a softmax reads?
bool PlanScales::feeds_softmax_only(PlanId id) const {
  if (id == plan_.output || consumers_[id].empty()) return false;
  const std::string& softmax = plan_.values[id].softmax;
  return std::all_of(consumers_[id].begin(), consumers_[id].end(), [&](std::size_t reader) {
    const PlanNode& node = plan_.nodes[reader];
    if (!softmax.empty() && node.source == softmax) return true;
    const bool passes_on = std::holds_alternative<PlanSum>(node.op) || std::holds_alternative<PlanView>(node.op);
    return passes_on && node.output > id && feeds_softmax_only(node.output);
  });
}

// Masked scores are far below the others, where exp is zero: they need not be told apart. The room is twice what the
// others need, for rows whose largest score is low.
double PlanScales::largest_logit(PlanId id) const {
  constexpr double kVanishes = 32;
  double needed = 2 * std::fabs(real_range(id).high) + kVanishes;
  for (const std::size_t reader : consumers_[id]) {
    if (plan_.nodes[reader].source == plan_.values[id].softmax) continue;
    for (const PlanId other : plan_.nodes[reader].inputs) {
      if (other != id) needed += std::fabs(real_range(other).high);
    }
  }
  return std::min(real_range(id).largest(), needed);
}

double PlanScales::largest_needed(PlanId id) const {
  const RealRange seen = real_range(id);
  if (feeds_softmax_only(id)) return largest_logit(id);
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

// How large a value may be that nobody looked at, by what its reader gives: a product before a factor or a bias that
// did not fold.
double PlanScales::largest_before(PlanId id, const PlanNode& reader) const {
  double largest = real_range(reader.output).largest();
  for (const PlanId other : reader.inputs) {
    const PlanValue& value = plan_.values[other];  // where neither is known, each would ask for the other
    const bool known = value.source || value.like || value.largest;
    largest += other != id && known ? real_range(other).largest() : 0;
  }
  if (const auto* scale = std::get_if<PlanScale>(&reader.op)) return std::ldexp(largest, -scale->log2);
  const auto* affine = std::get_if<PlanAffine>(&reader.op);
  if (affine == nullptr) return largest;
  largest += largest_of(affine->addend);
  double factor = affine->factor.empty() ? 1.0 : 0.0;
  for (const double each : affine->factor) factor = std::max(factor, std::fabs(each));
  return factor > 0 ? largest / factor : largest;
}

// A value in the middle of an operator has a bound, or one follows from its readers.
RealRange PlanScales::real_range(PlanId id) const {
  const PlanValue& value = plan_.values[id];
  if (value.source) return calibration_->values[*value.source];
  if (value.like) {
    const double most = std::max(calibration_->values[*value.like].largest(), value.largest.value_or(0));
    return RealRange{-most, most};
  }
  if (value.largest) return RealRange{-*value.largest, *value.largest};
  double largest = 0;
  for (const std::size_t reader : consumers_[id]) {
    largest = std::max(largest, largest_before(id, plan_.nodes[reader]));
  }
  return RealRange{-largest, largest};
}

// A function is not asked for beyond the sign that its argument always had: reciprocals and roots have their poles
// there.
IntegerRange PlanScales::integers_of(PlanId id, std::int32_t scale) const {
  const RealRange seen = real_range(id);
  const IntegerRange full = signed_range(bits_);
  const double room = result_head_room(bits_);
  const double low = seen.low < 0 ? seen.low * room : seen.low / room;
  const double high = seen.high > 0 ? seen.high * room : seen.high / room;
  return {*quantise_real(low, scale, full), *quantise_real(high, scale, full)};
}

// Of x near 1 a logarithm is next to nothing, but one step of x changes it by 1 / x steps.
std::int32_t PlanScales::finest_result(SmoothFunction function, PlanId input, std::int32_t input_scale) const {
  constexpr std::int32_t kFinest = -32;  // of a table
  if (function != SmoothFunction::kLog) return kFinest;
  const double largest = std::max(1.0, real_range(input).largest());
  return std::max(kFinest, input_scale - std::ilogb(largest));
}

std::int32_t PlanScales::result_scale(PlanId id, std::int32_t accumulator) const {
  const std::int64_t most = relu_of(id) ? 2 * limit() + 1 : limit();
  return std::max(scale_for(largest_needed(id) * result_head_room(bits_), most, accumulator), accumulator);
}

std::int32_t PlanScales::weight_scale(PlanId output, double largest, std::int32_t input_scale) const {
  const std::int32_t finest = scale_for(largest, limit(), -static_cast<std::int32_t>(bits_ - 1) - input_scale);
  const auto forced = forced_scale(output);
  const std::int32_t result =
      forced ? *forced : scale_for(largest_needed(output) * result_head_room(bits_), limit(), finest + input_scale);
  return std::max(finest, result - input_scale - kMaxAlignShift);
}

}  // namespace veil
