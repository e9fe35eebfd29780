// What trees are expanded to and no operator of ONNX says: [x[row, feature[m]] <= threshold[m]], exactly; or, with a
// table `here` [row, place, tree] as fourth input, the same at the place where the row is in each tree: features and
// thresholds are [place, comparison, tree], and so many comparisons a tree are made. And [x, x], where a missing value
// is above all numbers in the first half and below them in the second.
#include <cmath>
#include <limits>

#include "graph/operator.h"
#include "graph/shape.h"

namespace veil {
namespace {

Result<std::vector<TypedShape>> infer_threshold(const Call& call) {
  const GraphShape& x = call.shape(0);
  if (x.size() != 2 || call.in(0).type == ElementType::kBool) return Error{"its input is no table of numbers"};
  VEIL_TRY(features, call.constant_integers(1, "features"));
  if (call.shape(2) != GraphShape{std::ssize(features)}) return Error{"it has not one threshold a feature"};
  for (const std::int64_t feature : features) {
    if (feature < 0 || feature >= x[1])
      return Error{"it reads feature " + std::to_string(feature) + " of " + std::to_string(x[1])};
  }
  std::int64_t comparisons = std::ssize(features);
  if (call.has(3)) {
    VEIL_TRY(trees, call.integer("trees", 1));
    const GraphShape& here = call.shape(3);
    const Error error{"its places do not fit"};
    if (trees < 1 || here.size() != 2 || here[0] != x[0] || here[1] < 1 || here[1] % trees != 0) return error;
    if (comparisons % here[1] != 0) return error;
    comparisons /= here[1] / trees;
  }
  return std::vector<TypedShape>{{ElementType::kBool, {x[0], comparisons}}};
}

Status run_threshold(const Call& call, const Inputs& inputs, const Outputs& outputs) {
  const auto width = static_cast<std::size_t>(inputs[0]->shape[1]);
  const auto results = static_cast<std::size_t>(outputs[0]->shape[1]);
  const bool has_places = call.has(3);
  VEIL_TRY(trees, call.integer("trees", 1));
  const auto step = static_cast<std::size_t>(trees);
  const std::size_t places = has_places ? static_cast<std::size_t>(inputs[3]->shape[1]) / step : 1;
  const std::vector<double>&x = inputs[0]->data, &feature = inputs[1]->data, &threshold = inputs[2]->data;
  std::size_t next = 0;
  for (std::size_t row = 0; row < static_cast<std::size_t>(inputs[0]->shape[0]); ++row) {
    for (std::size_t i = 0; i < results; ++i) {
      std::size_t place = 0;
      while (has_places && place + 1 < places && inputs[3]->data[(row * places + place) * step + i % step] == 0)
        ++place;
      const std::size_t m = place * results + i;
      outputs[0]->data[next++] = x[row * width + static_cast<std::size_t>(feature[m])] <= threshold[m] ? 1 : 0;
    }
  }
  return Done{};
}

Result<std::vector<TypedShape>> infer_ends(const Call& call) {
  const GraphShape& x = call.shape(0);
  if (x.size() != 2 || !is_real(call.in(0).type)) return Error{"its input is no table of real numbers"};
  return std::vector<TypedShape>{{call.in(0).type, {x[0], 2 * x[1]}}};
}

Status run_ends(const Call&, const Inputs& inputs, const Outputs& outputs) {
  constexpr double kLowerEnd = -std::numeric_limits<double>::infinity();
  const auto width = static_cast<std::size_t>(inputs[0]->shape[1]);
  const std::vector<double>& x = inputs[0]->data;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double* row = &outputs[0]->data[i / width * 2 * width];
    row[i % width] = x[i];  // NaN is not below or at any threshold, not even infinity
    row[width + i % width] = std::isnan(x[i]) ? kLowerEnd : x[i];
  }
  return Done{};
}

constexpr Operator kOperators[] = {{"veil:Threshold", 3, 4, " trees ", infer_threshold, run_threshold},
                                   {"veil:Ends", 1, 1, "", infer_ends, run_ends}};

}  // namespace

std::span<const Operator> tree_operators() { return kOperators; }

}  // namespace veil
