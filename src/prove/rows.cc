#include "prove/rows.h"

#include <algorithm>

#include "base/check.h"
#include "curve/generators.h"
#include "curve/sample.h"

namespace veil {

namespace {

// Enough rows at a time to share the committer's work, few enough that widening them costs no memory to speak of.
constexpr std::size_t kEntriesAtOnce = std::size_t{1} << 18;

std::vector<G1Affine> commit_in_parts(const RowCommitter& committer, const RowMatrix& matrix, const RowRange& rows) {
  const std::size_t step = std::max<std::size_t>(1, kEntriesAtOnce / matrix.columns());
  std::vector<G1Affine> out;
  out.reserve(rows.count);
  for (std::size_t at = 0; at < rows.count; at += step) {
    const RowRange part{rows.first + at, std::min(step, rows.count - at)};
    const std::vector<G1Affine> points = committer.commit_rows(matrix.entries(part), matrix.columns());
    out.insert(out.end(), points.begin(), points.end());
  }
  return out;
}

}  // namespace

RowBlinder::RowBlinder() : fixed_(blinding_generator()) {}

std::vector<G1Affine> commit_rows(const RowCommitter& committer, const RowBlinder& blinder, const RowMatrix& matrix,
                                  const RowRange& rows, std::span<const Fr> blinders) {
  VEIL_CHECK(blinders.empty() || blinders.size() == rows.count);
  if (rows.count == 0) return {};
  VEIL_CHECK(matrix.columns() == committer.columns());
  std::vector<G1Affine> points = commit_in_parts(committer, matrix, rows);
  if (!blinders.empty()) blinder.blind(blinders, points);
  return points;
}

SecretVector<Fr> sample_blinders(Drbg& drbg, std::size_t count) {
  SecretVector<Fr> out(count);
  for (Fr& scalar : out.expose()) scalar = sample_fr(drbg);
  return out;
}

}  // namespace veil
