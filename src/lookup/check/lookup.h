// LogUp-GKR: every lookup of a circuit in one fractional sum (protocol section 5).
//
//   sum_{lookups, x in box} 1/(alpha - t(x)) - sum_{tables, rows} m_row/(alpha - t(row)) = 0
//   t(tuple) = tag + gamma e_0 + gamma^2 e_1 + ...
//
// Papers: Haboeck, "Multivariate lookups based on logarithmic derivatives" (2022); Papini and Haboeck, "Improving
//   logarithmic derivative lookups using GKR" (2023), sections 3-4.
// Notation: layer k of the tree has 2^k pairs (p, q), pair i of layer k being the sum of pairs 2i, 2i+1 of layer k + 1:
//     p = p0 q1 + p1 q0,  q = q0 q1
//   claim at layer k:  p(r) + lambda q(r) = sum_x eq(r, x) [p0 q1 + q0 (p1 + lambda q1)](x),  eq factored out
// Shapes: 2^depth leaves (segments.h); leaf (1, alpha - t) inside a box, (-m, alpha - t) in a table, (0, 1) elsewhere.
// Values: multiplicities may be any field elements: a value outside its table is a pole whose residue is its count,
//   1 .. 2^40 < p, so no choice of m cancels it.
// Transcript: all rows are absorbed before; draws gamma, alpha; q of the root and its inverse; a layer: lambda, k
//   rounds of (c1, c2, coin), p0 p1 q0 q1, mu; then the hidden entries in segment order. Two linear claims, for p and q
//   of the leaves, are listed.
// Soundness: (leaves + rows) (width + 1) / p for alpha and gamma, 3 depth^2 / p for the rounds. q * inv = 1 forbids
// 0/0.
//   Still owed by the caller: the listed claims, and each ExpressionClaim returned.
// Zero-knowledge: every message is a slot; nothing here looks at a value.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/tables.h"
#include "claim/claims.h"
#include "lookup/check/segments.h"
#include "lookup/check/table_sums.h"
#include "poly/eq.h"
#include "sumcheck/round.h"

namespace veil {

// What the prover is asked. Spans and references are valid during the question only.
struct RootQuestion {
  const Fr& gamma;
  const Fr& alpha;
  bool inverse;  // q of the root, or its inverse
};
struct LayerRoundQuestion {
  unsigned layer;
  unsigned round;
  unsigned degree;  // 1 or 2: the coefficient of t(X)
  const Fr& lambda;
  std::span<const Fr> point;  // of the layer's claim
  std::span<const Fr> bound;  // coins of the rounds before this one
};
struct LayerEndQuestion {
  unsigned layer;
  unsigned which;  // p0, p1, q0, q1
  std::span<const Fr> point;
  std::span<const Fr> bound;
};
struct LeafQuestion {
  std::size_t lookup;
  std::size_t entry;
  const AxisWeights& box;
};

template <class Checker>
class LookupArgument {
 public:
  using Value = typename Checker::Value;

  LookupArgument(Checker& checker, const Circuit& circuit, Claims<Checker>& claims)
      : checker_(checker), circuit_(circuit), claims_(claims), tree_(fraction_tree(circuit)) {}

  // Reduces all lookups to claims; returns the virtual entries as expression claims.
  std::vector<ExpressionClaim<Value>> reduce() {
    gamma_ = checker_.challenge("lookup/gamma");
    alpha_ = checker_.challenge("lookup/alpha");
    q_ = checker_.receive("lookup/root/q", RootQuestion{gamma_, alpha_, false});
    const Value inverse = checker_.receive("lookup/root/inverse", RootQuestion{gamma_, alpha_, true});
    checker_.require_equal(checker_.product(q_, inverse), constant(Fr::one()), "lookup/root");
    p_ = constant(Fr::zero());
    for (unsigned layer = 0; layer < tree_.depth; ++layer) reduce_layer(layer);
    reduce_leaves();
    return std::move(owed_);
  }

 private:
  Value constant(const Fr& value) const { return checker_.constant(value); }

  // From a claim on layer `layer` at point_ to one on the layer below.
  void reduce_layer(unsigned layer) {
    const std::string name = "lookup/" + std::to_string(layer);
    const Fr lambda = checker_.challenge(name + "/lambda");
    Value claim = p_ + q_ * lambda;
    std::vector<Fr> bound;
    for (unsigned round = 0; round < layer; ++round) {
      const std::string round_name = name + "/" + std::to_string(round);
      const Value c1 = checker_.receive(round_name + "/c1", LayerRoundQuestion{layer, round, 1, lambda, point_, bound});
      const Value c2 = checker_.receive(round_name + "/c2", LayerRoundQuestion{layer, round, 2, lambda, point_, bound});
      const Fr coin = checker_.challenge(round_name);
      claim = bind_eq_round(std::move(claim), c1, c2, point_[round], coin);
      bound.push_back(coin);
    }
    const auto end = [&](unsigned which, const char* label) {
      return checker_.receive(name + label, LayerEndQuestion{layer, which, point_, bound});
    };
    const Value p0 = end(0, "/p0");
    const Value p1 = end(1, "/p1");
    const Value q0 = end(2, "/q0");
    const Value q1 = end(3, "/q1");
    checker_.require_equal(checker_.product(p0, q1) + checker_.product(q0, p1 + q1 * lambda), claim, name + "/end");
    const Fr mu = checker_.challenge(name + "/mu");
    p_ = p0 + (p1 - p0) * mu;
    q_ = q0 + (q1 - q0) * mu;
    bound.push_back(mu);
    point_ = std::move(bound);
  }

  // p and q at the leaf point are linear in leaf values: filler (0, 1) everywhere, replaced inside the boxes. Hidden
  // entries stand on the other side of the equation.
  void reduce_leaves() {
    EqWeights eq({"L", point_});
    Functional leaf_p;
    Functional leaf_q{Fr::one(), {}};
    for (const LeafSegment& segment : tree_.segments) {
      const Fr selector = segment_selector(segment);
      if (segment.kind == LeafSegment::Kind::kTable) {
        add_table_leaf(segment.index, eq, selector, leaf_p, leaf_q);
      } else {
        add_lookup_leaf(segment.index, eq, selector, leaf_p, leaf_q);
      }
    }
    claims_.owe(std::move(leaf_p), p_, "lookup/leaf/p");
    claims_.owe(std::move(leaf_q), q_, "lookup/leaf/q");
  }

  // eq(high coordinates of the point, the segment's position)
  Fr segment_selector(const LeafSegment& segment) const {
    const unsigned high = tree_.depth - segment.bits;
    Fr out = Fr::one();
    for (unsigned i = 0; i < high; ++i) {
      const bool bit = (segment.first >> segment.bits >> (high - 1 - i) & 1) != 0;
      out *= bit ? point_[i] : Fr::one() - point_[i];
    }
    return out;
  }

  // A lookup's segment: inside the box p = 1 and q = alpha - t(entries).
  void add_lookup_leaf(std::size_t index, EqWeights& eq, const Fr& selector, Functional& p, Functional& q) {
    const Lookup& lookup = circuit_.lookups[index];
    const AxisWeights box = box_weights(lookup.domain, eq);
    Fr inside = selector;
    for (AxisId axis = 0; axis < lookup.domain.box_rank; ++axis) inside *= box[axis].total();
    p.constant += inside;
    q.constant += (alpha_ - Fr::one() - Fr::from_u64(lookup.table + 1)) * inside;
    Fr factor = selector;
    for (std::size_t entry = 0; entry < lookup.entries.size(); ++entry) {
      factor *= gamma_;
      const Expression& expression = lookup.entries[entry];
      if (expression.products.empty()) {
        q.add(claims_.of_linear(expression.linear, lookup.domain, box), -factor);
      } else {
        q_ = q_ + hidden_entry(index, entry, box) * factor;
      }
    }
  }

  // An entry with products is a hidden value that an expression claim owes.
  Value hidden_entry(std::size_t index, std::size_t entry, const AxisWeights& box) {
    const Lookup& lookup = circuit_.lookups[index];
    const std::string label = lookup.name + "/" + std::to_string(entry);
    const Value value = checker_.receive("leaf/" + label, LeafQuestion{index, entry, box});
    const std::size_t bits = axes_bits(lookup.domain, box_axes(lookup.domain));
    owed_.push_back({label, &lookup.entries[entry], &lookup.domain, box,
                     std::vector<Fr>(point_.end() - static_cast<std::ptrdiff_t>(bits), point_.end()), value});
    return value;
  }

  // A table's segment: p = -m, q = alpha - t(row), the columns evaluated by everyone.
  void add_table_leaf(std::size_t index, EqWeights& eq, const Fr& selector, Functional& p, Functional& q) {
    const Table& table = circuit_.tables[index];
    const auto rows = static_cast<std::int64_t>(table_rows(table));
    const Domain domain{{rows}, 1};
    const AxisWeights box = box_weights(domain, eq);
    Fr key = Fr::from_u64(index + 1) * box[0].total();
    Fr factor = gamma_;
    for (const Fr& sum : table_sums(table, box[0])) {
      key += factor * sum;
      factor *= gamma_;
    }
    p.parts.push_back({table.multiplicity, box, -selector});
    q.constant += selector * ((alpha_ - Fr::one()) * box[0].total() - key);
  }

  Checker& checker_;
  const Circuit& circuit_;
  Claims<Checker>& claims_;
  FractionTree tree_;
  Fr gamma_;
  Fr alpha_;
  Value p_;
  Value q_;
  std::vector<Fr> point_;
  std::vector<ExpressionClaim<Value>> owed_;
};

}  // namespace veil
