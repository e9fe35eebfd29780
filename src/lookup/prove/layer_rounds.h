// The sumcheck of one layer of the fraction tree: its rows, bound coin by coin, and the sums of each round.
//
//   t(X) = sum_i eq(rest, i) [p0 q1 + q0 r1](X, i),  r1 = p1 + lambda q1, which is bound like the others
//
// of the leaves, where most numerators are 1 and stay one number for a whole block,
//
//   lambda t(X) = sum_i eq(rest, i) [r0 r1 - p0 p1](X, i),  r0 = p0 + lambda q0
//
// so that there is one product to sum and two arrays to bind. Both are sums of the products of four arrays, in the
// places p0 r1 q0 q1 and r0 -p0 p1 r1 of FractionRows. (lambda = 0, one of 2^254 coins, makes a proof that fails.)
//
// eq is a table of the last coordinates, which all blocks share, times a factor of the block. What the coin of a round
// leaves is stored while it is summed for the next, so that a round passes over the rows once.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "field/arrays.h"
#include "lookup/prove/fraction_blocks.h"
#include "lookup/prove/leaves.h"

namespace veil {

class LayerRounds {
 public:
  // A layer of 2^point.size() rows that are stored and end up bound in place.
  LayerRounds(const FractionBlocks& rows, std::span<const Fr> point, const Fr& lambda);
  // The rows of the leaves, at least kStreamedRows, which are made twice rather than kept: `room` is for what the first
  // coin leaves, a half of them.
  LayerRounds(const Leaves& leaves, Fr* room, std::span<const Fr> point, const Fr& lambda);
  static constexpr std::size_t kStreamedRows = 4 * kBlockRows;

  // Constant and square coefficient of the round at hand.
  ProductRound round() const { return {scale_ * sums_.constant, scale_ * sums_.square}; }
  // t(1), at the price of another pass.
  Fr value_at_one() const;
  void bind(const Fr& coin);
  // p0, p1, q0, q1 at the point, when all is bound.
  std::array<Fr, 4> ends() const;

 private:
  // Of a block whose rows all have the one numerator p0 = p1, only r0 and r1 are written.
  struct Block {
    Fractions rows;
    MutableFractions own;  // the same, but for filler
    std::optional<Fr> numerator;
  };

  void set_point(std::span<const Fr> point);
  void sum_first_round();
  void add_lambda(std::size_t index);
  bool is_streamed() const { return leaves_ != nullptr; }
  Block stored_block(std::size_t index) const;
  // Stored rows, filler, or leaves made in `scratch`.
  Block block(std::size_t index, Fr* scratch) const;
  static void complete(Block& block);
  ProductRound sum_pair(Block low, Block high) const;
  template <class Work>
  ProductRound sum_blocks(std::size_t pairs, std::size_t scratch_blocks, const Work& work) const;
  ProductRound fold_stored(std::size_t index, std::size_t pairs, const Fr& coin);
  ProductRound fold_last_block(const Fr& coin);
  std::optional<ProductRound> sum_affine(std::size_t index, std::size_t half) const;
  void fold_leaves(std::size_t index, std::size_t half, const Fr& coin, Fr* scratch);
  bool fold_padded(std::size_t index, std::size_t half, const Fr& coin);
  bool fold_affine(std::size_t index, std::size_t half, const Fr& coin);
  void fold_last_row(const Fr& coin);
  void halve_eq();

  FractionBlocks stored_;
  const Leaves* leaves_ = nullptr;
  std::vector<std::optional<Fr>> numerators_;  // of blocks that come from the leaves
  std::optional<FillerBlock> filler_;
  std::size_t rows_;  // what is left, 2^k
  Fr lambda_;
  Fr scale_ = Fr::one();
  std::vector<Fr> row_eq_;    // of the coordinates of a row in its block that are not yet bound but the next
  std::vector<Fr> block_eq_;  // of those of a block
  ProductRound sums_;
};

}  // namespace veil
