#include "prove/rows.h"

#include "base/check.h"
#include "curve/generators.h"
#include "curve/sample.h"

namespace veil {

RowBlinder::RowBlinder() : fixed_(blinding_generator()) {}

std::vector<G1Affine> commit_rows(const RowCommitter& committer, const RowBlinder& blinder,
                                  std::span<const std::int64_t> matrix, const RowRange& rows,
                                  std::span<const Fr> blinders) {
  VEIL_CHECK(blinders.empty() || blinders.size() == rows.count);
  const std::size_t columns = committer.columns();
  if (rows.count == 0) return {};
  std::vector<G1Affine> points =
      committer.commit_rows(matrix.subspan(rows.first * columns, rows.count * columns), columns);
  if (!blinders.empty()) blinder.blind(blinders, points);
  return points;
}

SecretVector<Fr> sample_blinders(Drbg& drbg, std::size_t count) {
  SecretVector<Fr> out(count);
  for (Fr& scalar : out.expose()) scalar = sample_fr(drbg);
  return out;
}

}  // namespace veil
