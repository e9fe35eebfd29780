#include "lookup/prove/layer_rounds.h"

#include <algorithm>

#include "lookup/prove/neighbours.h"
#include "parallel/parallel.h"
#include "poly/eq.h"

namespace veil {

namespace {

constexpr std::size_t kGrain = 2;  // pairs of blocks: tens of microseconds
constexpr std::size_t kBlockElements = kElementsPerRow * kBlockRows;

Fr fold_one(const Fr& low, const Fr& high, const Fr& coin) { return low + coin * (high - low); }

// Rows without -p0 and p1.
template <class Rows>
Rows first_product(const Rows& rows) {
  return {rows.p0, nullptr, nullptr, rows.q1};
}

// What rows of one numerator owe: -p0 p1, where the sum of all weights is 1.
void subtract_numerators(ProductRound& sums, const Fr& low, const Fr& high) {
  sums.constant -= low.square();
  sums.square -= (high - low).square();
}

}  // namespace

LayerRounds::LayerRounds(const FractionBlocks& rows, std::span<const Fr> point, const Fr& lambda)
    : stored_(rows), rows_(std::size_t{1} << point.size()), lambda_(lambda) {
  if (stored_.blocks * stored_.rows < rows_) filler_.emplace(lambda);
  set_point(point);
  sum_first_round();
}

LayerRounds::LayerRounds(const Leaves& leaves, Fr* room, std::span<const Fr> point, const Fr& lambda)
    : stored_{room, kBlockRows, leaves.size() / 4 / kBlockRows},
      leaves_(&leaves),
      numerators_(stored_.blocks),
      rows_(std::size_t{1} << point.size()),
      lambda_(lambda),
      scale_(lambda.inverse()) {
  set_point(point);
  sum_first_round();
}

void LayerRounds::set_point(std::span<const Fr> point) {
  if (point.empty()) return;
  const std::span<const Fr> rest = point.subspan(1);
  const std::size_t in_block = std::min<std::size_t>(rest.size(), log2_ceil(kBlockRows));
  row_eq_ = eq_table(rest.last(in_block));
  block_eq_ = eq_table(rest.first(rest.size() - in_block));
}

// Sums over the coordinate that the next round is about.
void LayerRounds::halve_eq() {
  std::vector<Fr>& table = block_eq_.size() > 1 ? block_eq_ : row_eq_;
  const std::size_t half = table.size() / 2;
  if (half == 0) return;
  for (std::size_t i = 0; i < half; ++i) table[i] += table[i + half];
  table.resize(half);
}

LayerRounds::Block LayerRounds::stored_block(std::size_t index) const {
  if (index >= stored_.blocks) return {filler_->rows(), {}, std::nullopt};
  const MutableFractions rows = stored_.block(index);
  return {rows, rows, numerators_.empty() ? std::nullopt : numerators_[index]};
}

LayerRounds::Block LayerRounds::block(std::size_t index, Fr* scratch) const {
  if (!is_streamed()) return stored_block(index);
  const MutableFractions made = FractionBlocks{scratch, kBlockRows, 1}.block(0);
  const std::optional<Fr> numerator = leaves_->weighted_rows(kBlockRows * index, kBlockRows, lambda_, made);
  return {made, made, numerator};
}

void LayerRounds::complete(Block& block) {
  if (!block.numerator) return;
  std::fill_n(block.own.p1, kBlockRows, -*block.numerator);
  std::fill_n(block.own.q0, kBlockRows, *block.numerator);
  block.numerator.reset();
}

ProductRound LayerRounds::sum_pair(Block low, Block high) const {
  if (low.numerator && high.numerator) {
    ProductRound sums = fraction_round(row_eq_, first_product(low.rows), first_product(high.rows));
    subtract_numerators(sums, *low.numerator, *high.numerator);
    return sums;
  }
  complete(low);
  complete(high);
  return fraction_round(row_eq_, low.rows, high.rows);
}

// The sum of work(i, scratch) over i < pairs, each times the weight of its block.
template <class Work>
ProductRound LayerRounds::sum_blocks(std::size_t pairs, std::size_t scratch_blocks, const Work& work) const {
  return sum_ranges_of<ProductRound>(pairs, kGrain, 1, [&](std::size_t begin, std::size_t end) {
    const FrRoom scratch(is_streamed() ? scratch_blocks * kBlockElements : 0);
    ProductRound out{};
    for (std::size_t i = begin; i < end; ++i) {
      const ProductRound part = work(i, scratch.data());
      out.constant += block_eq_[i] * part.constant;
      out.square += block_eq_[i] * part.square;
    }
    return out;
  });
}

// Of a block that is stored, on the first pass over it.
void LayerRounds::add_lambda(std::size_t index) {
  if (is_streamed() || index >= stored_.blocks) return;
  const MutableFractions rows = stored_.block(index);
  axpy(std::span(rows.p1, stored_.rows), lambda_, std::span<const Fr>(rows.q1, stored_.rows));
}

void LayerRounds::sum_first_round() {
  if (rows_ <= kBlockRows) {
    add_lambda(0);
    if (rows_ == 1) return;
    const Fractions rows = stored_.block(0);
    sums_ = fraction_round(row_eq_, rows, rows.from(rows_ / 2));
    return;
  }
  const std::size_t pairs = rows_ / (2 * kBlockRows);
  sums_ = sum_blocks(pairs, 2, [&](std::size_t i, Fr* scratch) {
    const std::optional<ProductRound> sums = sum_affine(i, pairs);
    if (sums) return *sums;
    add_lambda(i);
    add_lambda(i + pairs);
    return sum_pair(block(i, scratch), block(i + pairs, scratch + kBlockElements));
  });
}

Fr LayerRounds::value_at_one() const {
  if (rows_ <= kBlockRows) {
    const Fractions high = Fractions(stored_.block(0)).from(rows_ / 2);
    return scale_ * fraction_round(row_eq_, high, high).constant;
  }
  const std::size_t pairs = rows_ / (2 * kBlockRows);
  const ProductRound sums = sum_blocks(pairs, 1, [&](std::size_t i, Fr* scratch) {
    const Block high = block(i + pairs, scratch);
    return sum_pair(high, high);
  });
  return scale_ * sums.constant;
}

// The first round of leaves with one entry, where r = base + factor v, from the sums and products of integers.
std::optional<ProductRound> LayerRounds::sum_affine(std::size_t index, std::size_t half) const {
  if (!is_streamed()) return std::nullopt;
  const std::optional<Leaves::AffineRows> low = leaves_->affine_rows(kBlockRows * index, lambda_);
  const std::optional<Leaves::AffineRows> high = leaves_->affine_rows(kBlockRows * (index + half), lambda_);
  if (!low || !high || low->columns.width > 1 || high->columns.width > 1) return std::nullopt;
  // The factor, -lambda gamma, is the same in all lookups; filler has none, and no integers.
  const Fr& factor = low->columns.factors[0].is_zero() ? high->columns.factors[0] : low->columns.factors[0];
  const std::int64_t* low_integers = low->columns.data[0];
  const std::int64_t* high_integers = high->columns.data[0];
  Neighbours at_zero, steps;
  if (!at_zero.take(low_integers) || !steps.take_steps(low_integers, high_integers)) return std::nullopt;
  const auto sum = [&](const Neighbours& integers, const Fr& base) {
    return base.square() + base * factor * inner_product(row_eq_, integers.sums) +
           factor.square() * inner_product(row_eq_, integers.products);
  };
  ProductRound out{sum(at_zero, low->base), sum(steps, high->base - low->base)};
  subtract_numerators(out, low->numerator, high->numerator);
  return out;
}

// Of the leaves, where both blocks are one lookup's: the integers of the two are columns of one combination.
bool LayerRounds::fold_affine(std::size_t index, std::size_t half, const Fr& coin) {
  const std::optional<Leaves::AffineRows> low = leaves_->affine_rows(kBlockRows * index, lambda_);
  const std::optional<Leaves::AffineRows> high = leaves_->affine_rows(kBlockRows * (index + half), lambda_);
  if (!low || !high || low->columns.width + high->columns.width > IntegerColumns::kMaxWidth) return false;
  IntegerColumns columns = low->columns;
  for (Fr& factor : std::span(columns.factors).first(columns.width)) factor *= Fr::one() - coin;
  for (std::size_t k = 0; k < high->columns.width; ++k, ++columns.width) {
    columns.data[columns.width] = high->columns.data[k];
    columns.factors[columns.width] = coin * high->columns.factors[k];
  }
  const MutableFractions out = stored_.block(index);
  const Fr base = fold_one(low->base, high->base, coin);
  combine_alternate({out.p0, kBlockRows}, base, columns, 0);
  combine_alternate({out.q1, kBlockRows}, base, columns, 1);
  numerators_[index] = fold_one(low->numerator, high->numerator, coin);
  return true;
}

// The same where boxes have padding; numerators are integers too.
bool LayerRounds::fold_padded(std::size_t index, std::size_t half, const Fr& coin) {
  Leaves::PaddedRows low, high;
  if (!leaves_->padded_rows(kBlockRows * index, lambda_, low)) return false;
  if (!leaves_->padded_rows(kBlockRows * (index + half), lambda_, high)) return false;
  const Fr other = Fr::one() - coin;
  const IntegerColumns columns{
      4,
      {low.inside.data(), low.values.data(), high.inside.data(), high.values.data()},
      {other * (low.base - lambda_), other * low.factor, coin * (high.base - lambda_), coin * high.factor}};
  const MutableFractions out = stored_.block(index);
  combine_alternate({out.p0, kBlockRows}, lambda_, columns, 0);
  combine_alternate({out.q1, kBlockRows}, lambda_, columns, 1);
  const IntegerColumns negated{2, {low.inside.data(), high.inside.data()}, {-other, -coin}};
  const IntegerColumns numerators{2, {low.inside.data(), high.inside.data()}, {other, coin}};
  combine_alternate({out.p1, kBlockRows}, Fr::zero(), negated, 0);
  combine_alternate({out.q0, kBlockRows}, Fr::zero(), numerators, 1);
  numerators_[index].reset();
  return true;
}

// Blocks `index` and `index + half` of the leaves become the stored block `index`.
void LayerRounds::fold_leaves(std::size_t index, std::size_t half, const Fr& coin, Fr* scratch) {
  if (fold_affine(index, half, coin) || fold_padded(index, half, coin)) return;
  Block low = block(index, scratch), high = block(index + half, scratch + kBlockElements);
  const MutableFractions out = stored_.block(index);
  const auto fold_array = [&](Fr* to, const Fr* from_low, const Fr* from_high) {
    fold(std::span(to, kBlockRows), {from_low, kBlockRows}, {from_high, kBlockRows}, coin);
  };
  fold_array(out.p0, low.rows.p0, high.rows.p0);
  fold_array(out.q1, low.rows.q1, high.rows.q1);
  numerators_[index].reset();
  if (low.numerator && high.numerator) {
    numerators_[index] = fold_one(*low.numerator, *high.numerator, coin);
    return;
  }
  complete(low);
  complete(high);
  fold_array(out.p1, low.rows.p1, high.rows.p1);
  fold_array(out.q0, low.rows.q0, high.rows.q0);
}

// Four stored blocks become two.
ProductRound LayerRounds::fold_stored(std::size_t index, std::size_t pairs, const Fr& coin) {
  std::array<Block, 4> from;
  for (std::size_t k = 0; k < 4; ++k) from[k] = stored_block(index + k * pairs);
  const MutableFractions low = stored_.block(index), high = stored_.block(index + pairs);
  if (std::all_of(from.begin(), from.end(), [](const Block& block) { return block.numerator.has_value(); })) {
    const FractionPairs pair{{first_product(from[0].rows), first_product(from[1].rows)},
                             {first_product(from[2].rows), first_product(from[3].rows)}};
    ProductRound sums = fold_fraction_round(row_eq_, low, high, pair, coin);
    numerators_[index] = fold_one(*from[0].numerator, *from[2].numerator, coin);
    numerators_[index + pairs] = fold_one(*from[1].numerator, *from[3].numerator, coin);
    subtract_numerators(sums, *numerators_[index], *numerators_[index + pairs]);
    return sums;
  }
  for (Block& block : from) complete(block);
  if (!numerators_.empty()) numerators_[index] = numerators_[index + pairs] = std::nullopt;
  return fold_fraction_round(row_eq_, low, high, {{from[0].rows, from[1].rows}, {from[2].rows, from[3].rows}}, coin);
}

// To the rows of one block or fewer, which are complete from now on.
ProductRound LayerRounds::fold_last_block(const Fr& coin) {
  const std::size_t left = rows_ / 2;
  const std::size_t half = left / 2;
  const MutableFractions out = stored_.block(0);
  Block low = stored_block(0);
  complete(low);
  Block high{low.rows.from(left), {}, std::nullopt};
  if (rows_ > kBlockRows) {
    high = stored_block(1);
    complete(high);
  }
  if (!numerators_.empty()) numerators_[0].reset();
  return fold_fraction_round(row_eq_, out, out.from(half),
                             {{low.rows, low.rows.from(half)}, {high.rows, high.rows.from(half)}}, coin);
}

void LayerRounds::fold_last_row(const Fr& coin) {
  const MutableFractions out = stored_.block(0);
  for (Fr* table : {out.p0, out.p1, out.q0, out.q1}) table[0] = fold_one(table[0], table[1], coin);
}

void LayerRounds::bind(const Fr& coin) {
  halve_eq();
  const std::size_t left = rows_ / 2;
  const std::size_t pairs = left / (2 * kBlockRows);
  if (left == 1) {
    fold_last_row(coin);
  } else if (is_streamed()) {
    sums_ = sum_blocks(pairs, 2, [&](std::size_t i, Fr* scratch) {
      fold_leaves(i, 2 * pairs, coin, scratch);
      fold_leaves(i + pairs, 2 * pairs, coin, scratch);
      return sum_pair(stored_block(i), stored_block(i + pairs));
    });
  } else if (left > kBlockRows) {
    sums_ = sum_blocks(pairs, 0, [&](std::size_t i, Fr*) { return fold_stored(i, pairs, coin); });
  } else {
    sums_ = fold_last_block(coin);
  }
  rows_ = left;
  leaves_ = nullptr;
}

std::array<Fr, 4> LayerRounds::ends() const {
  const MutableFractions end = stored_.block(0);
  if (numerators_.empty()) return {*end.p0, *end.p1 - lambda_ * *end.q1, *end.q0, *end.q1};
  const Fr p0 = -*end.p1, p1 = *end.q0;
  return {p0, p1, scale_ * (*end.p0 - p0), scale_ * (*end.q1 - p1)};
}

}  // namespace veil
