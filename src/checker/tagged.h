// Tagged: an interpretation in which each value carries the rounds it depends on (tests).
//
// A coin is "round k": the number of challenges drawn so far. A message received after k challenges carries round k.
// Rule: a challenge that combines values must be drawn after all of them. The text multiplies values by coins only
// through `value * coin`, so the check sits there: each coin knows its round, each value the last round it came from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "field/fr.h"
#include "transcript/transcript.h"

namespace veil {

struct TaggedValue {
  std::size_t last_round = 0;  // challenges drawn before the youngest message in this value
  friend TaggedValue operator+(const TaggedValue& a, const TaggedValue& b) {
    return {a.last_round > b.last_round ? a.last_round : b.last_round};
  }
  friend TaggedValue operator-(const TaggedValue& a, const TaggedValue& b) { return a + b; }
  friend TaggedValue operator*(const TaggedValue& a, const Fr&) { return a; }
};

class Tagged {
 public:
  using Value = TaggedValue;

  explicit Tagged(Transcript& transcript) : transcript_(transcript) {}

  Value constant(const Fr&) const { return {}; }
  template <class Question>
  Value receive(std::string_view label, const Question&) {
    transcript_.absorb_scalar(label, Fr::zero());
    return {rounds_};
  }
  Fr challenge(std::string_view label) {
    ++rounds_;
    return transcript_.challenge(label);
  }
  Value product(const Value& a, const Value& b) { return a + b; }
  void require_equal(const Value& a, const Value& b, std::string name) {
    checks_.emplace_back(std::move(name), (a + b).last_round);
  }

  std::size_t rounds() const { return rounds_; }
  // Each check with the round of the youngest message that it depends on.
  const std::vector<std::pair<std::string, std::size_t>>& checks() const { return checks_; }

 private:
  Transcript& transcript_;
  std::size_t rounds_ = 0;
  std::vector<std::pair<std::string, std::size_t>> checks_;
};

}  // namespace veil
