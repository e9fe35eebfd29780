#include "support/forger.h"

#include <random>
#include <set>

#include "argument/argue.h"
#include "checker/checker.h"
#include "curve/sample.h"
#include "field/arrays.h"
#include "field/test_support.h"

namespace veil::testing {

Fr CoinsByLabel::challenge(std::string_view label) {
  std::mt19937_64 random(std::hash<std::string_view>{}(label) ^ seed_);
  return random_fr(random);
}

OneTimeValues OneTimeValues::sample(const OpeningShape& shape) {
  Drbg drbg = fresh_drbg();
  const auto uniform = [&](std::size_t count, std::size_t size) {
    std::vector<Fr> out(size);
    for (std::size_t i = 0; i < count; ++i) out[i] = sample_fr(drbg);
    return out;
  };
  const std::size_t rows = shape.pad_rows(), places = rows * shape.columns();
  OneTimeValues out;
  out.pads = uniform(shape.num_pads(), places);
  out.masks = uniform(shape.num_pads(), places);
  out.mask_row = uniform(shape.columns(), shape.columns());
  out.pads_blinders = uniform(rows, rows);
  out.masks_blinders = uniform(rows, rows);
  out.mask_row_blinder = sample_fr(drbg);
  return out;
}

// What the run of the text leaves: kept while the claims on it are made.
struct Forger::Text {
  const OpeningClaim<AffineForm>& opening;
  const PadFold& fold;
  const std::vector<Fr>& sent;
  const std::set<std::uint32_t>& opened;
};

namespace {

struct LyingSource {
  Answers& answers;
  const std::vector<Fr>& pads;
  const std::function<Fr(std::size_t, const Fr&)>& lie;
  std::vector<Fr>& plain;

  template <class Question>
  Fr next(const Question& question) {
    const std::size_t at = plain.size();
    const Fr value = answers.answer(question);
    plain.push_back(lie ? lie(at, value) : value);
    return plain.back() + pads[at];
  }
};

template <class Hook, class... Arguments>
void call(const Hook& hook, Arguments&&... arguments) {
  if (hook) hook(arguments...);
}

}  // namespace

// The text's coins are drawn by the forger, who keeps them.
class Forger::Recording : public Committed<LyingSource> {
 public:
  Recording(Forger& self, LyingSource& source) : Committed(self.transcript_, source), self_(self) {}
  Fr challenge(std::string_view label) { return self_.draw(std::string(label)); }

 private:
  Forger& self_;
};

struct Forger::Side {
  Forger& self;
  OpeningAnswers answers;
  std::size_t row_round = 0, column_round = 0;

  Fr challenge(const std::string& label) {
    const Fr coin = self.draw(label);
    if (label == "open/chi") return coin;
    self.owed_ *= coin;
    if (label.rfind("open/rows/", 0) == 0) {
      self.weights_->fold_rows(coin);
    } else {
      self.weights_->fold_columns(coin);
    }
    return coin;
  }
  template <class Question>
  std::array<Fr, 2> scalars(const std::string& label, const Question& question) {
    std::array<Fr, 2> values = answers.answer(question);
    call(self.row_cross, row_round++, values);
    self.send(label + "/low", values[0]);
    self.send(label + "/high", values[1]);
    return values;
  }
  template <class Question>
  std::array<G1Affine, 2> points(const std::string& label, const Question& question) {
    const std::vector<G1> honest = answers.answer(question);
    std::array<G1, 2> values{honest[0], honest[1]};
    call(self.column_cross, column_round++, values);
    const std::array<G1Affine, 2> out{values[0].to_affine(), values[1].to_affine()};
    self.send(label + "/low", out[0]);
    self.send(label + "/high", out[1]);
    return out;
  }
  template <class Question>
  Fr scalar(const std::string& label, const Question& question) {
    Fr value = answers.answer(question);
    call(self.blinder, value);
    self.send(label, value);
    return value;
  }
  template <class Question>
  std::vector<Fr> row(const std::string& label, const Question& question) {
    std::vector<Fr> values = answers.answer(question);
    call(self.row, values);
    for (const Fr& value : values) self.send(label, value);
    return values;
  }
};

Forger::Forger(const Setting& setting, const OneTimeValues& values, ChallengeOracle* oracle)
    : setting_(setting), values_(values), shape_(setting.circuit->opening()), oracle_(oracle) {}

Fr Forger::draw(const std::string& label) { return coins_[label] = transcript_.challenge(label); }

void Forger::send(const std::string& label, const Fr& value) {
  transcript_.absorb_scalar(label, value);
  out_.raw(value.to_bytes());
}
void Forger::send(const std::string& label, const G1Affine& value) {
  const auto bytes = compress(value);
  transcript_.absorb_point(label, bytes);
  out_.raw(bytes);
}

void Forger::commit() {
  std::vector<G1Affine> all = setting_.rows.witness;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < all.size(); ++i) labels.push_back("row/" + std::to_string(i));
  const auto add = [&](const std::string& prefix, std::span<const Fr> values, std::span<const Fr> blinders) {
    const std::vector<G1Affine> rows = G1::batch_to_affine(commit_scalars(values, shape_.columns(), blinders));
    for (std::size_t i = 0; i < rows.size(); ++i) labels.push_back(prefix + std::to_string(i));
    all.insert(all.end(), rows.begin(), rows.end());
  };
  add("pad/P/", values_.pads, values_.pads_blinders);
  add("pad/S/", values_.masks, values_.masks_blinders);
  add("", values_.mask_row, {&values_.mask_row_blinder, 1});
  labels.back() = "pad/mask";
  call(points, all);
  for (std::size_t i = 0; i < all.size(); ++i) send(labels[i], all[i]);
}

// The rows that are opened, pi' and then g', and what an honest prover would send before r.
FoldClaims Forger::fold_rows(const ColumnAnswers& columns) {
  const OpeningClaim<AffineForm>& opening = text_->opening;
  std::vector<Fr> sum = values_.masks;
  axpy(sum, Fr::one(), values_.pads);
  const Fr constant = text_->fold.evaluate(Fr::zero(), values_.masks);
  FoldClaims claims;
  claims.cross = text_->fold.evaluate(Fr::one(), sum) - constant - left_over_ + values_.pads[shape_.num_slots];
  claims.error = constant + values_.masks[shape_.num_slots];
  claims.delta =
      inner_product(values_.mask_row, opening.column_eq) + evaluate_linear_part(opening.value, values_.masks);
  call(fold, claims);
  send("fold/cross", claims.cross);
  send("fold/error", claims.error);
  send("fold/delta", claims.delta);
  claims.r = draw("fold/r");

  std::vector<Fr> pads = values_.masks;
  axpy(pads, claims.r, values_.pads);
  folded_rows_.clear();
  for (auto at = pads.begin(); at != pads.end(); at += static_cast<std::ptrdiff_t>(shape_.columns())) {
    folded_rows_.emplace_back(at, at + static_cast<std::ptrdiff_t>(shape_.columns()));
  }
  folded_rows_.push_back(values_.mask_row);
  axpy(folded_rows_.back(), claims.r, columns.combine_rows(opening.row_weights));
  folded_blinders_ = values_.masks_blinders;
  axpy(folded_blinders_, claims.r, values_.pads_blinders);
  folded_blinders_.push_back(values_.mask_row_blinder);
  for (const auto& [index, weight] : opening.row_weights) {
    folded_blinders_.back() += claims.r * weight * setting_.rows.blinders.expose(index);
  }
  return claims;
}

Fr Forger::folded_pad(std::size_t slot) const { return folded_rows_[slot / shape_.columns()][slot % shape_.columns()]; }

Fr Forger::quadratic_left_over(const FoldClaims& claims) const {
  std::vector<Fr> known(shape_.num_slots);
  for (const auto& [slot, pad] : claims.opened) known[slot] = pad;
  const PadFold::PadForm form = text_->fold.linearise(claims.r, known);
  Fr out = form.constant + folded_pad(shape_.num_slots) - claims.error - claims.r * claims.cross;
  for (std::size_t i = 0; i < shape_.num_slots; ++i) out += form.coefficients[i] * folded_pad(i);
  return out;
}

Fr Forger::owed_under(FoldClaims claims, const Fr& theta) const {
  claims.theta = theta;
  auto [weights, value] = joined_claims(shape_, text_->opening, text_->fold, text_->sent, claims);
  for (std::size_t i = 0; i < folded_rows_.size(); ++i) value -= inner_product(folded_rows_[i], weights.row(i));
  return value;
}

Bytes Forger::prove() {
  transcript_ = Transcript(oracle_);
  transcript_.keep_schedule();
  out_ = Writer();
  coins_.clear();
  answers_.clear();
  absorb_statement(transcript_, setting_.statement());
  commit();
  Answers answers(*setting_.circuit, setting_.trace, setting_.rows.matrix);
  LyingSource source{answers, values_.pads, answer, answers_};
  Recording checker(*this, source);
  const auto opening = argue(checker, setting_.circuit->circuit(), setting_.circuit->layout(), setting_.public_values);
  for (const Fr& sent : checker.sent()) out_.raw(sent.to_bytes());
  row_weights_ = opening.row_weights;
  const PadFold quadratic(checker.constraints(), checker.sent(), draw("fold/rho"));
  left_over_ = quadratic.evaluate(Fr::one(), values_.pads);
  residues_.clear();
  for (const Constraint& one : checker.constraints()) {
    residues_.push_back(PadFold({&one, 1}, checker.sent(), Fr::one()).evaluate(Fr::one(), values_.pads));
  }
  residues_.push_back(inner_product(answers.columns().combine_rows(opening.row_weights), opening.column_eq) -
                      evaluate_form_at(opening.value, answers_));
  const Text text{opening, quadratic, checker.sent(), checker.opened()};
  text_ = &text;
  open(fold_rows(answers.columns()));
  text_ = nullptr;
  return out_.take();
}

void Forger::open(FoldClaims claims) {
  for (const std::uint32_t slot : text_->opened) claims.opened.emplace_back(slot, folded_pad(slot));
  call(opened, claims);
  for (const auto& [slot, pad] : claims.opened) send("open/pad", pad);
  claims.theta = draw("open/theta");
  owed_ = owed_under(claims, claims.theta);
  std::vector<std::vector<Fr>> rows = folded_rows_;
  rows.insert(rows.end(), rows_beyond.begin(), rows_beyond.end());
  auto [weights, value] = joined_claims(shape_, text_->opening, text_->fold, text_->sent, claims);
  weights_ = weights;
  Side side{*this, {shape_, std::move(rows), folded_blinders_}};
  fold_opening(side, shape_, std::move(weights), value);
}

std::string Forger::verdict() {
  const Bytes proof = prove();
  Transcript transcript(oracle_);
  return verify_argument(setting_.statement(), proof, transcript).name();
}

}  // namespace veil::testing
