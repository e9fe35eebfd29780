// The prover's side of LogUp-GKR: the fraction tree and the coefficients of its sumchecks.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "lookup/check/lookup.h"
#include "lookup/prove/fraction_blocks.h"
#include "lookup/prove/layer_rounds.h"
#include "lookup/prove/leaves.h"

namespace veil {

// Honest answers from a trace. The trace may be a lie; the algorithm then simply runs on.
//
// Row i of layer k is the pairs 2i, 2i+1 of layer k + 1, the fractions that pair i of layer k adds; the rows of the
// lowest layer are the leaves. Only a prefix of the rows is stored, behind which all is filler: sums of filler are
// filler, 0/1, and need no arithmetic.
//
// The constant and square coefficients of a round are summed; the linear one comes from the claim, as
//   claim = t(0) + point[round] (t(1) - t(0)),   t(1) - t(0) = c1 + c2.
// Memory: 64 bytes a leaf for the layers without the leaves, whose room serves the leaves' sumcheck at last. In a large
// tree the layer of the leaves' sums, half of that, is not kept either: it is made again in the room of the layers
// above when these are done with.
class LookupAnswers {
 public:
  // Trees of so many leaves make the leaves' sums twice.
  static constexpr std::size_t kRemadeLeaves = std::size_t{1} << 20;

  LookupAnswers(const Circuit& circuit, const Trace& trace, std::size_t remade_leaves = kRemadeLeaves)
      : leaves_(circuit, trace), remade_leaves_(remade_leaves) {}

  Fr answer(const RootQuestion& question);
  Fr answer(const LayerRoundQuestion& question);
  Fr answer(const LayerEndQuestion& question);
  Fr answer(const LeafQuestion& question) {
    return leaves_.weighted_entry(question.lookup, question.entry, question.box);
  }

 private:
  bool is_streamed(unsigned layer) const {
    return layer + 1 == leaves_.depth() && (std::size_t{1} << layer) >= LayerRounds::kStreamedRows;
  }
  bool is_remade(unsigned layer) const {
    return layer + 2 == leaves_.depth() && is_streamed(layer + 1) && leaves_.size() >= remade_leaves_;
  }
  void make_room();
  void build_layers();
  void make_layer(unsigned layer);
  void make_block(unsigned layer, std::size_t index, const MutableFractions& out) const;
  void release();
  void add_leaves(std::size_t block, const MutableFractions& out, Fr* scratch) const;
  bool add_affine_leaves(std::size_t block, const MutableFractions& out) const;
  bool add_padded_leaves(std::size_t block, const MutableFractions& out) const;
  void start_layer(unsigned layer, const Fr& lambda, std::span<const Fr> point);
  void bind(unsigned layer, std::span<const Fr> bound);

  Leaves leaves_;
  std::size_t remade_leaves_;
  std::optional<FrRoom> room_;
  std::vector<FractionBlocks> layers_;  // root first, without those that are streamed
  Fr root_q_;
  std::optional<LayerRounds> rounds_;  // of the layer at hand
  std::optional<unsigned> current_layer_;
  std::size_t bound_ = 0;
  std::vector<Fr> point_inverses_;
  Fr claim_;
  std::array<Fr, 3> round_;  // coefficients
};

}  // namespace veil
