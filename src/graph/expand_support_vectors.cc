// Support vector machines of the domain ai.onnx.ml. What ai.onnx.ml leaves open follows onnxruntime.
#include <algorithm>
#include <numeric>

#include "graph/expansion.h"
#include "graph/post_transform.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr std::int64_t kMostDifferences = std::int64_t{1} << 22;  // of features: rows x vectors x features

struct Kernel {
  std::string type;
  double gamma = 0, offset = 0, degree = 0;
};

Result<Kernel> kernel_of(const Call& call) {
  VEIL_TRY(type, call.text("kernel_type", "LINEAR"));
  VEIL_TRY(parameters, call.reals("kernel_params"));
  if (type != "LINEAR" && type != "POLY" && type != "RBF" && type != "SIGMOID") {
    return Error{"its kernel " + quote(type) + " is not known"};
  }
  if (type != "LINEAR" && parameters.size() != 3) return Error{"its 'kernel_params' are not three numbers"};
  parameters.resize(3);
  return Kernel{type, parameters[0], parameters[1], parameters[2]};
}

// Rows and features.
Result<ValueId> rows_of(Expansion& expansion) {
  const GraphShape shape = expansion.call().shape(0);
  if (shape.empty() || shape.size() > 2) return Error{"its input must have one or two axes"};
  const GraphShape rows{shape.size() == 1 ? 1 : shape[0], shape.back()};
  return expansion.reshape(expansion.cast(expansion.input(0), ElementType::kFloat), rows);
}

ValueId matrix(Expansion& expansion, const GraphShape& shape, const std::vector<double>& numbers) {
  return expansion.constant({shape, numbers}, ElementType::kFloat);
}

// |x - v|^2 of every row and vector, from the differences themselves: squares of large numbers would cancel.
Result<ValueId> squared_distances(Expansion& expansion, ValueId x, ValueId vectors) {
  const GraphShape rows = expansion.shape(x);
  const GraphShape support = expansion.shape(vectors);
  if (rows[0] > kMostDifferences || support[0] * rows[1] > kMostDifferences / std::max<std::int64_t>(rows[0], 1)) {
    return Error{"it compares too many features: " + shape_text({rows[0], support[0], rows[1]})};
  }
  const ValueId difference = expansion.add("Sub", {expansion.reshape(x, {rows[0], 1, rows[1]}), vectors});
  const ValueId row = expansion.reshape(difference, {rows[0], support[0], 1, rows[1]});
  const ValueId column = expansion.reshape(difference, {rows[0], support[0], rows[1], 1});
  return expansion.reshape(expansion.add("MatMul", {row, column}), {rows[0], support[0]});
}

// One column a vector.
Result<ValueId> kernels(Expansion& expansion, const Kernel& kernel, ValueId x, ValueId vectors) {
  if (kernel.type == "RBF") {
    VEIL_TRY(distances, squared_distances(expansion, x, vectors));
    return expansion.add("Exp", {expansion.binary("Mul", distances, -kernel.gamma)});
  }
  const ValueId product = expansion.add("MatMul", {x, expansion.transpose(vectors, {1, 0})});
  if (kernel.type == "LINEAR") return product;
  const ValueId moved = expansion.binary("Add", expansion.binary("Mul", product, kernel.gamma), kernel.offset);
  return kernel.type == "POLY" ? expansion.binary("Pow", moved, kernel.degree) : expansion.add("Tanh", {moved});
}

// The support vectors; as many as `count`.
Result<ValueId> vectors_of(Expansion& expansion, std::int64_t count, std::int64_t features) {
  VEIL_TRY(numbers, expansion.call().reals("support_vectors"));
  if (count < 1 || features < 1 || std::ssize(numbers) / features != count || std::ssize(numbers) % features != 0) {
    return Error{"its 'support_vectors' do not fit its input"};
  }
  return matrix(expansion, {count, features}, numbers);
}

Status expand_regressor(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(transform, call.text("post_transform", "NONE"));
  if (transform != "NONE") return Error{"its 'post_transform' " + quote(transform) + " is not supported"};
  VEIL_TRY(kernel, kernel_of(call));
  VEIL_TRY(coefficients, call.reals("coefficients"));
  VEIL_TRY(rho, call.reals("rho"));
  VEIL_TRY(count, call.integer("n_supports", 0));
  VEIL_TRY(one_class, call.integer("one_class", 0));
  VEIL_TRY(x, rows_of(expansion));
  if (rho.empty()) return Error{"its 'rho' is missing"};
  const std::int64_t features = expansion.shape(x)[1];
  ValueId terms = x;
  if (count > 0) {
    VEIL_TRY(vectors, vectors_of(expansion, count, features));
    VEIL_TRY(columns, kernels(expansion, kernel, x, vectors));
    terms = columns;
  } else if (kernel.type != "LINEAR") {
    return Error{"it has a kernel but no support vectors"};
  }
  if (std::ssize(coefficients) != (count > 0 ? count : features)) return Error{"its coefficients do not fit"};
  const ValueId sum = expansion.add("MatMul", {terms, matrix(expansion, {std::ssize(coefficients), 1}, coefficients)});
  ValueId y = expansion.binary("Add", sum, rho[0]);
  if (one_class != 0) {  // 1 or -1
    const ValueId above =
        expansion.cast(expansion.add("Less", {expansion.number(0, ElementType::kFloat), y}), ElementType::kFloat);
    y = expansion.binary("Sub", expansion.binary("Mul", above, 2), 1);
  }
  expansion.give(0, y);
  return Done{};
}

// Every pair of classes (i, j), i < j, in the order of the pairs' scores.
std::vector<std::pair<std::int64_t, std::int64_t>> pairs_of(std::int64_t classes) {
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t i = 0; i < classes; ++i) {
    for (std::int64_t j = i + 1; j < classes; ++j) pairs.emplace_back(i, j);
  }
  return pairs;
}

// One against one: the score of a pair weighs the vectors of its two classes only; coefficients are one row less than
// classes, row j - 1 for class i against j, row i for class j against i.
std::vector<double> pair_weights(const std::vector<double>& coefficients, const Integers& counts, std::int64_t total) {
  const auto pairs = pairs_of(std::ssize(counts));
  const auto size = static_cast<std::size_t>(total);
  std::vector<std::size_t> first(counts.size() + 1);
  for (std::size_t c = 0; c < counts.size(); ++c) first[c + 1] = first[c] + static_cast<std::size_t>(counts[c]);
  std::vector<double> weights(size * pairs.size());
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto i = static_cast<std::size_t>(pairs[p].first);
    const auto j = static_cast<std::size_t>(pairs[p].second);
    for (std::size_t s = first[i]; s < first[i + 1]; ++s)
      weights[s * pairs.size() + p] = coefficients[(j - 1) * size + s];
    for (std::size_t s = first[j]; s < first[j + 1]; ++s) weights[s * pairs.size() + p] = coefficients[i * size + s];
  }
  return weights;
}

// The class with most votes, the first of several: a positive score is a vote for i, any other for j.
ValueId best_class(Expansion& expansion, ValueId scores, std::int64_t classes) {
  const auto pairs = pairs_of(classes);
  const std::int64_t pair_count = std::ssize(pairs);
  std::vector<double> moves(static_cast<std::size_t>(pair_count * classes));
  std::vector<double> otherwise(static_cast<std::size_t>(classes));
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    double* const row = moves.data() + p * otherwise.size();
    row[pairs[p].first] += 1;
    row[pairs[p].second] -= 1;
    otherwise[static_cast<std::size_t>(pairs[p].second)] += 1;
  }
  const ValueId wins =
      expansion.cast(expansion.add("Less", {expansion.number(0, ElementType::kFloat), scores}), ElementType::kFloat);
  const ValueId votes =
      expansion.add("Add", {expansion.add("MatMul", {wins, matrix(expansion, {pair_count, classes}, moves)}),
                            matrix(expansion, {classes}, otherwise)});
  return expansion.add("ArgMax", {votes}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
}

// 1 / (1 + exp(a score + b)) for the first of two classes.
ValueId two_probabilities(Expansion& expansion, ValueId score, double a, double b) {
  const ValueId first = expansion.add("Sigmoid", {expansion.binary("Add", expansion.binary("Mul", score, -a), -b)});
  const ValueId second = expansion.add("Sub", {expansion.number(1, ElementType::kFloat), first});
  return expansion.concat({first, second}, 1);
}

// Outputs: label, scores (of pairs of classes, or probabilities of two).
Status expand_classifier(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(transform, call.text("post_transform", "NONE"));
  VEIL_TRY(kernel, kernel_of(call));
  VEIL_TRY(labels, call.integers("classlabels_ints"));
  VEIL_TRY(counts, call.integers("vectors_per_class"));
  VEIL_TRY(coefficients, call.reals("coefficients"));
  VEIL_TRY(rho, call.reals("rho"));
  VEIL_TRY(prob_a, call.reals("prob_a"));
  VEIL_TRY(prob_b, call.reals("prob_b"));
  VEIL_TRY(x, rows_of(expansion));
  const std::int64_t classes = std::ssize(counts);
  constexpr std::int64_t kMostClasses = 1000;
  constexpr std::int64_t kMostVectors = std::int64_t{1} << 20;
  if (classes < 2 || classes > kMostClasses)
    return Error{"it is supported with support vectors of two classes or more"};
  std::int64_t total = 0;
  for (const std::int64_t count : counts) {
    if (count < 0 || count > kMostVectors) return Error{"its 'vectors_per_class' are not numbers of vectors"};
    total += count;
  }
  const std::int64_t pairs = classes * (classes - 1) / 2;
  if (std::ssize(coefficients) != (classes - 1) * total || std::ssize(rho) != pairs) {
    return Error{"its coefficients do not fit its classes"};
  }
  if (!labels.empty() && std::ssize(labels) != classes) return Error{"its labels do not fit its classes"};
  if (!expansion.may_hold({total, pairs})) return Done{};
  VEIL_TRY(vectors, vectors_of(expansion, total, expansion.shape(x)[1]));
  VEIL_TRY(columns, kernels(expansion, kernel, x, vectors));
  const ValueId weights = matrix(expansion, {total, pairs}, pair_weights(coefficients, counts, total));
  const ValueId scores =
      expansion.add("Add", {expansion.add("MatMul", {columns, weights}), matrix(expansion, {pairs}, rho)});
  if (!labels.empty()) {
    expansion.give(0, expansion.add("Gather", {expansion.integers(labels), best_class(expansion, scores, classes)}));
  }
  if (prob_a.empty() && classes > 2) {
    VEIL_TRY(transformed, post_transformed(expansion, transform, scores));
    expansion.give(1, transformed);
  } else if (transform != "NONE") {
    return Error{"its 'post_transform' " + quote(transform) + " of two classes or probabilities is not supported"};
  } else if (prob_a.empty()) {
    expansion.give(1, expansion.concat({scores, expansion.add("Neg", {scores})}, 1));
  } else if (classes == 2 && prob_a.size() == 1 && prob_b.size() == 1) {
    expansion.give(1, two_probabilities(expansion, scores, prob_a[0], prob_b[0]));
  }  // more: the probabilities of many classes are found by iterating until they no longer change
  return Done{};
}

constexpr Operator kOperators[] = {
    {"ai.onnx.ml:SVMRegressor", 1, 1,
     " coefficients kernel_params kernel_type n_supports one_class post_transform rho support_vectors ", nullptr,
     nullptr, expand_regressor},
    {"ai.onnx.ml:SVMClassifier", 1, 1,
     " classlabels_ints classlabels_strings coefficients kernel_params kernel_type post_transform prob_a prob_b rho "
     "support_vectors vectors_per_class ",
     nullptr, nullptr, expand_classifier},
};

}  // namespace

std::span<const Operator> support_vector_composites() { return kOperators; }

}  // namespace veil
