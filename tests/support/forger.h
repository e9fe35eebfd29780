// A prover who may change every message just before it is sent, and knows everything up to there.
//
// Without hooks it is the honest prover, written a second time from docs/protocol: its proofs verify.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "checker/pad_fold.h"
#include "support/proving.h"
#include "verify/joined_claims.h"

namespace veil::testing {

// A coin is a function of its label: what a prover could count on if nothing were absorbed before it.
class CoinsByLabel : public ChallengeOracle {
 public:
  explicit CoinsByLabel(std::uint64_t seed = 0) : seed_(seed) {}
  Fr challenge(std::string_view label) override;

 private:
  std::uint64_t seed_;
};

// The coins of a run that is over, whatever is said now; one for those that only a verifier draws.
class CoinsOfARun : public ChallengeOracle {
 public:
  explicit CoinsOfARun(std::map<std::string, Fr> coins) : coins_(std::move(coins)) {}
  Fr challenge(std::string_view label) override {
    const auto at = coins_.find(std::string(label));
    return at == coins_.end() ? Fr::one() : at->second;
  }

 private:
  std::map<std::string, Fr> coins_;
};

// What is committed before the first coin, beside the witness. Rows of pads and masks are whole: the places behind the
// last pad are there too.
struct OneTimeValues {
  std::vector<Fr> pads, masks, mask_row;
  std::vector<Fr> pads_blinders, masks_blinders;
  Fr mask_row_blinder;

  // As an honest prover does it: zeros behind the last pad.
  static OneTimeValues sample(const OpeningShape& shape);
};

class Forger {
 public:
  // All are kept by reference. Without an oracle the coins are those of the hash.
  Forger(const Setting& setting, const OneTimeValues& values, ChallengeOracle* oracle);

  std::function<void(std::vector<G1Affine>&)> points;  // witness rows, P, S, mask row
  std::function<Fr(std::size_t, const Fr&)> answer;    // a message before its pad
  std::function<void(FoldClaims&)> fold;               // cross, error, delta
  std::function<void(FoldClaims&)> opened;             // the opened pads
  std::function<void(std::size_t, std::array<Fr, 2>&)> row_cross;
  std::function<void(Fr&)> blinder;
  std::function<void(std::size_t, std::array<G1, 2>&)> column_cross;
  std::function<void(std::vector<Fr>&)> row;
  std::vector<std::vector<Fr>> rows_beyond;  // after that of g', where the commitments are the identity

  Bytes prove();
  std::string verdict();  // of prove(), under the same oracle: empty where it is accepted

  // Of the last or the current run, as far as it has come.
  const Fr& coin(const std::string& label) const { return coins_.at(label); }
  const std::map<std::string, Fr>& coins() const { return coins_; }
  const std::vector<Fr>& answers() const { return answers_; }  // messages without pads
  // "s column/z/0", "c column/sigma2": everything absorbed and drawn, in order.
  const std::vector<std::string>& schedule() const { return transcript_.schedule(); }
  // What each constraint leaves over, then the opened row beyond its value: all 0 for an honest prover.
  const std::vector<Fr>& residues() const { return residues_; }
  const Fr& left_over() const { return left_over_; }  // Q(1, pi): 0 where the constraints hold
  const std::map<std::size_t, Fr>& row_weights() const { return row_weights_; }
  const std::vector<std::vector<Fr>>& folded_rows() const { return folded_rows_; }  // pi' and g'
  const std::vector<Fr>& folded_blinders() const { return folded_blinders_; }
  // Value minus inner product of the claim as folded so far, if it was not paid for: times chi on H in the columns.
  const Fr& owed() const { return owed_; }
  // Weights of that claim.
  const OpeningWeights& weights() const { return *weights_; }
  // For the hook `opened`: what the fold's claim, and all claims under a guess of theta, would leave over.
  Fr quadratic_left_over(const FoldClaims& claims) const;
  Fr owed_under(FoldClaims claims, const Fr& theta) const;

 private:
  class Recording;
  struct Text;
  struct Side;
  void commit();
  FoldClaims fold_rows(const ColumnAnswers& columns);
  void open(FoldClaims claims);
  Fr folded_pad(std::size_t slot) const;
  Fr draw(const std::string& label);
  void send(const std::string& label, const Fr& value);
  void send(const std::string& label, const G1Affine& value);

  const Setting& setting_;
  const OneTimeValues& values_;
  const OpeningShape& shape_;
  ChallengeOracle* oracle_;
  Transcript transcript_;
  Writer out_;
  std::map<std::string, Fr> coins_;
  std::vector<Fr> answers_, residues_;
  Fr left_over_, owed_;
  std::optional<OpeningWeights> weights_;
  std::map<std::size_t, Fr> row_weights_;
  std::vector<std::vector<Fr>> folded_rows_;
  std::vector<Fr> folded_blinders_;
  const Text* text_ = nullptr;
};

}  // namespace veil::testing
