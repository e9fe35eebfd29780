// The prover's side of LogUp-GKR: the fraction tree and the coefficients of its sumchecks.
#pragma once

#include <optional>
#include <vector>

#include "circuit/circuit.h"
#include "circuit/trace.h"
#include "lookup/check/lookup.h"

namespace veil {

// Honest answers from a trace. The trace may be a lie; the algorithm then simply runs on.
class LookupAnswers {
 public:
  LookupAnswers(const Circuit& circuit, const Trace& trace);

  Fr answer(const RootQuestion& question);
  Fr answer(const LayerRoundQuestion& question);
  Fr answer(const LayerEndQuestion& question);
  Fr answer(const LeafQuestion& question);

 private:
  struct Layer {
    std::vector<Fr> p;
    std::vector<Fr> q;
  };

  void build_leaves(const Fr& gamma, const Fr& alpha);
  void add_lookup_leaves(const LeafSegment& segment, const Fr& gamma, const Fr& alpha);
  void add_table_leaves(const LeafSegment& segment, const Fr& gamma, const Fr& alpha);
  void build_layers();
  void start_layer(unsigned layer);
  void bind(unsigned layer, std::span<const Fr> bound);

  const Circuit& circuit_;
  const Trace& trace_;
  FractionTree tree_;
  std::vector<std::vector<std::vector<Int128>>> entries_;  // by lookup and entry, over the box
  std::vector<Layer> layers_;                              // root first
  // The layer at hand: p0, p1, q0, q1 of the rows not yet bound, and eq of the coordinates not yet bound.
  std::vector<Fr> tables_[4];
  std::vector<std::vector<Fr>> eq_tails_;
  std::optional<unsigned> current_layer_;
  std::size_t bound_ = 0;
  Fr c2_;
};

}  // namespace veil
