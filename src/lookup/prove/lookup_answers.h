// The prover's side of LogUp-GKR: the fraction tree and the coefficients of its sumchecks.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "lookup/check/lookup.h"
#include "lookup/prove/leaves.h"

namespace veil {

// Honest answers from a trace. The trace may be a lie; the algorithm then simply runs on.
//
// A round is t(X) = sum_i eq(rest, i) [p0 q1 + q0 r1](X, i) with r1 = p1 + lambda q1, which is bound like the others.
// Its constant and square coefficients are summed; the linear one comes from the claim, as
//   claim = t(0) + point[round] (t(1) - t(0)),   t(1) - t(0) = c1 + c2.
// Memory: 64 bytes a leaf for the tree without its leaves; layers are given back as the rounds pass them.
class LookupAnswers {
 public:
  LookupAnswers(const Circuit& circuit, const Trace& trace) : leaves_(circuit, trace) {}

  Fr answer(const RootQuestion& question);
  Fr answer(const LayerRoundQuestion& question);
  Fr answer(const LayerEndQuestion& question);
  Fr answer(const LeafQuestion& question) {
    return leaves_.weighted_entry(question.lookup, question.entry, question.box);
  }

 private:
  struct Layer {
    std::vector<Fr> p;
    std::vector<Fr> q;
  };
  enum Which : std::size_t { kP0, kR1, kQ0, kQ1 };

  // Of a layer's pairs (of the leaves: layer depth), those that are not all filler; a prefix.
  std::size_t used(unsigned layer) const;
  void build_layers();
  void start_layer(unsigned layer, const Fr& lambda, std::span<const Fr> point);
  void separate(std::size_t first, std::span<const Fr> p, std::span<const Fr> q);
  void bind(unsigned layer, std::span<const Fr> bound);
  Fr value_at_one() const;
  // p0, p1, q0, q1 at the point that is bound.
  std::array<Fr, 4> ends() const;

  Leaves leaves_;
  std::vector<Layer> layers_;  // root first, without the leaves
  // The layer at hand: its pairs of rows not yet bound, and eq of the coordinates not yet bound but the next.
  std::array<std::vector<Fr>, 4> tables_;
  std::size_t size_ = 0;  // of each table, what is left
  std::vector<Fr> eq_;
  std::optional<unsigned> current_layer_;
  std::size_t bound_ = 0;
  Fr lambda_;
  std::vector<Fr> point_inverses_;
  Fr claim_;
  std::array<Fr, 3> round_;  // coefficients
};

}  // namespace veil
