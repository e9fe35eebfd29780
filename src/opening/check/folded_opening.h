// The end of an argument: one linear claim on rows of scalars under commitments, by folding them.
//
//   sum_i <row_i, weights_i> = value,      K_i = <row_i, G> + b_i H
//   rows      low + x high under K_low + x K_high;     weights   x low + high;   value  a + x value + x^2 b
//   columns   the same of the one row that is left; the generators fold like the weights, and the two cross terms are
//             points, <w_low, G_high> and <w_high, G_low>, each with chi times its cross value on H
//   at last   <w, G'> + chi <w, weights> H = K, in one group equation
// Paper: Attema, Cramer, "Compressed Sigma-protocol theory" (ePrint 2020/152), sections 4 and 5; the idea is Bootle et
//   al., "Efficient zero-knowledge arguments for arithmetic circuits in the discrete log setting" (ePrint 2016/263).
//   Rows share the generators, so that their cross terms are scalars.
// Shapes: opening_shape.h. Rows are halved row_folds times, the columns column_folds times.
// Soundness: (2 row_folds + 2 column_folds + 1)/p, by special soundness (docs/protocol/opening.md).
// Zero-knowledge: none is added: rows and blinders are uniform, and could be sent as they are.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "curve/g1.h"
#include "field/fr.h"
#include "opening/check/opening_shape.h"

namespace veil {

// The public side of the claim, folded along. Any number of rows, all of one even length.
class OpeningWeights {
 public:
  explicit OpeningWeights(const OpeningShape& shape);

  std::span<Fr> row(std::size_t index) { return rows_[index]; }
  std::span<const Fr> row(std::size_t index) const { return rows_[index]; }
  // The weights of the messages' pads, which fill rows one after the other.
  Fr& pad(std::size_t index) { return rows_[index / columns_][index % columns_]; }

  void fold_rows(const Fr& coin);
  void fold_columns(const Fr& coin);

 private:
  std::size_t columns_;
  std::vector<std::vector<Fr>> rows_;
};

// Low with the weights of high, then high with the weights of low.
struct RowCrossQuestion {
  const OpeningWeights& weights;
  std::span<const Fr> bound;
};
struct ColumnCrossQuestion {
  const OpeningWeights& weights;
  const Fr& chi;
  std::span<const Fr> bound;
};
struct OpeningBlinderQuestion {
  std::span<const Fr> bound;  // of the rows
};
struct OpenedRowQuestion {
  std::span<const Fr> bound;  // of the columns
};

struct FoldedOpening {
  std::vector<Fr> row_coins;
  std::vector<Fr> column_coins;
  std::vector<std::array<G1Affine, 2>> crosses;  // of the columns
  Fr blinder;
  Fr chi;
  Fr value;             // after the rows
  std::vector<Fr> row;  // what is left
  Fr inner;             // <row, weights>

  // Of K_i in K, before the columns.
  Fr row_factor(std::size_t index) const;
  // Of G_j in <w, G'>: the row that is left, spread over all columns.
  std::vector<Fr> generator_scalars() const;
};

// The text that both sides run. A Side has scalars(label, question), points(label, question): two messages, absorbed as
// label + "/low" and "/high"; scalar(label, question); row(label, question); challenge(label).
template <class Side>
FoldedOpening fold_opening(Side& side, const OpeningShape& shape, OpeningWeights weights, const Fr& value) {
  FoldedOpening out;
  out.value = value;
  for (std::size_t round = 0; round < shape.row_folds(); ++round) {
    const std::string name = "open/rows/" + std::to_string(round);
    const std::array<Fr, 2> cross = side.scalars(name, RowCrossQuestion{weights, out.row_coins});
    const Fr coin = side.challenge(name);
    out.value = cross[0] + coin * (out.value + coin * cross[1]);
    weights.fold_rows(coin);
    out.row_coins.push_back(coin);
  }
  out.blinder = side.scalar("open/blinder", OpeningBlinderQuestion{out.row_coins});
  out.chi = side.challenge("open/chi");
  for (unsigned round = 0; round < shape.column_folds(); ++round) {
    const std::string name = "open/columns/" + std::to_string(round);
    out.crosses.push_back(side.points(name, ColumnCrossQuestion{weights, out.chi, out.column_coins}));
    const Fr coin = side.challenge(name);
    weights.fold_columns(coin);
    out.column_coins.push_back(coin);
  }
  out.row = side.row("open/row", OpenedRowQuestion{out.column_coins});
  out.inner = Fr::zero();
  for (std::size_t i = 0; i < out.row.size(); ++i) out.inner += out.row[i] * weights.row(0)[i];
  return out;
}

}  // namespace veil
