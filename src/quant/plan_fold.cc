// Folding, in float64: plain +, -, *, / only, so that the weights are the same on every platform.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/check.h"
#include "quant/plan_builder.h"

namespace veil {

std::vector<std::vector<std::size_t>> plan_consumers(const Plan& plan) {
  std::vector<std::vector<std::size_t>> consumers(plan.values.size());
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    for (const PlanId id : plan.nodes[i].inputs) consumers[id].push_back(i);
  }
  return consumers;
}

namespace {

// Strides of labels as the row-major axes of a value.
std::vector<std::int64_t> strides_by(const PlanEinsum& einsum, const std::vector<std::int64_t>& axes) {
  std::vector<std::int64_t> strides(einsum.lengths.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t i = axes.size(); i-- > 0;) {
    const auto label = static_cast<std::size_t>(axes[i]);
    strides[label] = stride;
    stride *= einsum.lengths[label];
  }
  return strides;
}

}  // namespace

std::vector<std::int64_t> places_in(const PlanEinsum& einsum, const std::vector<std::int64_t>& axes,
                                    const std::vector<std::int64_t>& value_axes) {
  const std::vector<std::int64_t> strides = strides_by(einsum, value_axes);
  std::vector<std::int64_t> places{0};
  for (const std::int64_t label : axes) {
    std::vector<std::int64_t> next;
    for (const std::int64_t place : places) {
      for (std::int64_t i = 0; i < einsum.lengths[static_cast<std::size_t>(label)]; ++i) {
        next.push_back(place + i * strides[static_cast<std::size_t>(label)]);
      }
    }
    places = std::move(next);
  }
  return places;
}

namespace {

// The coarsest pattern that both refine to, present where either is; nothing when their axes interleave.
std::optional<Pattern> common_pattern(const Pattern& a, const Pattern& b) {
  // Strides at which an axis ends, from both; each must divide the next.
  std::set<std::int64_t> cuts;
  for (const Pattern* pattern : {&a, &b}) {
    std::int64_t stride = 1;
    for (std::size_t i = pattern->lengths.size(); i-- > 0; stride *= pattern->lengths[i]) cuts.insert(stride);
    cuts.insert(stride);
  }
  const auto present_at = [](const Pattern& pattern, std::int64_t low) {
    std::int64_t stride = 1;
    for (std::size_t i = pattern.lengths.size(); i-- > 0; stride *= pattern.lengths[i]) {
      if (low < stride * pattern.lengths[i]) return pattern.present[i];
    }
    return std::int64_t{0};
  };
  Pattern common;
  std::int64_t low = 1;
  for (const std::int64_t high : cuts) {
    if (high == low) continue;
    if (high % low != 0) return std::nullopt;
    common.lengths.insert(common.lengths.begin(), high / low);
    common.present.insert(common.present.begin(), present_at(a, low) | present_at(b, low));
    low = high;
  }
  if (common.lengths.empty()) return Pattern{{1}, {0}};
  return common;
}

bool contains(const std::vector<std::int64_t>& axes, std::int64_t label) {
  return std::find(axes.begin(), axes.end(), label) != axes.end();
}

// The labels of a value along which a pattern over its flat elements varies.
std::vector<std::int64_t> varying_labels(const Pattern& pattern, const PlanEinsum& einsum,
                                         const std::vector<std::int64_t>& axes) {
  const std::vector<std::int64_t> strides = strides_by(einsum, axes);
  std::vector<std::int64_t> labels;
  for (const std::int64_t label : axes) {
    const std::int64_t begin = strides[static_cast<std::size_t>(label)];
    const std::int64_t end = begin * einsum.lengths[static_cast<std::size_t>(label)];
    std::int64_t stride = 1;
    for (std::size_t i = pattern.lengths.size(); i-- > 0; stride *= pattern.lengths[i]) {
      const bool overlaps = stride < end && stride * pattern.lengths[i] > begin;
      if (pattern.present[i] != 0 && pattern.lengths[i] > 1 && overlaps) {
        labels.push_back(label);
        break;
      }
    }
  }
  return labels;
}

std::vector<std::int64_t> box_axes(const PlanEinsum& einsum) {
  std::vector<std::int64_t> axes;
  for (std::int64_t label = 0; label < einsum.box_rank; ++label) axes.push_back(label);
  return axes;
}

// The bias by more labels of the box, zeros where there is none.
void widen_bias(PlanEinsum& einsum, const std::vector<std::int64_t>& labels) {
  std::vector<std::int64_t> axes;
  for (std::int64_t label = 0; label < einsum.box_rank; ++label) {
    if (contains(einsum.bias_axes, label) || contains(labels, label)) axes.push_back(label);
  }
  std::vector<double> bias;
  for (const std::int64_t place : places_in(einsum, axes, einsum.bias_axes)) {
    bias.push_back(einsum.bias.empty() ? 0.0 : einsum.bias[static_cast<std::size_t>(place)]);
  }
  einsum.bias = std::move(bias);
  einsum.bias_axes = std::move(axes);
}

// One representative flat index for each compact index of the pattern.
std::vector<std::int64_t> representatives(const Pattern& pattern) {
  std::vector<std::int64_t> flat(static_cast<std::size_t>(pattern.compact_size()), -1);
  for (std::size_t compact = 0; compact < flat.size(); ++compact) {
    std::int64_t rest = static_cast<std::int64_t>(compact);
    std::int64_t stride = 1;
    std::int64_t position = 0;
    for (std::size_t i = pattern.lengths.size(); i-- > 0; stride *= pattern.lengths[i]) {
      if (pattern.present[i] == 0) continue;
      position += rest % pattern.lengths[i] * stride;
      rest /= pattern.lengths[i];
    }
    flat[compact] = position;
  }
  return flat;
}

// second(first(x)) as one affine; nothing when the patterns interleave.
std::optional<PlanAffine> composed(const PlanAffine& first, const PlanAffine& second) {
  const auto pattern = common_pattern(first.pattern, second.pattern);
  if (!pattern) return std::nullopt;
  PlanAffine out{*pattern, {}, {}};
  for (const std::int64_t flat : representatives(*pattern)) {
    out.factor.push_back(second.factor_at(flat) * first.factor_at(flat));
    out.addend.push_back(second.factor_at(flat) * first.addend_at(flat) + second.addend_at(flat));
  }
  if (first.factor.empty() && second.factor.empty()) out.factor.clear();
  if (first.addend.empty() && second.addend.empty()) out.addend.clear();
  return out;
}

class Folder {
 public:
  explicit Folder(Plan& plan) : plan_(plan) {}

  // Scalars last: a scalar in front of or behind a Linear is better folded into it.
  void run() {
    for (const bool scalars : {false, true}) {
      bool changed = true;
      while (changed) {
        refresh();
        changed = false;
        for (std::size_t i = 0; i < plan_.nodes.size() && !changed; ++i) changed = fold_at(i, scalars);
      }
    }
  }

 private:
  void refresh() {
    remove_dead();
    consumers_ = plan_consumers(plan_);
    producer_.assign(plan_.values.size(), std::nullopt);
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) producer_[plan_.nodes[i].output] = i;
  }

  void remove_dead() {
    std::vector<bool> needed(plan_.values.size(), false);
    needed[plan_.output] = true;
    for (std::size_t i = plan_.nodes.size(); i-- > 0;) {
      if (!needed[plan_.nodes[i].output]) continue;
      for (const PlanId id : plan_.nodes[i].inputs) needed[id] = true;
    }
    std::erase_if(plan_.nodes, [&](const PlanNode& node) { return !needed[node.output]; });
  }

  bool fold_at(std::size_t i, bool scalars) {
    const PlanOp& op = plan_.nodes[i].op;
    if (std::holds_alternative<PlanSoftmax>(op)) return fold_two_classes(i);
    if (std::holds_alternative<PlanConcat>(op)) return fold_pair(i);
    if (!std::holds_alternative<PlanAffine>(op)) return false;
    return fold_after_affine(i) || fold_after_einsum(i) || fold_before_einsums(i) || fold_before_concat(i) ||
           fold_before_relu(i) || (scalars && fold_scalar(i));
  }

  template <class Op>
  Op* producer(PlanId id) {
    return producer_[id] ? std::get_if<Op>(&plan_.nodes[*producer_[id]].op) : nullptr;
  }
  // Is this use the only one?
  bool single_use(PlanId id) const { return id != plan_.output && consumers_[id].size() == 1; }

  // affine(affine(x))
  bool fold_after_affine(std::size_t i) {
    PlanNode& node = plan_.nodes[i];
    const PlanId input = node.inputs[0];
    const PlanAffine* first = producer<PlanAffine>(input);
    if (first == nullptr || !single_use(input)) return false;
    auto both = composed(*first, std::get<PlanAffine>(node.op));
    if (!both) return false;
    node.inputs = plan_.nodes[*producer_[input]].inputs;
    node.op = std::move(*both);
    return true;
  }

  // affine(einsum(x)): W' = f W, b' = f b + a, along labels that the weight and the bias have
  bool fold_after_einsum(std::size_t i) {
    PlanNode& node = plan_.nodes[i];
    const PlanId input = node.inputs[0];
    PlanEinsum* einsum = producer<PlanEinsum>(input);
    const PlanAffine& affine = std::get<PlanAffine>(node.op);
    if (einsum == nullptr || !einsum->has_weight || !single_use(input)) return false;
    const std::vector<std::int64_t> box = box_axes(*einsum);
    const std::vector<std::int64_t> labels = varying_labels(affine.pattern, *einsum, box);
    for (const std::int64_t label : labels) {
      if (!contains(einsum->y_axes, label)) return false;
    }
    widen_bias(*einsum, labels);
    const std::vector<std::int64_t> bias_places = places_in(*einsum, einsum->bias_axes, box);
    for (std::size_t k = 0; k < einsum->bias.size(); ++k) {
      einsum->bias[k] = affine.factor_at(bias_places[k]) * einsum->bias[k] + affine.addend_at(bias_places[k]);
    }
    const std::vector<std::int64_t> weight_places = places_in(*einsum, einsum->y_axes, box);
    for (std::size_t k = 0; k < einsum->weight.size(); ++k) einsum->weight[k] *= affine.factor_at(weight_places[k]);
    PlanNode& product = plan_.nodes[*producer_[input]];
    product.output = node.output;
    plan_.nodes.erase(plan_.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }

  // einsum(affine(x)) for every reader: W' = W f, b' = b + sum W a, where the weight has the labels
  bool fold_before_einsums(std::size_t i) {
    const PlanNode node = plan_.nodes[i];
    const PlanAffine& affine = std::get<PlanAffine>(node.op);
    if (node.output == plan_.output || consumers_[node.output].empty()) return false;
    for (const std::size_t reader : consumers_[node.output]) {
      const PlanEinsum* einsum = std::get_if<PlanEinsum>(&plan_.nodes[reader].op);
      if (einsum == nullptr || !einsum->has_weight || plan_.nodes[reader].inputs.size() != 1) return false;
      for (const std::int64_t label : varying_labels(affine.pattern, *einsum, einsum->x_axes)) {
        if (!contains(einsum->y_axes, label)) return false;
      }
      // What is added is summed over the axes that the weight has; others would have to be repeated.
      for (std::size_t label = static_cast<std::size_t>(einsum->box_rank); label < einsum->lengths.size(); ++label) {
        if (!contains(einsum->y_axes, static_cast<std::int64_t>(label))) return false;
      }
    }
    for (const std::size_t reader : consumers_[node.output]) {
      fold_into(affine, std::get<PlanEinsum>(plan_.nodes[reader].op));
      plan_.nodes[reader].inputs = node.inputs;
    }
    return true;
  }

  static void fold_into(const PlanAffine& affine, PlanEinsum& einsum) {
    const std::vector<std::int64_t> x_places = places_in(einsum, einsum.y_axes, einsum.x_axes);
    if (!affine.addend.empty()) {
      std::vector<std::int64_t> labels;
      for (std::int64_t label = 0; label < einsum.box_rank; ++label) {
        if (contains(einsum.y_axes, label)) labels.push_back(label);
      }
      widen_bias(einsum, labels);
      std::vector<double> sums(static_cast<std::size_t>(einsum.size_of(labels)), 0.0);
      const std::vector<std::int64_t> sum_places = places_in(einsum, einsum.y_axes, labels);
      for (std::size_t k = 0; k < einsum.weight.size(); ++k) {
        sums[static_cast<std::size_t>(sum_places[k])] += einsum.weight[k] * affine.addend_at(x_places[k]);
      }
      const std::vector<std::int64_t> from = places_in(einsum, einsum.bias_axes, labels);
      for (std::size_t k = 0; k < einsum.bias.size(); ++k) einsum.bias[k] += sums[static_cast<std::size_t>(from[k])];
    }
    for (std::size_t k = 0; k < einsum.weight.size(); ++k) einsum.weight[k] *= affine.factor_at(x_places[k]);
  }

  bool feeds_products_only(PlanId id) const {
    if (id == plan_.output || consumers_[id].empty()) return false;
    return std::all_of(consumers_[id].begin(), consumers_[id].end(), [&](std::size_t reader) {
      const PlanEinsum* einsum = std::get_if<PlanEinsum>(&plan_.nodes[reader].op);
      return einsum != nullptr && einsum->has_weight && einsum->x_axes.size() == 1 &&
             contains(einsum->y_axes, einsum->x_axes[0]);
    });
  }

  // concat(..., affine(x), ...) in front of plain products: the affine goes behind the concat, where it can be folded.
  bool fold_before_concat(std::size_t i) {
    const PlanNode node = plan_.nodes[i];
    if (!single_use(node.output)) return false;
    const std::size_t reader = consumers_[node.output][0];
    const PlanConcat* concat = std::get_if<PlanConcat>(&plan_.nodes[reader].op);
    if (concat == nullptr || concat->outer != 1 || concat->inner != 1) return false;
    if (!feeds_products_only(plan_.nodes[reader].output)) return false;
    const PlanId joined = plan_.nodes[reader].output;
    PlanAffine whole = over_concat(plan_.nodes[reader], node);
    for (PlanId& id : plan_.nodes[reader].inputs) id = id == node.output ? node.inputs[0] : id;
    // The joined value now has other numbers: a new one without a source takes its place in front of the affine.
    plan_.values.push_back(PlanValue{plan_.values[joined].name, plan_.values[joined].size});
    plan_.nodes[reader].output = static_cast<PlanId>(plan_.values.size() - 1);
    PlanNode moved{node.source, {plan_.nodes[reader].output}, joined, std::move(whole)};
    plan_.nodes.insert(plan_.nodes.begin() + static_cast<std::ptrdiff_t>(reader) + 1, std::move(moved));
    return true;
  }

  PlanAffine over_concat(const PlanNode& concat, const PlanNode& part) const {
    const PlanAffine& affine = std::get<PlanAffine>(part.op);
    PlanAffine whole{Pattern{{plan_.values[concat.output].size}, {1}}, {}, {}};
    for (const PlanId id : concat.inputs) {
      for (std::int64_t flat = 0; flat < plan_.values[id].size; ++flat) {
        whole.factor.push_back(id == part.output ? affine.factor_at(flat) : 1.0);
        whole.addend.push_back(id == part.output ? affine.addend_at(flat) : 0.0);
      }
    }
    return whole;
  }

  // factor relu(x) = relu(factor x) for a factor above zero: in front of a Round, where it reaches the product.
  bool fold_before_relu(std::size_t i) {
    PlanNode& node = plan_.nodes[i];
    const PlanAffine& affine = std::get<PlanAffine>(node.op);
    if (affine.factor.size() != 1 || !(affine.factor[0] > 0) || !affine.addend.empty()) return false;
    if (!single_use(node.output) || !single_use(node.inputs[0]) || producer<PlanRelu>(node.inputs[0]) == nullptr) {
      return false;
    }
    if (!std::holds_alternative<PlanRound>(plan_.nodes[consumers_[node.output][0]].op)) return false;
    PlanNode& relu = plan_.nodes[*producer_[node.inputs[0]]];
    plan_.values.push_back(PlanValue{plan_.values[node.output].name, plan_.values[node.output].size});
    const auto scaled = static_cast<PlanId>(plan_.values.size() - 1);
    std::swap(relu.op, node.op);
    relu.output = scaled;
    node.inputs = {scaled};
    return true;
  }

  // A single factor +-2^k needs no multiplication.
  bool fold_scalar(std::size_t i) {
    PlanNode& node = plan_.nodes[i];
    const PlanAffine& affine = std::get<PlanAffine>(node.op);
    if (affine.factor.size() != 1 || !affine.addend.empty()) return false;
    int exponent = 0;
    const double mantissa = std::frexp(affine.factor[0], &exponent);
    if (std::fabs(mantissa) != 0.5 || exponent < -60 || exponent > 60) return false;
    const auto log2 = static_cast<std::int32_t>(exponent - 1);
    if (mantissa > 0) {
      node.op = PlanScale{log2};
    } else if (log2 == 0) {
      node.op = PlanSum{{-1}, 0};
    } else {
      return false;
    }
    return true;
  }

  // concat(1 - p, p) of one probability: how scikit-learn's exporter ends a binary classifier.
  bool fold_pair(std::size_t i) {
    PlanNode& node = plan_.nodes[i];
    if (node.output != plan_.output || node.inputs.size() != 2 || plan_.values[node.inputs[1]].size != 1) return false;
    if (plan_.values[node.inputs[0]].size != 1 || producer<PlanFunction>(node.inputs[1]) == nullptr) return false;
    if (producer<PlanFunction>(node.inputs[1])->function != SmoothFunction::kSigmoid) return false;
    const PlanAffine* rest = producer<PlanAffine>(node.inputs[0]);
    if (rest == nullptr || plan_.nodes[*producer_[node.inputs[0]]].inputs[0] != node.inputs[1]) return false;
    if (rest->factor_at(0) != -1.0 || rest->addend_at(0) != 1.0) return false;
    node.inputs.erase(node.inputs.begin());
    node.op = PlanPair{};
    return true;
  }

  // One element: a row of weights times a list.
  static PlanEinsum plain_product(std::vector<double> weight, std::vector<double> bias) {
    Labels labels;
    labels.end_box();
    labels.add(static_cast<std::int64_t>(weight.size()), {&labels.einsum.x_axes, &labels.einsum.y_axes});
    labels.einsum.has_weight = true;
    labels.einsum.weight = std::move(weight);
    labels.einsum.bias = std::move(bias);
    return labels.einsum;
  }

  static bool is_plain_product(const PlanEinsum& einsum, std::int64_t rows) {
    return einsum.has_weight && einsum.box_rank == 1 && einsum.lengths.size() == 2 && einsum.lengths[0] == rows &&
           einsum.x_axes == std::vector<std::int64_t>{1} && einsum.y_axes == std::vector<std::int64_t>{0, 1} &&
           einsum.bias.size() != 1;
  }

  // softmax(z)[1] = sigmoid(z[1] - z[0]), and the difference of two rows of a Linear is one row.
  bool fold_two_classes(std::size_t i) {
    const PlanNode node = plan_.nodes[i];
    if (node.output != plan_.output || plan_.values[node.output].size != 2) return false;
    PlanEinsum difference = plain_product({-1.0, 1.0}, {});
    PlanId input = node.inputs[0];
    const PlanEinsum* rows = producer<PlanEinsum>(input);
    if (rows != nullptr && single_use(input) && is_plain_product(*rows, 2)) {
      const std::size_t reduced = rows->weight.size() / 2;
      std::vector<double> weight, bias;
      for (std::size_t k = 0; k < reduced; ++k) weight.push_back(rows->weight[reduced + k] - rows->weight[k]);
      if (rows->bias.size() == 2) bias = {rows->bias[1] - rows->bias[0]};
      difference = plain_product(std::move(weight), std::move(bias));
      input = plan_.nodes[*producer_[input]].inputs[0];
    }
    const std::string name = plan_.values[node.output].name;
    const auto first_new = static_cast<PlanId>(plan_.values.size());
    plan_.values.push_back(PlanValue{name + " (difference)", 1});
    plan_.values.push_back(PlanValue{name + " (positive)", 1});
    plan_.nodes[i] = PlanNode{node.source, {input}, first_new, std::move(difference)};
    plan_.nodes.push_back(PlanNode{node.source, {first_new}, first_new + 1, PlanFunction{SmoothFunction::kSigmoid}});
    plan_.nodes.push_back(PlanNode{node.source, {first_new + 1}, node.output, PlanPair{}});
    return true;
  }

  Plan& plan_;
  std::vector<std::vector<std::size_t>> consumers_;
  std::vector<std::optional<std::size_t>> producer_;
};

}  // namespace

void fold_plan(Plan& plan) {
  Folder(plan).run();
  settle_rounds(plan);
}

bool drop_final_softmax(Plan& plan) {
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    const PlanNode& node = plan.nodes[i];
    if (!std::holds_alternative<PlanSoftmax>(node.op) || node.output != plan.output) continue;
    plan.output = node.inputs[0];
    plan.nodes.erase(plan.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

}  // namespace veil
