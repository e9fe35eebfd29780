// Committing rows of small integers: Com_i = sum_j M[i][j] G_j + rho_i H.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/secret.h"
#include "commit/layout.h"
#include "curve/g1.h"
#include "curve/msm.h"
#include "hash/drbg.h"

namespace veil {

// Fixed tables that every commitment needs; built once a process and number of columns.
class RowBlinder {
 public:
  RowBlinder();
  // points[i] += blinders[i] H; equal sizes.
  void blind(std::span<const Fr> blinders, std::span<G1Affine> points) const { fixed_.add_multiples(blinders, points); }

 private:
  FixedBase fixed_;
};

// Some rows of the matrix. `blinders`: one for each of them, or none (a public model: rho = 0).
std::vector<G1Affine> commit_rows(const RowCommitter& committer, const RowBlinder& blinder, const RowMatrix& matrix,
                                  const RowRange& rows, std::span<const Fr> blinders);

SecretVector<Fr> sample_blinders(Drbg& drbg, std::size_t count);

}  // namespace veil
