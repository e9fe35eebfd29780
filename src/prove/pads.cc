#include "prove/pads.h"

#include <vector>

#include "base/check.h"
#include "curve/generators.h"
#include "curve/msm.h"
#include "curve/sample.h"

namespace veil {

namespace {

constexpr std::size_t kBlinders = 5;

G1 commit(std::span<const Fr> scalars, const Fr& blinder) {
  const auto bases = generators(scalars.size());
  std::vector<G1Affine> points(bases.begin(), bases.end());
  points.push_back(blinding_generator());
  std::vector<Fr> weights(scalars.begin(), scalars.end());
  weights.push_back(blinder);
  const SecretVector<Fr> secret(std::move(weights));
  return msm(points, secret.expose());
}

}  // namespace

Pads Pads::sample(Drbg& drbg, std::size_t num_slots, std::size_t columns) {
  Pads out(num_slots, columns);
  out.scalars_ = SecretVector<Fr>(2 * num_slots + columns + kBlinders);
  for (Fr& scalar : out.scalars_.expose()) scalar = sample_fr(drbg);
  const G1 points[3] = {commit(out.pads(), out.pads_blinder()), commit(out.masks(), out.masks_blinder()),
                        commit(out.mask_row(), out.mask_row_blinder())};
  const std::vector<G1Affine> affine = G1::batch_to_affine(points);
  std::copy(affine.begin(), affine.end(), out.commitments_.begin());
  return out;
}

Pads Pads::combine(const Pads& a, const Pads& b, const Fr& h) {
  VEIL_CHECK(a.num_slots_ == b.num_slots_ && a.columns_ == b.columns_);
  Pads out(a.num_slots_, a.columns_);
  out.scalars_ = SecretVector<Fr>(a.scalars_.size());
  for (std::size_t i = 0; i < a.scalars_.size(); ++i) {
    out.scalars_.expose()[i] = a.scalars_.expose(i) + h * b.scalars_.expose(i);
  }
  std::vector<G1> points;
  for (std::size_t i = 0; i < a.commitments_.size(); ++i) {
    points.push_back(G1(b.commitments_[i]) * h + a.commitments_[i]);
  }
  const std::vector<G1Affine> affine = G1::batch_to_affine(points);
  std::copy(affine.begin(), affine.end(), out.commitments_.begin());
  return out;
}

}  // namespace veil
