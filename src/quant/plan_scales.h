// Which power-of-two scale each tensor of a plan should have, from what the float model did on the calibration rows and
// from who reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "quant/calibrate.h"
#include "quant/plan.h"
#include "quant/quantise.h"
#include "tensor/fixed_point.h"

namespace veil {

inline constexpr std::int32_t kMaxAlignShift = 30;  // of an alignment, and what a rescale is planned with

// Neighbouring thresholds that the scales (one, or one a feature) cannot tell apart, appended up to a bound.
void add_merged_thresholds(const PlanNode& node, const PlanThreshold& plan, const std::vector<std::int32_t>& scales,
                           std::vector<MergedThresholds>& merged);

double largest_of(const std::vector<double>& list);  // by magnitude; 0 of an empty list

// How a weight meets a rescale.
struct WeightUse {
  unsigned bits = 16;  // that it has anyway
  std::int64_t shift = 0, summands = 1, largest_input = 0;
  bool rounds = false;  // to whole numbers, of a quantised model
};

// How many bits more a weight should have. The remainder of a rescale is cut into bytes, so that a shift of 9 costs
// what one of 16 does: bits up to there cost nothing in a proof, and channels whose weights are small beside the
// largest are kept by them (docs/decisions/033). Rounding to whole numbers must not be seen, and has a byte more.
std::int64_t spare_weight_bits(const WeightUse& use);

// The plan must outlive it. Without calibration only the questions about readers may be asked.
class PlanScales {
 public:
  PlanScales(const Plan& plan, const Calibration* calibration, unsigned bits);

  // ---- readers
  bool is_unread(PlanId id) const { return consumers_[id].empty(); }
  // Scales that differ by element can be folded into a Linear's columns, through concats.
  bool feeds_linear_only(PlanId id) const;
  // Whole numbers that calibration saw beyond the integers there are.
  bool overflows(PlanId id) const;
  // What lies beyond the range of a value does not matter to its readers: a ReLU or a clip cuts it off.
  bool is_cut_off(PlanId id) const;
  // Its only reader is a Relu, and what that gives may be as large as unsigned integers are: the Relu is where the
  // rescale saturates. Gives the Relu's result.
  std::optional<PlanId> relu_of(PlanId id) const;
  // All readers are the same smooth function: its table fixes the scale.
  std::optional<std::int32_t> forced_scale(PlanId id) const;

  // Does it stand for floats in order? As recorded, or where a grid of the bits does not hold every number of an input
  // that calibration saw: that is known without the thresholds, which the public choice must not tell.
  bool is_float_order(PlanId id) const { return in_float_order_ && only_compared_[id]; }
  void set_float_order(bool recorded) { in_float_order_ = recorded; }

  // ---- proposals
  // One, or one for each element of a row.
  std::vector<std::int32_t> input_scales(std::size_t input) const;
  // Of a rescaled result whose accumulator has scale `accumulator`: never finer than that.
  std::int32_t result_scale(PlanId id, std::int32_t accumulator) const;
  // The finest scale that a function's result can use.
  std::int32_t finest_result(SmoothFunction function, PlanId input, std::int32_t input_scale) const;
  // The integers of a value that calibration saw, with room to spare, at this scale.
  IntegerRange integers_of(PlanId id, std::int32_t scale) const;
  // The finest that holds the weights, but not so fine that the rescale would shift everything away.
  std::int32_t weight_scale(PlanId output, double largest, std::int32_t input_scale) const;

 private:
  template <class Op>
  bool read_only_by(PlanId id) const;
  bool needs_own_scales(PlanId id, const std::vector<std::int32_t>& same,
                        const std::vector<std::int32_t>& scales) const;
  std::vector<std::int32_t> placeholder_scales(PlanId id) const;  // one for each element of a row
  bool feeds_softmax_only(PlanId id) const;
  std::vector<bool> take_unsigned() const;
  std::vector<std::int32_t> grid_scales(std::size_t input) const;
  bool grids_hold_features() const;
  double largest_logit(PlanId id) const;
  double largest_needed(PlanId id) const;
  RealRange real_range(PlanId id) const;
  double largest_before(PlanId id, const PlanNode& reader) const;
  std::int64_t limit() const { return (std::int64_t{1} << (bits_ - 1)) - 1; }

  const Plan& plan_;
  const Calibration* calibration_;
  unsigned bits_;
  std::vector<std::vector<std::size_t>> consumers_;
  std::vector<bool> takes_unsigned_;  // by PlanId: its readers take any integers
  std::vector<bool> only_compared_;   // by PlanId: only decisions of trees read it
  bool in_float_order_ = false;       // those of them
};

}  // namespace veil
