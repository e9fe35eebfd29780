// Which messages are opened in the clear, so that every product of a text is linear in what stays hidden.
//
// A product needs one factor that is a form in a single message at most: that message is opened. One that is opened
// already is preferred to a second one. The choice follows from the order of the products, so from the statement.
#pragma once

#include <cstdint>
#include <set>

#include "base/check.h"

namespace veil {

// How many messages a value depends on: none, one (and which), or more.
class Dependence {
 public:
  static Dependence none() { return Dependence(-1); }
  static Dependence many() { return Dependence(-2); }
  static Dependence one(std::uint32_t slot) { return Dependence(slot); }

  bool is_none() const { return value_ == -1; }
  bool is_one() const { return value_ >= 0; }
  std::uint32_t slot() const { return static_cast<std::uint32_t>(value_); }

  friend Dependence operator+(const Dependence& a, const Dependence& b) {
    if (a.is_none() || a.value_ == b.value_) return b;
    return b.is_none() ? a : many();
  }

 private:
  explicit Dependence(std::int64_t value) : value_(value) {}
  std::int64_t value_;
};

class OpenedMessages {
 public:
  // Is it the left factor of a product whose message is opened? Else it is the right one.
  bool choose_left(const Dependence& left, const Dependence& right) {
    if (is_opened(left)) return true;
    if (is_opened(right)) return false;
    VEIL_CHECK(left.is_one() || right.is_one());
    slots_.insert((left.is_one() ? left : right).slot());
    return left.is_one();
  }

  const std::set<std::uint32_t>& slots() const { return slots_; }  // ascending

 private:
  bool is_opened(const Dependence& factor) const {
    return factor.is_none() || (factor.is_one() && slots_.count(factor.slot()) != 0);
  }

  std::set<std::uint32_t> slots_;
};

}  // namespace veil
