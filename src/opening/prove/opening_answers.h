// The prover's side of the folded opening: the rows themselves, folded along.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "curve/msm.h"
#include "opening/check/folded_opening.h"

namespace veil {

class OpeningAnswers {
 public:
  // `rows`: as many as the shape has with their blinders; fewer are filled up with zeros. `committer`: tables, kept by
  // reference, or none.
  OpeningAnswers(const OpeningShape& shape, std::vector<std::vector<Fr>> rows, std::vector<Fr> blinders,
                 const RowCommitter* committer = nullptr);

  std::array<Fr, 2> answer(const RowCrossQuestion& question);
  Fr answer(const OpeningBlinderQuestion& question);
  // With the multiple of H.
  std::vector<G1> answer(const ColumnCrossQuestion& question);
  std::vector<Fr> answer(const OpenedRowQuestion& question);

 private:
  void bind_rows(std::span<const Fr> bound);
  void bind_columns(std::span<const Fr> bound);

  const RowCommitter* committer_;
  std::vector<std::vector<Fr>> rows_;
  std::vector<Fr> blinders_;
  std::size_t bound_rows_ = 0;
  std::size_t bound_columns_ = 0;
  std::vector<Fr> factors_{Fr::one()};  // of the generators that a folded one is made of, by their block of columns
};

}  // namespace veil
