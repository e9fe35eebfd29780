#include "lookup/prove/lookup_answers.h"

#include <algorithm>

#include "circuit/tables.h"
#include "field/arrays.h"
#include "poly/eq.h"

namespace veil {

LookupAnswers::LookupAnswers(const Circuit& circuit, const Trace& trace)
    : circuit_(circuit), trace_(trace), tree_(fraction_tree(circuit)) {
  for (const Lookup& lookup : circuit.lookups) {
    std::vector<std::vector<Int128>> values;
    for (const Expression& entry : lookup.entries) {
      values.push_back(evaluate_expression(circuit, trace, lookup.domain, entry));
    }
    entries_.push_back(std::move(values));
  }
}

namespace {

// The leaf positions of a box, row-major over real lengths, as positions in the padded segment.
std::vector<std::size_t> padded_positions(const Domain& domain) {
  std::vector<std::size_t> positions{0};
  for (std::uint32_t axis = 0; axis < domain.box_rank; ++axis) {
    const auto length = static_cast<std::size_t>(domain.extent[axis]);
    const unsigned bits = log2_ceil(length);
    std::vector<std::size_t> next;
    next.reserve(positions.size() * length);
    for (const std::size_t position : positions) {
      for (std::size_t i = 0; i < length; ++i) next.push_back(position << bits | i);
    }
    positions = std::move(next);
  }
  return positions;
}

}  // namespace

void LookupAnswers::add_lookup_leaves(const LeafSegment& segment, const Fr& gamma, const Fr& alpha) {
  const Lookup& lookup = circuit_.lookups[segment.index];
  const std::vector<Fr> gammas = powers(gamma, lookup.entries.size() + 1);
  const Fr base = alpha - Fr::from_u64(lookup.table + 1);
  const std::vector<std::size_t> positions = padded_positions(lookup.domain);
  Layer& leaves = layers_.back();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    Fr q = base;
    for (std::size_t e = 0; e < lookup.entries.size(); ++e) {
      q -= gammas[e + 1] * Fr::from_int128(entries_[segment.index][e][i]);
    }
    leaves.p[segment.first + positions[i]] = Fr::one();
    leaves.q[segment.first + positions[i]] = q;
  }
}

void LookupAnswers::add_table_leaves(const LeafSegment& segment, const Fr& gamma, const Fr& alpha) {
  const Table& table = circuit_.tables[segment.index];
  const auto columns = table_columns(table);
  const std::vector<Fr> gammas = powers(gamma, columns.size() + 1);
  const Fr base = alpha - Fr::from_u64(segment.index + 1);
  Layer& leaves = layers_.back();
  for (std::size_t row = 0; row < columns[0].size(); ++row) {
    Fr q = base;
    for (std::size_t c = 0; c < columns.size(); ++c) q -= gammas[c + 1] * Fr::from_int(columns[c][row]);
    leaves.p[segment.first + row] = -Fr::from_int(trace_.values[table.multiplicity][row]);
    leaves.q[segment.first + row] = q;
  }
}

void LookupAnswers::build_leaves(const Fr& gamma, const Fr& alpha) {
  layers_.clear();
  const std::size_t size = std::size_t{1} << tree_.depth;
  layers_.push_back(Layer{std::vector<Fr>(size), std::vector<Fr>(size, Fr::one())});
  for (const LeafSegment& segment : tree_.segments) {
    if (segment.kind == LeafSegment::Kind::kLookup) {
      add_lookup_leaves(segment, gamma, alpha);
    } else {
      add_table_leaves(segment, gamma, alpha);
    }
  }
}

void LookupAnswers::build_layers() {
  layers_.reserve(tree_.depth + 1);
  while (layers_.back().p.size() > 1) {
    const Layer& below = layers_.back();
    const std::size_t half = below.p.size() / 2;
    Layer layer{std::vector<Fr>(half), std::vector<Fr>(half)};
    for (std::size_t i = 0; i < half; ++i) {
      layer.p[i] = below.p[2 * i] * below.q[2 * i + 1] + below.p[2 * i + 1] * below.q[2 * i];
      layer.q[i] = below.q[2 * i] * below.q[2 * i + 1];
    }
    layers_.push_back(std::move(layer));
  }
  std::reverse(layers_.begin(), layers_.end());
}

Fr LookupAnswers::answer(const RootQuestion& question) {
  if (!question.inverse) {
    build_leaves(question.gamma, question.alpha);
    build_layers();
  }
  const Fr& q = layers_[0].q[0];
  return question.inverse ? q.inverse() : q;
}

void LookupAnswers::start_layer(unsigned layer) {
  const Layer& below = layers_[layer + 1];
  const std::size_t half = below.p.size() / 2;
  for (std::vector<Fr>& table : tables_) table.resize(half);
  for (std::size_t i = 0; i < half; ++i) {
    tables_[0][i] = below.p[2 * i];
    tables_[1][i] = below.p[2 * i + 1];
    tables_[2][i] = below.q[2 * i];
    tables_[3][i] = below.q[2 * i + 1];
  }
  current_layer_ = layer;
  bound_ = 0;
}

void LookupAnswers::bind(unsigned layer, std::span<const Fr> bound) {
  if (current_layer_ != layer) start_layer(layer);
  for (; bound_ < bound.size(); ++bound_) {
    for (std::vector<Fr>& table : tables_) {
      fold(table, bound[bound_]);
      table.resize(table.size() / 2);
    }
  }
}

// t(X) = sum_i eq(rest, i) [p0 q1 + q0 (p1 + lambda q1)](X, i): its value at 1 less that at 0, and its X^2 coefficient.
Fr LookupAnswers::answer(const LayerRoundQuestion& question) {
  if (question.degree == 2) return c2_;
  bind(question.layer, question.bound);
  if (question.round == 0) {  // eq tables of every tail of the point, built from the shortest
    eq_tails_.assign(question.layer, {});
    std::vector<Fr> tail{Fr::one()};
    for (std::size_t first = question.layer; first-- > 0;) {
      eq_tails_[first] = tail;
      const Fr& r = question.point[first];
      std::vector<Fr> longer(2 * tail.size());
      for (std::size_t i = 0; i < tail.size(); ++i) {
        longer[i + tail.size()] = tail[i] * r;
        longer[i] = tail[i] - longer[i + tail.size()];
      }
      tail = std::move(longer);
    }
  }
  const std::vector<Fr>& eq = eq_tails_[question.round];
  const std::size_t half = tables_[0].size() / 2;
  Fr at_zero;
  Fr at_one;
  c2_ = Fr::zero();
  for (std::size_t i = 0; i < half; ++i) {
    const auto term = [&](const Fr& p0, const Fr& p1, const Fr& q0, const Fr& q1) {
      return p0 * q1 + q0 * (p1 + question.lambda * q1);
    };
    const Fr *p0 = &tables_[0][i], *p1 = &tables_[1][i], *q0 = &tables_[2][i], *q1 = &tables_[3][i];
    at_zero += eq[i] * term(*p0, *p1, *q0, *q1);
    at_one += eq[i] * term(p0[half], p1[half], q0[half], q1[half]);
    c2_ += eq[i] * term(p0[half] - *p0, p1[half] - *p1, q0[half] - *q0, q1[half] - *q1);
  }
  return at_one - at_zero - c2_;
}

Fr LookupAnswers::answer(const LayerEndQuestion& question) {
  bind(question.layer, question.bound);
  return tables_[question.which][0];
}

Fr LookupAnswers::answer(const LeafQuestion& question) {
  const Domain& domain = circuit_.lookups[question.lookup].domain;
  const std::vector<Int128>& values = entries_[question.lookup][question.entry];
  std::vector<Fr> weights{Fr::one()};
  for (std::uint32_t axis = 0; axis < domain.box_rank; ++axis) {
    std::vector<Fr> next;
    next.reserve(weights.size() * question.box[axis].values.size());
    for (const Fr& weight : weights) {
      for (const Fr& value : question.box[axis].values) next.push_back(weight * value);
    }
    weights = std::move(next);
  }
  Fr sum;
  for (std::size_t i = 0; i < values.size(); ++i) sum += weights[i] * Fr::from_int128(values[i]);
  return sum;
}

}  // namespace veil
