#include "prove/pads.h"

#include <algorithm>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "base/secret.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "curve/sample.h"

namespace veil {

Pads::Pads(std::size_t num_slots, std::size_t columns)
    : num_slots_(num_slots), columns_(columns), memory_((size() + 1) * sizeof(Fr)) {
  static_assert(std::is_trivially_copyable_v<Fr> && std::is_trivially_destructible_v<Fr>);
  if (memory_.size_bytes() == 0) throw std::bad_alloc();
  std::uninitialized_fill_n(static_cast<Fr*>(memory_.data()), size() + 1, Fr::zero());
  scalars()[size()] = Fr::one();
}

Pads Pads::sample(Drbg& drbg, std::size_t num_slots, std::size_t columns, const RowCommitter* committer) {
  Pads out(num_slots, columns);
  for (Fr& scalar : out.scalars().first(out.size())) scalar = sample_fr(drbg);
  out.commit(committer);
  return out;
}

void Pads::commit(const RowCommitter* committer) {
  std::vector<Fr> values((2 * rows() + 1) * columns_);
  const auto at = [&](std::size_t row) { return values.begin() + static_cast<std::ptrdiff_t>(row * columns_); };
  std::copy(pads().begin(), pads().end(), at(0));
  std::copy(masks().begin(), masks().end(), at(rows()));
  std::copy(mask_row().begin(), mask_row().end(), at(2 * rows()));
  const SecretVector<Fr> secret(std::move(values));
  const std::span<const Fr> blinders = part(2 * num_pads() + columns_, 2 * rows() + 1);
  commitments_ =
      G1::batch_to_affine(committer != nullptr ? committer->commit_scalars(secret.expose(), columns_, blinders)
                                               : commit_scalars(secret.expose(), columns_, blinders));
}

Pads Pads::combine(const Pads& a, const Pads& b, const Fr& h) {
  VEIL_CHECK(a.num_slots_ == b.num_slots_ && a.columns_ == b.columns_);
  VEIL_CHECK(a.intact() && b.intact());
  Pads out(a.num_slots_, a.columns_);
  for (std::size_t i = 0; i < a.size(); ++i) out.scalars()[i] = a.scalars()[i] + h * b.scalars()[i];
  std::vector<G1> points;
  for (std::size_t i = 0; i < a.commitments_.size(); ++i) {
    points.push_back(G1(b.commitments_[i]) * h + a.commitments_[i]);
  }
  out.commitments_ = G1::batch_to_affine(points);
  return out;
}

}  // namespace veil
