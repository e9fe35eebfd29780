// The doors of a verifier text (protocol section 8). A text is a function template over a Checker:
//
//   receive(label, question) -> Value    reads one message scalar and absorbs it, inseparably
//   challenge(label) -> Fr               a Fiat-Shamir coin
//   + - coin * value                     free
//   product(value, value) -> Quadratic   the only non-linear step; one factor is a form in one message at most
//   require_equal(value, value, name)    the only assertion
//
// The prover is one more interpretation: a question describes the wanted value; a verifier's source ignores it and
// reads the proof, a prover's source answers it from the trace. One text, so the two cannot drift apart.
//
// A Source has:  template <class Question> Fr next(const Question&)   the scalar as it is sent.
#pragma once

#include <concepts>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "checker/value.h"
#include "field/fr.h"
#include "transcript/transcript.h"

namespace veil {

// ---- Committed: the product. Slot i is sent as x_i + pad_i; values are affine forms in x.
template <class Source>
class Committed {
 public:
  using Value = AffineForm;

  Committed(Transcript& transcript, Source& source) : transcript_(transcript), source_(source) {}

  Value constant(const Fr& value) const { return AffineForm(value); }

  template <class Question>
  Value receive(std::string_view label, const Question& question) {
    const Fr sent = source_.next(question);
    transcript_.absorb_scalar(label, sent);
    const auto slot = static_cast<std::uint32_t>(sent_.size());
    sent_.push_back(sent);
    return AffineForm::slot(slot);
  }

  Fr challenge(std::string_view label) { return transcript_.challenge(label); }

  Quadratic product(const Value& a, const Value& b) {
    const bool left = opened_.choose_left(a.dependence(), b.dependence());
    return Quadratic{{{Fr::one(), left ? a : b, left ? b : a}}, AffineForm()};
  }

  void require_equal(Quadratic a, const Value& b, std::string name) {
    constraints_.push_back(Constraint{std::move(name), std::move(a) - b});
  }
  void require_equal(const Value& a, const Value& b, std::string name) {
    require_equal(Quadratic{{}, a}, b, std::move(name));
  }

  const std::vector<Fr>& sent() const { return sent_; }  // x_i + pad_i by slot
  const std::vector<Constraint>& constraints() const { return constraints_; }
  const std::set<std::uint32_t>& opened() const { return opened_.slots(); }

 private:
  Transcript& transcript_;
  Source& source_;
  OpenedMessages opened_;
  std::vector<Fr> sent_;
  std::vector<Constraint> constraints_;
};

// ---- Native: no blinding. Tests of the protocol, where each failed check is seen by its name.
class NativeValue {
 public:
  NativeValue() = default;
  explicit NativeValue(const Fr& value) : value_(value) {}
  friend NativeValue operator+(const NativeValue& a, const NativeValue& b) { return NativeValue(a.value_ + b.value_); }
  friend NativeValue operator-(const NativeValue& a, const NativeValue& b) { return NativeValue(a.value_ - b.value_); }
  friend NativeValue operator*(const NativeValue& a, const Fr& factor) { return NativeValue(a.value_ * factor); }
  bool operator==(const NativeValue&) const = delete;

 private:
  template <class Source>
  friend class Native;
  Fr value_;
};

template <class Source>
class Native {
 public:
  using Value = NativeValue;

  Native(Transcript& transcript, Source& source) : transcript_(transcript), source_(source) {}

  Value constant(const Fr& value) const { return NativeValue(value); }

  template <class Question>
  Value receive(std::string_view label, const Question& question) {
    const Fr sent = source_.next(question);
    transcript_.absorb_scalar(label, sent);
    sent_.push_back(sent);
    labels_.emplace_back(label);
    return NativeValue(sent);
  }

  Fr challenge(std::string_view label) { return transcript_.challenge(label); }
  Value product(const Value& a, const Value& b) { return NativeValue(a.value_ * b.value_); }

  void require_equal(const Value& a, const Value& b, std::string name) {
    if (!(a.value_ - b.value_).is_zero()) failed_.push_back(std::move(name));
  }

  const std::vector<Fr>& sent() const { return sent_; }
  const std::vector<std::string>& labels() const { return labels_; }
  const std::vector<std::string>& failed() const { return failed_; }
  static const Fr& reveal(const Value& value) { return value.value_; }

 private:
  Transcript& transcript_;
  Source& source_;
  std::vector<Fr> sent_;
  std::vector<std::string> labels_;
  std::vector<std::string> failed_;
};

// ---- SlotCount: counts messages and those of them that are opened, which the statement alone fixes. Nothing is
// hashed, sent or computed with.
class SlotCount {
 public:
  struct Value {
    Dependence on = Dependence::none();
    friend Value operator+(const Value& a, const Value& b) { return {a.on + b.on}; }
    friend Value operator-(const Value& a, const Value& b) { return {a.on + b.on}; }
    friend Value operator*(const Value& a, const Fr&) { return a; }
  };

  Value constant(const Fr&) const { return {}; }
  template <class Question>
  Value receive(std::string_view, const Question&) {
    return {Dependence::one(static_cast<std::uint32_t>(count_++))};
  }
  Fr challenge(std::string_view) { return Fr::one(); }
  Value product(const Value& a, const Value& b) {
    opened_.choose_left(a.on, b.on);
    return {Dependence::many()};
  }
  void require_equal(const Value&, const Value&, const std::string&) {}

  std::size_t count() const { return count_; }
  std::size_t num_opened() const { return opened_.slots().size(); }

 private:
  OpenedMessages opened_;
  std::size_t count_ = 0;
};

// Replays scalars that were sent before (tests).
struct ReplaySource {
  const std::vector<Fr>& scalars;
  std::size_t at = 0;

  template <class Question>
  Fr next(const Question&) {
    return at < scalars.size() ? scalars[at++] : Fr::zero();
  }
};

}  // namespace veil
