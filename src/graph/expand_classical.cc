// Operators of the domain ai.onnx.ml, which classical models (scikit-learn) use.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/expansion.h"
#include "graph/post_transform.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

Status expand_array_feature_extractor(Expansion& expansion) {
  const std::size_t rank = expansion.call().shape(0).size();
  if (rank == 0) return Error{"its input is a single number"};
  const auto count = element_count(expansion.call().shape(1)).value_or(0);
  const ValueId indices = expansion.reshape(expansion.input(1), {count});
  const ValueId picked =
      expansion.add("Gather", {expansion.input(0), indices}, {{"axis", static_cast<std::int64_t>(rank) - 1}});
  expansion.give(0, rank == 1 ? expansion.reshape(picked, {1, count}) : picked);
  return Done{};
}

Status expand_binarizer(Expansion& expansion) {
  VEIL_TRY(threshold, expansion.call().real("threshold", 0));
  const ValueId x = expansion.input(0);
  const GraphShape shape = expansion.shape(x);
  if (expansion.type(x) != ElementType::kFloat || shape.size() != 2) {
    const ValueId above = expansion.add("Less", {expansion.number_like(threshold, x), x});
    expansion.give(0, expansion.cast(above, expansion.type(x)));
    return Done{};
  }
  // A table's features may be of very different size: the comparisons of trees are exact for any.
  Integers places(static_cast<std::size_t>(shape[1]));
  std::iota(places.begin(), places.end(), 0);
  const ValueId thresholds =
      expansion.constant({{shape[1]}, std::vector<double>(places.size(), threshold)}, ElementType::kFloat);
  const ValueId below = expansion.add("veil:Threshold", {x, expansion.integers(places), thresholds});
  expansion.give(0, expansion.cast(expansion.add("Not", {below}), ElementType::kFloat));
  return Done{};
}

constexpr double kSmallestNorm = 1e-12;  // a vector of zeros stays one

Status expand_normalizer(Expansion& expansion) {
  VEIL_TRY(norm, expansion.call().text("norm", "MAX"));
  const std::size_t rank = expansion.call().shape(0).size();
  if (rank != 1 && rank != 2) return Error{"its input must have one or two axes"};
  const ValueId x = expansion.cast(expansion.input(0), ElementType::kFloat);
  const Integers axes{static_cast<std::int64_t>(rank) - 1};
  ValueId size = x;
  if (norm == "MAX") {
    size = expansion.reduce("ReduceMax", x, axes);
  } else if (norm == "L1") {
    size = expansion.reduce("ReduceSum", expansion.add("Abs", {x}), axes);
  } else if (norm == "L2") {
    size = expansion.add("Sqrt", {expansion.reduce("ReduceSum", expansion.add("Mul", {x, x}), axes)});
  } else {
    return Error{"its norm " + quote(norm) + " is not known"};
  }
  if (norm != "MAX") size = expansion.binary("Max", size, kSmallestNorm);
  expansion.give(0, expansion.add("Div", {x, size}));
  return Done{};
}

// Numbers that an absent value, or the number that stands for one, is replaced by.
Status expand_imputer(Expansion& expansion) {
  const Call& call = expansion.call();
  const bool whole = call.has_attribute("imputed_value_int64s");
  VEIL_TRY(wholes, call.integers("imputed_value_int64s"));
  VEIL_TRY(reals, call.reals("imputed_value_floats"));
  VEIL_TRY(replaced_whole, call.integer("replaced_value_int64", 0));
  VEIL_TRY(replaced_real, call.real("replaced_value_float", 0));
  const ValueId x = expansion.input(0);
  const std::vector<double> values = whole ? std::vector<double>(wholes.begin(), wholes.end()) : reals;
  const double replaced = whole ? static_cast<double>(replaced_whole) : replaced_real;
  const GraphShape& shape = call.shape(0);
  if (values.empty() || (values.size() != 1 && (shape.empty() || std::ssize(values) != shape.back()))) {
    return Error{"it has not one value a feature"};
  }
  const ValueId imputed = expansion.constant({{std::ssize(values)}, values}, expansion.type(x));
  if (std::isnan(replaced)) {
    expansion.give(0, is_real(expansion.type(x)) ? expansion.add("veil:Impute", {x, imputed}) : x);
    return Done{};
  }
  expansion.give(0, expansion.add("Where", {expansion.binary("Equal", x, replaced), imputed, x}));
  return Done{};
}

Status expand_feature_vectorizer(Expansion& expansion) {
  VEIL_TRY(lengths, expansion.call().integers("inputdimensions"));
  std::vector<ValueId> parts;
  for (std::size_t i = 0; i < expansion.call().inputs.size(); ++i) {
    if (!expansion.has(i)) return Error{"its input " + std::to_string(i) + " is missing"};
    const ValueId x = expansion.cast(expansion.input(i), ElementType::kFloat);
    const GraphShape shape = expansion.shape(x);
    if (expansion.failed()) return Done{};
    const std::int64_t rows = shape.size() < 2 ? 1 : shape[0];
    const std::int64_t columns = static_cast<std::int64_t>(size_of(shape)) / std::max<std::int64_t>(rows, 1);
    if (i < lengths.size() && lengths[i] != columns) return Error{"its 'inputdimensions' do not fit its inputs"};
    parts.push_back(expansion.reshape(x, {rows, columns}));
  }
  expansion.give(0, expansion.concat(parts, 1));
  return Done{};
}

// x * coefficients' + intercepts, one column a row of the coefficients.
Result<ValueId> linear_scores(Expansion& expansion, std::int64_t columns) {
  VEIL_TRY(coefficients, expansion.call().reals("coefficients"));
  VEIL_TRY(intercepts, expansion.call().reals("intercepts"));
  const GraphShape shape = expansion.call().shape(0);
  if (shape.empty() || shape.size() > 2) return Error{"its input must have one or two axes"};
  const std::int64_t features = shape.back();
  if (columns < 1 || columns > std::ssize(coefficients) || std::ssize(coefficients) % columns != 0 ||
      std::ssize(coefficients) / columns != features) {
    return Error{"its coefficients do not fit its input"};
  }
  if (!intercepts.empty() && std::ssize(intercepts) != columns) return Error{"its intercepts do not fit"};
  const ValueId x = expansion.reshape(expansion.cast(expansion.input(0), ElementType::kFloat),
                                      {shape.size() == 1 ? 1 : shape[0], features});
  const ValueId weights = expansion.constant({{columns, features}, coefficients}, ElementType::kFloat);
  const ValueId product = expansion.add("MatMul", {x, expansion.transpose(weights, {1, 0})});
  if (intercepts.empty()) return product;
  return expansion.add("Add", {product, expansion.constant({{columns}, intercepts}, ElementType::kFloat)});
}

Result<ValueId> transformed(Expansion& expansion, ValueId scores) {
  VEIL_TRY(transform, expansion.call().text("post_transform", "NONE"));
  return post_transformed(expansion, transform, scores);
}

Status expand_linear_regressor(Expansion& expansion) {
  VEIL_TRY(targets, expansion.call().integer("targets", 1));
  VEIL_TRY(scores, linear_scores(expansion, targets));
  VEIL_TRY(result, transformed(expansion, scores));
  expansion.give(0, result);
  return Done{};
}

// Labels that are numbers; those that are strings are no tensor that can be proved, so nothing gives them.
void give_labels(Expansion& expansion, const Integers& labels, ValueId scores) {
  if (labels.empty()) return;
  const ValueId best = expansion.add("ArgMax", {scores}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
  expansion.give(0, expansion.add("Gather", {expansion.integers(labels), best}));
}

// Outputs: label, scores. With one row of coefficients for two classes the score is that of the second.
Status expand_linear_classifier(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(labels, call.integers("classlabels_ints"));
  VEIL_TRY(coefficients, call.reals("coefficients"));
  VEIL_TRY(transform, call.text("post_transform", "NONE"));
  if (call.shape(0).empty() || call.shape(0).back() < 1) return Error{"its input is a single number"};
  const std::int64_t columns = std::ssize(coefficients) / call.shape(0).back();
  if (!labels.empty() && std::ssize(labels) != columns && (std::ssize(labels) != 2 || columns != 1)) {
    return Error{"its coefficients do not fit its classes"};
  }
  if (columns == 1 && transform != "LOGISTIC") return Error{"its single score is supported as LOGISTIC alone"};
  VEIL_TRY(scores, linear_scores(expansion, columns));
  if (columns == 1) scores = expansion.concat({expansion.add("Neg", {scores}), scores}, 1);
  VEIL_TRY(result, transformed(expansion, scores));
  give_labels(expansion, labels, scores);
  expansion.give(1, result);
  return Done{};
}

constexpr Operator kOperators[] = {
    {"ai.onnx.ml:ArrayFeatureExtractor", 2, 2, "", nullptr, nullptr, expand_array_feature_extractor},
    {"ai.onnx.ml:Binarizer", 1, 1, " threshold ", nullptr, nullptr, expand_binarizer},
    {"ai.onnx.ml:Normalizer", 1, 1, " norm ", nullptr, nullptr, expand_normalizer},
    {"ai.onnx.ml:Imputer", 1, 1,
     " imputed_value_floats imputed_value_int64s replaced_value_float replaced_value_int64 ", nullptr, nullptr,
     expand_imputer},
    {"ai.onnx.ml:FeatureVectorizer", 1, kAnyInputs, " inputdimensions ", nullptr, nullptr, expand_feature_vectorizer},
    {"ai.onnx.ml:LinearRegressor", 1, 1, " coefficients intercepts post_transform targets ", nullptr, nullptr,
     expand_linear_regressor},
    {"ai.onnx.ml:LinearClassifier", 1, 1,
     " classlabels_ints classlabels_strings coefficients intercepts multi_class post_transform ", nullptr, nullptr,
     expand_linear_classifier},
};

}  // namespace

std::span<const Operator> classical_composites() { return kOperators; }

}  // namespace veil
