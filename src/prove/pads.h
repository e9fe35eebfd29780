// Pads, masks and mask row of one transcript, with their commitments (protocol section 7, attacks 9).
//
// One set of pads used for two transcripts reveals every message of both. So: no files, and two ways to get them:
//   derived   expanded from a seed that hashes fresh entropy, the secret key, the witness and the statement together
//   pairs     a warm process prepares pairs (a, b) ahead; a proof uses a + h b with h from fresh entropy, the statement
//   and
//             the row commitments, so that a pair used twice (a cloned machine) still gives two unrelated sets of pads
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/locked.h"
#include "curve/g1.h"
#include "curve/msm.h"
#include "field/fr.h"
#include "hash/drbg.h"

namespace veil {

// A pad and a mask for each slot, and one more of the error; both are committed in rows of the matrix's columns.
// Scalars are laid out pads (num_slots + 1), masks (num_slots + 1), mask row (columns), blinders in the order of the
// rows: pads, masks, the mask row.
class Pads {
 public:
  // Samples and commits: sums of at most `columns` generators, from the committer's tables where there is one.
  static Pads sample(Drbg& drbg, std::size_t num_slots, std::size_t columns, const RowCommitter* committer = nullptr);
  // a + h b, commitments likewise. Sizes must agree.
  static Pads combine(const Pads& a, const Pads& b, const Fr& h);

  std::span<const Fr> pads() const { return part(0, num_pads()); }
  std::span<const Fr> masks() const { return part(num_pads(), num_pads()); }
  std::span<const Fr> mask_row() const { return part(2 * num_pads(), columns_); }
  // One for each row.
  std::span<const Fr> pads_blinders() const { return part(2 * num_pads() + columns_, rows()); }
  std::span<const Fr> masks_blinders() const { return part(2 * num_pads() + columns_ + rows(), rows()); }
  const Fr& mask_row_blinder() const { return scalars()[size() - 1]; }

  std::span<const G1Affine> pads_commitments() const { return std::span(commitments_).first(rows()); }
  std::span<const G1Affine> masks_commitments() const { return std::span(commitments_).subspan(rows(), rows()); }
  const G1Affine& mask_row_commitment() const { return commitments_.back(); }

  std::size_t num_slots() const { return num_slots_; }
  std::size_t columns() const { return columns_; }
  // That hold the pads, and as many the masks.
  std::size_t rows() const { return (num_pads() + columns_ - 1) / columns_; }

  // False in a forked child, where the memory reads as zeros: such pads must not be used.
  bool intact() const { return scalars()[size()] == Fr::one(); }

 private:
  Pads(std::size_t num_slots, std::size_t columns);
  std::size_t num_pads() const { return num_slots_ + 1; }
  std::size_t size() const { return 2 * num_pads() + columns_ + 2 * rows() + 1; }
  void commit(const RowCommitter* committer);
  std::span<const Fr> scalars() const { return {static_cast<const Fr*>(memory_.data()), size() + 1}; }
  std::span<Fr> scalars() { return {static_cast<Fr*>(memory_.data()), size() + 1}; }
  std::span<const Fr> part(std::size_t first, std::size_t count) const { return scalars().subspan(first, count); }

  std::size_t num_slots_;
  std::size_t columns_;
  LockedBuffer memory_;  // the scalars, then a one that shows that they are there
  std::vector<G1Affine> commitments_;
};

}  // namespace veil
