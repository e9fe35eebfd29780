// Softmax over more than two classes, as the last step: exact integers, no division inside the circuit.
//   m = max_j l_j                                 by a tournament: max(a, b) = b + relu(a - b)
//   t_j = min(m - l_j, D),  D = 2^(key_bits + low_bits) - 1: beyond it exp is constant
//   e_j = 2^exp_bits - y(t_j),  y the table of 1 - exp(-x)
//   S = sum_j e_j,   p_j = floor((2^(P+1) e_j + S) / (2 S)),   P = probability_bits
// Who asks for p_j finds it in ops/claim.cc: revealed, it is public and pinned by its remainder; compared, p_j >= b
// says 2^(P+1) e_j >= (2 b - 1) S, which is linear. The argmax of a softmax is that of its logits.
#include "base/check.h"
#include "ops/family.h"
#include "ops/gadgets.h"

namespace veil {

namespace {

constexpr std::int64_t kMaxClasses = 1 << 12;
constexpr unsigned kQuotientBits = 8;

PieceParameters parameters_of(const SoftmaxOp& op) {
  return PieceParameters{static_cast<std::int64_t>(SmoothFunction::kDecay),
                         op.key_bits,
                         op.low_bits,
                         op.input_scale_log2,
                         -op.exp_bits,
                         op.slope_shift};
}

std::int64_t last_distance(const SoftmaxOp& op) { return (std::int64_t{1} << (op.key_bits + op.low_bits)) - 1; }

// The table as a function of whole distances.
class Decay {
 public:
  explicit Decay(const SoftmaxOp& op) : op_(op), columns_(function_pieces(piece_list(parameters_of(op)))) {}

  std::int64_t at(std::int64_t distance) const {
    const auto row = static_cast<std::size_t>(distance >> op_.low_bits);
    const std::int64_t low = distance & ((std::int64_t{1} << op_.low_bits) - 1);
    return columns_[1][row] + round_shift(columns_[2][row] * low, static_cast<unsigned>(op_.slope_shift));
  }
  // Every exponential is at least 1, so that no sum is zero, and each raise of a piece is one limb.
  bool is_usable() const {
    const std::int64_t last = (std::int64_t{1} << op_.low_bits) - 1;
    for (std::size_t row = 0; row < columns_[0].size(); ++row) {
      const std::int64_t raise = round_shift(columns_[2][row] * last, static_cast<unsigned>(op_.slope_shift));
      if (raise >= (1 << kQuotientBits) || columns_[1][row] < 0) return false;
      if (columns_[1][row] + raise > (std::int64_t{1} << op_.exp_bits)) return false;
    }
    return columns_[1][0] < (std::int64_t{1} << op_.exp_bits);
  }

 private:
  const SoftmaxOp& op_;
  std::vector<std::vector<std::int64_t>> columns_;
};

Form minus(Form a, const Form& b) {
  const Form negated = scaled(b, -1);
  a.insert(a.end(), negated.begin(), negated.end());
  return a;
}

// max over one axis of `length` elements; element i of a level is the larger of i and i + length - half.
Form add_maximum(Lowerer& lowerer, const std::string& name, Form form, std::int64_t length) {
  for (int level = 1; length > 1; ++level) {
    const std::int64_t half = (length + 1) / 2;
    const Domain box{{half}, 1};
    const Form b = substitute(form, {axis_at(0, length - half)});
    const Form difference = minus(form, b);
    const std::string level_name = name + "/max" + std::to_string(level);
    const View sign = add_sign(lowerer, level_name, box, difference);
    form = b;
    form.push_back({1, add_positive_part(lowerer, level_name, box, difference, sign)});
    length = half;
  }
  return substitute(form, {AxisIndex{}});
}

// min(m - l_j, D) in the domain of the table
Activation add_distances(Lowerer& lowerer, const std::string& name, const Domain& box, const Form& logits,
                         const IntegerRange& range, std::int64_t last) {
  const Form largest = add_maximum(lowerer, name, logits, box.extent[0]);
  Activation distance;
  distance.form = minus(largest, logits);
  const std::int64_t most = range.high - range.low;
  if (most <= last) return distance;
  const Form rest = minus(constant_form(last), distance.form);
  const View sign = add_sign(lowerer, name + "/far", box, rest);
  distance.form = constant_form(last);
  distance.form.push_back({-1, add_positive_part(lowerer, name + "/far", box, rest, sign)});
  return distance;
}

// 2^exp_bits - base - c, c the raise within the piece
Form add_exponentials(Lowerer& lowerer, const std::string& name, const Domain& box, const SoftmaxOp& op,
                      Activation distance) {
  add_pieces(lowerer, name, box, parameters_of(op), distance);
  Form exponential = constant_form(std::int64_t{1} << op.exp_bits);
  exponential.push_back({-1, *distance.base});
  if (op.low_bits == 0) return exponential;
  const Expression product{{}, {ProductTerm{1, {LinearTerm{1, *distance.slope}}, distance.low}}};
  const auto shift = static_cast<unsigned>(op.slope_shift);
  exponential.push_back({-1, add_small_quotient(lowerer, name + "/raise", box, product, shift, 0, kQuotientBits)});
  return exponential;
}

// S - sum_j e_j = 0, over a box of one element
View add_sum(Lowerer& lowerer, const std::string& name, const Form& exponential, std::int64_t classes) {
  Circuit& circuit = lowerer.circuit;
  const Domain domain{{1, classes}, 1};
  Expression total;
  for (const LinearTerm& term : exponential) {
    // A constant is not summed over an axis that it does not have.
    const std::int64_t times = term.view.tensor ? 1 : classes;
    total.linear.push_back({term.coefficient * times, substitute(term.view, {axis_at(1)})});
  }
  const IntegerRange one = declared_range(circuit, exponential);
  const TensorId sum = commit(circuit, name, domain, classes * one.low, classes * one.high);
  circuit.identities.push_back(
      Identity{name, domain, linear_expression({LinearTerm{1, whole_view(circuit, sum)}}) - total});
  lowerer.add_step([domain, total, sum](const Circuit& c, Trace& trace) {
    trace.values[sum] = {static_cast<std::int64_t>(evaluate_expression(c, trace, domain, total)[0])};
  });
  return View{sum, {AxisIndex{}}};
}

}  // namespace

Result<NodeFacts> analyse_op(const SoftmaxOp& op, const Site& site) {
  VEIL_TRY_STATUS(site.expect_counts(1, 0, 0));
  VEIL_TRY_STATUS(site.expect_same_sizes());
  VEIL_TRY_STATUS(site.expect_one_scale());
  if (site.graph.output != site.node.output) return Error{"it must make the output"};
  if (site.out_size() < 2 || site.out_size() > kMaxClasses) return Error{"it has too few or too many classes"};
  const bool known = op.exp_bits >= 4 && op.exp_bits <= 16 && function_pieces_known(piece_list(parameters_of(op)));
  if (!known || site.in_scale(0) != op.input_scale_log2 || !Decay(op).is_usable()) {
    return Error{"its table is not one of those that are known"};
  }
  if (op.probability_bits < 1 || op.probability_bits > 16) return Error{"its output's unit is out of bounds"};
  VEIL_TRY_STATUS(site.expect_output_scale(-op.probability_bits));
  const IntegerRange in = site.in_range(0);
  return NodeFacts{in, {0, std::int64_t{1} << op.probability_bits}};
}

void evaluate_op(const SoftmaxOp& op, const Site& site, const Execution& execution) {
  const Decay decay(op);
  const std::vector<std::int64_t>& logits = execution.in(site, 0);
  std::vector<std::int64_t>& out = execution.out(site);
  out.clear();
  const std::int64_t largest = *std::max_element(logits.begin(), logits.end());
  std::int64_t sum = 0;
  for (const std::int64_t logit : logits) {
    const std::int64_t distance = std::min(largest - logit, last_distance(op));
    out.push_back((std::int64_t{1} << op.exp_bits) - decay.at(distance));
    sum += out.back();
  }
  for (std::int64_t& value : out) {
    value = (value * (std::int64_t{2} << op.probability_bits) + sum) / (2 * sum);
  }
}

Status lower_op(const SoftmaxOp& op, const Site& site, Lowerer& lowerer) {
  const Activation input = lowerer.see_whole(site.node.inputs[0], {site.out_size()}, {false}).value;
  const std::string& name = site.node.name;
  const Domain box = storage_box(input.storage);
  const Form& logits = input.form;
  const Activation distance = add_distances(lowerer, name, box, logits, site.in_range(0), last_distance(op));
  const Form exponential = add_exponentials(lowerer, name, box, op, distance);
  const View sum = add_sum(lowerer, name + "/sum", exponential, site.out_size());
  lowerer.activation(site.node.output).storage = input.storage;
  lowerer.softmax = SoftmaxParts{op, box, exponential, sum, site.out_size() << op.exp_bits};
  return Done{};
}

}  // namespace veil
