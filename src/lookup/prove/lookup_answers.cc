#include "lookup/prove/lookup_answers.h"

#include <algorithm>

#include "field/arrays.h"
#include "lookup/prove/neighbours.h"
#include "parallel/parallel.h"

namespace veil {

namespace {

constexpr std::size_t kGrain = 4;  // blocks made at a time: tens of microseconds

}  // namespace

// One room for all layers: the rows that are used, in whole blocks. At least half of a layer, as that is what its first
// coin leaves. A layer that is made again has the room from its beginning, when no other layer is in it.
void LookupAnswers::make_room() {
  const unsigned depth = leaves_.depth();
  layers_.clear();
  std::size_t total = 0;
  for (unsigned k = 0; k < depth && !is_streamed(k); ++k) {
    const unsigned up = depth - k;
    const std::size_t used = (leaves_.used() + (std::size_t{1} << up) - 1) >> up;
    const std::size_t rows = std::min(kBlockRows, std::size_t{1} << k);
    const std::size_t needed = std::max({used, (std::size_t{1} << k) / 2, std::size_t{1}});
    layers_.push_back({nullptr, rows, (needed + rows - 1) / rows});
    if (!is_remade(k)) total += rows * layers_.back().blocks;
  }
  if (is_streamed(depth - 1)) total = std::max(total, leaves_.size() / 4);
  room_.emplace(kElementsPerRow * total);
  Fr* at = room_->data();
  for (unsigned k = 0; k < layers_.size(); ++k) {
    layers_[k].data = is_remade(k) ? room_->data() : at;
    at += kElementsPerRow * layers_[k].rows * layers_[k].blocks;
  }
}

// 1 / (b + f v0) + 1 / (b + f v1), from the sums and products of the integers.
bool LookupAnswers::add_affine_leaves(std::size_t block, const MutableFractions& out) const {
  const std::optional<Leaves::AffineRows> rows = leaves_.affine_denominators(block * kBlockRows);
  Neighbours integers;
  if (!rows || rows->columns.width != 1 || !integers.take(rows->columns.data[0])) return false;
  const Fr& base = rows->base;
  const Fr& factor = rows->columns.factors[0];
  const IntegerColumns numerators{1, {integers.sums.data()}, {factor}};
  const IntegerColumns denominators{
      2, {integers.sums.data(), integers.products.data()}, {base * factor, factor.square()}};
  combine_alternate({out.p0, kBlockRows / 2}, base.doubled(), numerators, 0);
  combine_alternate({out.p1, kBlockRows / 2}, base.doubled(), numerators, 1);
  combine_alternate({out.q0, kBlockRows / 2}, base.square(), denominators, 0);
  combine_alternate({out.q1, kBlockRows / 2}, base.square(), denominators, 1);
  return true;
}

// The same where both leaves are inside the box or both are padding, 0/1 + 0/1 = 0/1.
bool LookupAnswers::add_padded_leaves(std::size_t block, const MutableFractions& out) const {
  Leaves::PaddedRows rows;
  Neighbours integers, inside;
  if (!leaves_.padded_denominators(block * kBlockRows, rows) || !integers.take(rows.values.data())) return false;
  inside.take(rows.inside.data());
  if (std::find(inside.sums.begin(), inside.sums.end(), 1) != inside.sums.end()) return false;
  const IntegerColumns numerators{
      2, {inside.products.data(), integers.sums.data()}, {rows.base.doubled(), rows.factor}};
  const IntegerColumns denominators{3,
                                    {inside.products.data(), integers.sums.data(), integers.products.data()},
                                    {rows.base.square() - Fr::one(), rows.base * rows.factor, rows.factor.square()}};
  combine_alternate({out.p0, kBlockRows / 2}, Fr::zero(), numerators, 0);
  combine_alternate({out.p1, kBlockRows / 2}, Fr::zero(), numerators, 1);
  combine_alternate({out.q0, kBlockRows / 2}, Fr::one(), denominators, 0);
  combine_alternate({out.q1, kBlockRows / 2}, Fr::one(), denominators, 1);
  return true;
}

// The sums of a block of rows of leaves: half as many rows.
void LookupAnswers::add_leaves(std::size_t block, const MutableFractions& out, Fr* scratch) const {
  if (add_affine_leaves(block, out) || add_padded_leaves(block, out)) return;
  MutableFractions made = FractionBlocks{scratch, kBlockRows, 1}.block(0);
  const std::optional<Fr> numerator = leaves_.rows(block * kBlockRows, kBlockRows, made);
  if (numerator == Fr::one()) {
    made.p0 = made.p1 = nullptr;
  } else if (numerator) {
    fill_numerators(made, kBlockRows, *numerator);
  }
  add_fractions(out, made, kBlockRows / 2);
}

// From the two blocks, or the one twice as long, of the layer below.
void LookupAnswers::make_block(unsigned layer, std::size_t index, const MutableFractions& out) const {
  const std::size_t rows = layers_[layer].rows;
  if (layer + 1 == leaves_.depth()) {
    const std::optional<Fr> numerator = leaves_.rows(index * rows, rows, out);
    if (numerator) fill_numerators(out, rows, *numerator);
    return;
  }
  if (layer + 1 < layers_.size() && layers_[layer + 1].rows == 2 * rows) {
    return add_fractions(out, layers_[layer + 1].block(0), rows);
  }
  const std::size_t half = rows / 2;
  const FrRoom scratch(is_streamed(layer + 1) || is_remade(layer + 1) ? kElementsPerRow * kBlockRows : 0);
  for (std::size_t k = 0; k < 2; ++k) {
    const std::size_t below = 2 * index + k;
    const MutableFractions sums = out.from(k * half);
    if (is_streamed(layer + 1)) {
      add_leaves(below, sums, scratch.data());
    } else if (below >= layers_[layer + 1].blocks) {
      fill_filler(sums, half);
    } else if (is_remade(layer + 1)) {
      const MutableFractions made = FractionBlocks{scratch.data(), kBlockRows, 1}.block(0);
      make_block(layer + 1, below, made);
      add_fractions(sums, made, half);
    } else {
      add_fractions(sums, layers_[layer + 1].block(below), half);
    }
  }
}

void LookupAnswers::make_layer(unsigned layer) {
  const FractionBlocks& own = layers_[layer];
  for_ranges_of(own.blocks, kGrain, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) make_block(layer, i, own.block(i));
  });
}

void LookupAnswers::build_layers() {
  make_room();
  for (auto k = static_cast<unsigned>(layers_.size()); k-- > 0;) {
    if (!is_remade(k)) make_layer(k);
  }
  const MutableFractions root = layers_[0].block(0);
  root_q_ = *root.q0 * *root.q1;
}

// Sums over identities follow, which need room of their own.
void LookupAnswers::release() {
  rounds_.reset();
  current_layer_.reset();
  layers_.clear();
  room_.reset();
}

Fr LookupAnswers::answer(const RootQuestion& question) {
  if (question.inverse) return root_q_.inverse();
  leaves_.set_coins(question.gamma, question.alpha);
  build_layers();
  return root_q_;
}

void LookupAnswers::start_layer(unsigned layer, const Fr& lambda, std::span<const Fr> point) {
  if (!point.empty()) {  // the claim that the layer above left, at its point and mu
    const std::array<Fr, 4> above = rounds_->ends();
    const Fr& mu = point.back();
    claim_ = above[0] + (above[1] - above[0]) * mu + lambda * (above[2] + (above[3] - above[2]) * mu);
    point_inverses_.assign(point.begin(), point.end());
    batch_inverse(point_inverses_);
  }
  if (is_remade(layer)) make_layer(layer);
  if (is_streamed(layer)) {
    rounds_.emplace(leaves_, room_->data(), point, lambda);
  } else {
    rounds_.emplace(layers_[layer], point, lambda);
  }
  current_layer_ = layer;
  bound_ = 0;
}

void LookupAnswers::bind(unsigned layer, std::span<const Fr> bound) {
  if (current_layer_ != layer) start_layer(layer, Fr::zero(), {});  // layer 0, which has no rounds
  for (; bound_ < bound.size(); ++bound_) {
    const Fr& coin = bound[bound_];
    rounds_->bind(coin);
    claim_ = round_[0] + coin * (round_[1] + coin * round_[2]);
  }
}

Fr LookupAnswers::answer(const LayerRoundQuestion& question) {
  if (question.degree == 2) return round_[2];
  if (current_layer_ != question.layer) start_layer(question.layer, question.lambda, question.point);
  bind(question.layer, question.bound);
  const ProductRound round = rounds_->round();
  const Fr& inverse = point_inverses_[question.round];
  // A point with a coordinate zero, where the claim says nothing of t(1), never occurs in a run with random coins.
  const Fr step = inverse.is_zero() ? rounds_->value_at_one() - round.constant : (claim_ - round.constant) * inverse;
  round_ = {round.constant, step - round.square, round.square};
  return round_[1];
}

Fr LookupAnswers::answer(const LayerEndQuestion& question) {
  bind(question.layer, question.bound);
  const Fr end = rounds_->ends()[question.which];
  const bool is_last = question.layer + 1 == leaves_.depth() && question.which == 3;
  if (is_last) release();
  return end;
}

}  // namespace veil
