// Round, to the nearest whole number with ties to the even one. Where it ends a product that a quantised model brings
// to 8 bits, the product's own rescale rounds, once and from all its bits; elsewhere it is written with other nodes.
#include <algorithm>
#include <cmath>

#include "quant/plan_builder.h"

namespace veil {

namespace {

constexpr double kMostWhole = 1 << 14;  // of the bounds and the zero point of a quantised type

bool is_whole(double value) { return std::floor(value) == value && std::fabs(value) <= kMostWhole; }

PlanValue value_like(const PlanValue& from, bool is_integer) {
  return {from.name, from.size, {}, from.source ? from.source : from.like, from.largest, is_integer};
}

class RoundSettler {
 public:
  explicit RoundSettler(Plan& plan) : plan_(plan) {}

  void run() {
    bool changed = true;
    while (changed) {
      refresh();
      changed = false;
      for (std::size_t i = 0; i < plan_.nodes.size() && !changed; ++i) {
        if (!std::holds_alternative<PlanRound>(plan_.nodes[i].op)) continue;
        if (!fuse(i)) write_out(i);
        changed = true;
      }
    }
  }

 private:
  // A quantisation: product, then maybe a Relu, Round, maybe a zero point, Clip.
  struct Chain {
    std::size_t product = 0, round = 0, clip = 0;
    std::optional<std::size_t> relu = {}, shift = {};
    double zero_point = 0, largest = 0;
  };

  void refresh() {
    consumers_ = plan_consumers(plan_);
    producer_.assign(plan_.values.size(), std::nullopt);
    for (std::size_t i = 0; i < plan_.nodes.size(); ++i) producer_[plan_.nodes[i].output] = i;
  }

  // The node that makes a value for one reader only, if it is of this kind.
  template <class Op>
  std::optional<std::size_t> only_producer(PlanId id) const {
    if (id == plan_.output || consumers_[id].size() != 1 || !producer_[id]) return std::nullopt;
    return std::holds_alternative<Op>(plan_.nodes[*producer_[id]].op) ? producer_[id] : std::nullopt;
  }
  template <class Op>
  std::optional<std::size_t> only_reader(PlanId id) const {
    if (id == plan_.output || consumers_[id].size() != 1) return std::nullopt;
    const std::size_t reader = consumers_[id][0];
    return std::holds_alternative<Op>(plan_.nodes[reader].op) ? std::optional(reader) : std::nullopt;
  }

  std::optional<Chain> chain_around(std::size_t round) const {
    Chain chain;
    chain.round = round;
    PlanId before = plan_.nodes[round].inputs[0];
    chain.relu = only_producer<PlanRelu>(before);
    if (chain.relu) before = plan_.nodes[*chain.relu].inputs[0];
    const auto product = only_producer<PlanEinsum>(before);
    if (!product || !std::get<PlanEinsum>(plan_.nodes[*product].op).has_weight) return std::nullopt;
    chain.product = *product;
    PlanId after = plan_.nodes[round].output;
    chain.shift = only_reader<PlanAffine>(after);
    if (chain.shift) {
      const auto& affine = std::get<PlanAffine>(plan_.nodes[*chain.shift].op);
      if (!affine.factor.empty() || affine.addend.size() != 1 || !is_whole(affine.addend[0])) return std::nullopt;
      chain.zero_point = affine.addend[0];
      after = plan_.nodes[*chain.shift].output;
    }
    const auto clip = only_reader<PlanClip>(after);
    if (!clip) return std::nullopt;
    const auto& bounds = std::get<PlanClip>(plan_.nodes[*clip].op);
    if (!is_whole(bounds.low) || !is_whole(bounds.high)) return std::nullopt;
    chain.clip = *clip;
    chain.largest = std::max(std::fabs(bounds.low), std::fabs(bounds.high)) + std::fabs(chain.zero_point);
    return chain;
  }

  // The integers in between need to be told apart only as far as the clip does.
  void make_integer(PlanId id, double largest) {
    PlanValue& value = plan_.values[id];
    value.source = value.like = std::nullopt;
    value.largest = largest;
    value.is_integer = true;
  }

  bool fuse(std::size_t round) {
    const auto found = chain_around(round);
    if (!found) return false;
    const Chain& chain = *found;
    PlanNode& product = plan_.nodes[chain.product];
    std::get<PlanEinsum>(product.op).rounds = true;
    make_integer(product.output, chain.relu ? chain.largest : 0);
    PlanId last = product.output;
    if (chain.relu) {
      last = plan_.nodes[*chain.relu].output;
      make_integer(last, chain.largest);
    }
    const PlanId read = plan_.nodes[chain.round].output;
    plan_.values[plan_.nodes[chain.clip].output].is_integer = true;
    if (chain.shift && !chain.relu) {
      add_to_bias(std::get<PlanEinsum>(product.op), chain.zero_point);
      plan_.nodes[chain.clip].inputs[0] = last;
    } else if (chain.shift) {
      make_integer(plan_.nodes[*chain.shift].output, chain.largest);
    }
    for (PlanNode& node : plan_.nodes) std::replace(node.inputs.begin(), node.inputs.end(), read, last);
    std::vector<std::size_t> dead{chain.round};
    if (chain.shift && !chain.relu) dead.push_back(*chain.shift);
    std::sort(dead.rbegin(), dead.rend());
    for (const std::size_t i : dead) plan_.nodes.erase(plan_.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }

  static void add_to_bias(PlanEinsum& product, double number) {
    if (product.bias.empty()) product.bias = {0.0};  // by no axes: the same for every element
    for (double& bias : product.bias) bias += number;
  }

  // r = floor(x + 1/2), less one where r is odd and r - 1/2 = x.
  void write_out(std::size_t at) {
    const PlanNode round = plan_.nodes[at];
    const PlanId x = round.inputs[0];
    const PlanValue like = plan_.values[x];
    const PlanValue real = value_like(like, false);
    const PlanValue whole = value_like(like, true);
    const PlanValue bit{like.name, like.size, {}, {}, 1.0, true};
    std::vector<PlanNode> nodes;
    const auto add = [&](const PlanValue& value, std::vector<PlanId> inputs, PlanOp op) {
      plan_.values.push_back(value);
      const auto id = static_cast<PlanId>(plan_.values.size() - 1);
      nodes.push_back(PlanNode{round.source, std::move(inputs), id, std::move(op)});
      return id;
    };
    const PlanValue one_half{like.name, 1, {}, {}, 0.5, false};
    const PlanId half = add(one_half, {}, PlanConstant{{0.5}});
    PlanValue repeated = one_half;
    repeated.size = like.size;
    const PlanId halves = like.size == 1 ? half : add(repeated, {half}, PlanView{{1}, {like.size}, {0}, {}, 0});
    const PlanId raised = add(real, {x, halves}, PlanSum{{1, 1}});
    const PlanId nearest = add(whole, {raised}, PlanFloor{});
    const PlanId no_tie = add(bit, {nearest, raised}, PlanStep{{1, -1}});  // floor(x + 1/2) < x + 1/2
    const PlanId halved = add(real, {nearest}, PlanScale{-1});
    const PlanId pairs = add(whole, {halved}, PlanFloor{});
    const PlanId odd = add(bit, {nearest, pairs, pairs}, PlanSum{{1, -1, -1}});  // r - 2 floor(r / 2)
    const PlanId tie = add(bit, {no_tie}, PlanSum{{-1}, 1});
    const PlanId down = add(bit, {tie, odd}, elementwise_product(like.size));
    nodes.push_back(PlanNode{round.source, {nearest, down}, round.output, PlanSum{{1, -1}}});
    plan_.nodes.erase(plan_.nodes.begin() + static_cast<std::ptrdiff_t>(at));
    plan_.nodes.insert(plan_.nodes.begin() + static_cast<std::ptrdiff_t>(at), nodes.begin(), nodes.end());
  }

  Plan& plan_;
  std::vector<std::vector<std::size_t>> consumers_;
  std::vector<std::optional<std::size_t>> producer_;
};

}  // namespace

void settle_rounds(Plan& plan) { RoundSettler(plan).run(); }

}  // namespace veil
