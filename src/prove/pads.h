// Pads, masks and mask row of one transcript, with their commitments (protocol section 7, attacks 9).
//
// One set of pads used for two transcripts reveals every message of both. So: no files, and two ways to get them:
//   derived   expanded from a seed that hashes fresh entropy, the secret key, the witness and the statement together
//   pairs     a warm process prepares pairs (a, b) ahead; a proof uses a + h b with h from fresh entropy, the statement
//   and
//             the row commitments, so that a pair used twice (a cloned machine) still gives two unrelated sets of pads
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/locked.h"
#include "curve/g1.h"
#include "field/fr.h"
#include "hash/drbg.h"

namespace veil {

// Scalars are laid out pads (num_slots), masks (num_slots), mask row (columns), three blinders, two blinders of T0, T1.
class Pads {
 public:
  // Samples and commits: two sums of num_slots generators, one of `columns`.
  static Pads sample(Drbg& drbg, std::size_t num_slots, std::size_t columns);
  // a + h b, commitments likewise. Sizes must agree.
  static Pads combine(const Pads& a, const Pads& b, const Fr& h);

  std::span<const Fr> pads() const { return part(0, num_slots_); }
  std::span<const Fr> masks() const { return part(num_slots_, num_slots_); }
  std::span<const Fr> mask_row() const { return part(2 * num_slots_, columns_); }
  const Fr& pads_blinder() const { return blinder(0); }
  const Fr& masks_blinder() const { return blinder(1); }
  const Fr& mask_row_blinder() const { return blinder(2); }
  const Fr& t0_blinder() const { return blinder(3); }
  const Fr& t1_blinder() const { return blinder(4); }

  const G1Affine& pads_commitment() const { return commitments_[0]; }
  const G1Affine& masks_commitment() const { return commitments_[1]; }
  const G1Affine& mask_row_commitment() const { return commitments_[2]; }

  std::size_t num_slots() const { return num_slots_; }
  std::size_t columns() const { return columns_; }

  // False in a forked child, where the memory reads as zeros: such pads must not be used.
  bool intact() const { return scalars()[2 * num_slots_ + columns_ + kBlinders] == Fr::one(); }

 private:
  static constexpr std::size_t kBlinders = 5;

  Pads(std::size_t num_slots, std::size_t columns);
  std::size_t size() const { return 2 * num_slots_ + columns_ + kBlinders; }
  std::span<const Fr> scalars() const { return {static_cast<const Fr*>(memory_.data()), size() + 1}; }
  std::span<Fr> scalars() { return {static_cast<Fr*>(memory_.data()), size() + 1}; }
  std::span<const Fr> part(std::size_t first, std::size_t count) const { return scalars().subspan(first, count); }
  const Fr& blinder(std::size_t index) const { return scalars()[2 * num_slots_ + columns_ + index]; }

  std::size_t num_slots_;
  std::size_t columns_;
  LockedBuffer memory_;  // the scalars, then a one that shows that they are there
  std::array<G1Affine, 3> commitments_;
};

}  // namespace veil
