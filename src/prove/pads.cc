#include "prove/pads.h"

#include <algorithm>
#include <memory>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "base/secret.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "curve/sample.h"

namespace veil {

namespace {

G1 commit_row(std::span<const Fr> scalars, const Fr& blinder) {
  const auto bases = generators(scalars.size());
  std::vector<G1Affine> points(bases.begin(), bases.end());
  points.push_back(blinding_generator());
  std::vector<Fr> weights(scalars.begin(), scalars.end());
  weights.push_back(blinder);
  const SecretVector<Fr> secret(std::move(weights));
  return msm(points, secret.expose());
}

}  // namespace

Pads::Pads(std::size_t num_slots, std::size_t columns)
    : num_slots_(num_slots), columns_(columns), memory_((size() + 1) * sizeof(Fr)) {
  static_assert(std::is_trivially_copyable_v<Fr> && std::is_trivially_destructible_v<Fr>);
  std::uninitialized_fill_n(static_cast<Fr*>(memory_.data()), size() + 1, Fr::zero());
  scalars()[size()] = Fr::one();
}

Pads Pads::sample(Drbg& drbg, std::size_t num_slots, std::size_t columns) {
  Pads out(num_slots, columns);
  for (Fr& scalar : out.scalars().first(out.size())) scalar = sample_fr(drbg);
  out.commit();
  return out;
}

void Pads::commit() {
  std::vector<G1> points;
  const auto add = [&](std::span<const Fr> values, std::span<const Fr> blinders) {
    for (std::size_t i = 0; i < blinders.size(); ++i) {
      const std::span<const Fr> rest = values.subspan(i * columns_);
      points.push_back(commit_row(rest.first(std::min(columns_, rest.size())), blinders[i]));
    }
  };
  add(pads(), pads_blinders());
  add(masks(), masks_blinders());
  add(mask_row(), {&mask_row_blinder(), 1});
  commitments_ = G1::batch_to_affine(points);
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
