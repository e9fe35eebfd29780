#include "lookup/prove/lookup_answers.h"

#include <algorithm>

#include "field/arrays.h"
#include "parallel/parallel.h"
#include "poly/eq.h"

namespace veil {

namespace {

constexpr std::size_t kBlock = 2048;  // leaves made at a time

// work(first, p, q) for all blocks of leaves that are not all filler, on any thread.
template <class Work>
void for_leaf_blocks(const Leaves& leaves, const Work& work) {
  const std::size_t block = std::min(kBlock, leaves.size());
  for_ranges((leaves.used() + block - 1) / block, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<Fr> p(block), q(block);
    for (std::size_t i = begin; i < end; ++i) {
      leaves.fill(i * block, p, q);
      work(i * block, p, q);
    }
  });
}

}  // namespace

std::size_t LookupAnswers::used(unsigned layer) const {
  const unsigned up = leaves_.depth() - layer;
  return (leaves_.used() + (std::size_t{1} << up) - 1) >> up;
}

// Sums of filler are filler, 0/1, and need no arithmetic.
void LookupAnswers::build_layers() {
  layers_.assign(leaves_.depth(), {});
  for (unsigned k = 0; k < leaves_.depth(); ++k) {
    layers_[k].p.resize(std::size_t{1} << k);
    layers_[k].q.resize(std::size_t{1} << k, Fr::one());
  }
  Layer& lowest = layers_.back();
  for_leaf_blocks(leaves_, [&](std::size_t first, std::span<const Fr> p, std::span<const Fr> q) {
    add_fractions(std::span(lowest.p).subspan(first / 2, p.size() / 2),
                  std::span(lowest.q).subspan(first / 2, q.size() / 2), p, q);
  });
  for (unsigned k = leaves_.depth() - 1; k-- > 0;) {
    const std::size_t count = used(k);
    const Layer& below = layers_[k + 1];
    add_fractions(std::span(layers_[k].p).first(count), std::span(layers_[k].q).first(count),
                  std::span(below.p).first(2 * count), std::span(below.q).first(2 * count));
  }
}

Fr LookupAnswers::answer(const RootQuestion& question) {
  if (!question.inverse) {
    leaves_.set_coins(question.gamma, question.alpha);
    build_layers();
  }
  const Fr& q = layers_[0].q[0];
  return question.inverse ? q.inverse() : q;
}

// The pairs of the layer below, from its row `first` on, become rows of the four tables.
void LookupAnswers::separate(std::size_t first, std::span<const Fr> p, std::span<const Fr> q) {
  const std::size_t count = p.size() / 2;
  for (std::size_t i = 0; i < count; ++i) {
    tables_[kP0][first + i] = p[2 * i];
    tables_[kR1][first + i] = p[2 * i + 1];
    tables_[kQ0][first + i] = q[2 * i];
    tables_[kQ1][first + i] = q[2 * i + 1];
  }
  axpy(std::span(tables_[kR1]).subspan(first, count), lambda_, std::span(tables_[kQ1]).subspan(first, count));
}

void LookupAnswers::start_layer(unsigned layer, const Fr& lambda, std::span<const Fr> point) {
  if (!point.empty()) {  // the claim that the layer above left, at its point and mu
    const std::array<Fr, 4> above = ends();
    const Fr& mu = point.back();
    claim_ = above[0] + (above[1] - above[0]) * mu + lambda * (above[2] + (above[3] - above[2]) * mu);
    eq_ = eq_table(point.subspan(1));
    point_inverses_.assign(point.begin(), point.end());
    batch_inverse(point_inverses_);
  }
  lambda_ = lambda;
  size_ = std::size_t{1} << layer;
  tables_[kP0].assign(size_, Fr::zero());
  tables_[kR1].assign(size_, lambda);
  tables_[kQ0].assign(size_, Fr::one());
  tables_[kQ1].assign(size_, Fr::one());
  if (layer + 1 < leaves_.depth()) {
    Layer& below = layers_[layer + 1];
    for_ranges(used(layer), kBlock, [&](std::size_t begin, std::size_t end) {
      separate(begin, std::span(below.p).subspan(2 * begin, 2 * (end - begin)),
               std::span(below.q).subspan(2 * begin, 2 * (end - begin)));
    });
    below = {};
  } else {
    for_leaf_blocks(
        leaves_, [&](std::size_t first, std::span<const Fr> p, std::span<const Fr> q) { separate(first / 2, p, q); });
  }
  current_layer_ = layer;
  bound_ = 0;
}

void LookupAnswers::bind(unsigned layer, std::span<const Fr> bound) {
  if (current_layer_ != layer) start_layer(layer, Fr::zero(), {});  // layer 0, which has no rounds
  for (; bound_ < bound.size(); ++bound_) {
    const Fr& coin = bound[bound_];
    for (std::vector<Fr>& table : tables_) fold(std::span(table).first(size_), coin);
    size_ /= 2;
    claim_ = round_[0] + coin * (round_[1] + coin * round_[2]);
    const std::size_t half = size_ / 2;  // eq summed over the coordinate that the next round is about
    for (std::size_t i = 0; i < half; ++i) eq_[i] += eq_[i + half];
  }
}

// For a point with a coordinate zero, where the claim says nothing of t(1): never in a run with random coins.
Fr LookupAnswers::value_at_one() const {
  const std::size_t half = size_ / 2;
  Fr sum;
  for (std::size_t i = 0; i < half; ++i) {
    sum += eq_[i] * (tables_[kP0][half + i] * tables_[kQ1][half + i] + tables_[kQ0][half + i] * tables_[kR1][half + i]);
  }
  return sum;
}

Fr LookupAnswers::answer(const LayerRoundQuestion& question) {
  if (question.degree == 2) return round_[2];
  if (current_layer_ != question.layer) start_layer(question.layer, question.lambda, question.point);
  bind(question.layer, question.bound);
  const ProductRound round =
      fraction_round(std::span(eq_).first(size_ / 2),
                     {tables_[kP0].data(), tables_[kR1].data(), tables_[kQ0].data(), tables_[kQ1].data()});
  const Fr& inverse = point_inverses_[question.round];
  const Fr step = inverse.is_zero() ? value_at_one() - round.constant : (claim_ - round.constant) * inverse;
  round_ = {round.constant, step - round.square, round.square};
  return round_[1];
}

std::array<Fr, 4> LookupAnswers::ends() const {
  const Fr& q1 = tables_[kQ1][0];
  return {tables_[kP0][0], tables_[kR1][0] - lambda_ * q1, tables_[kQ0][0], q1};
}

Fr LookupAnswers::answer(const LayerEndQuestion& question) {
  bind(question.layer, question.bound);
  return ends()[question.which];
}

}  // namespace veil
