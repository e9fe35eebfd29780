// Secrets: wiped when they die, move-only, without operators to print or compare them. expose() is the only way in, so
// that a reader can search for every use of a secret.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"

namespace veil {

// Overwrites with zeros in a way the compiler may not drop.
void wipe(void* data, std::size_t size_bytes) noexcept;

template <class T>
class Secret {
  static_assert(std::is_trivially_copyable_v<T>, "a secret must own no memory elsewhere, or wiping would miss it");

 public:
  Secret() : value_() {}
  explicit Secret(const T& value) : value_(value) {}
  Secret(Secret&& other) noexcept : value_(other.value_) { wipe(&other.value_, sizeof(T)); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      value_ = other.value_;
      wipe(&other.value_, sizeof(T));
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(&value_, sizeof(T)); }

  const T& expose() const { return value_; }
  T& expose() { return value_; }

 private:
  T value_;
};

// Of fixed size: growing would leave an unwiped copy behind.
template <class T>
class SecretVector {
  static_assert(std::is_trivially_copyable_v<T>, "a secret must own no memory elsewhere, or wiping would miss it");

 public:
  SecretVector() = default;
  explicit SecretVector(std::size_t size) : values_(size) {}
  explicit SecretVector(std::vector<T>&& values) : values_(std::move(values)) {}
  SecretVector(SecretVector&& other) noexcept : values_(std::move(other.values_)) { other.values_.clear(); }
  SecretVector& operator=(SecretVector&& other) noexcept {
    if (this != &other) {
      wipe_all();
      values_ = std::move(other.values_);
      other.values_.clear();
    }
    return *this;
  }
  SecretVector(const SecretVector&) = delete;
  SecretVector& operator=(const SecretVector&) = delete;
  ~SecretVector() { wipe_all(); }

  std::size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  std::span<const T> expose() const { return values_; }
  std::span<T> expose() { return values_; }
  const T& expose(std::size_t index) const {
    VEIL_CHECK(index < values_.size());
    return values_[index];
  }

 private:
  void wipe_all() noexcept { wipe(values_.data(), values_.size() * sizeof(T)); }

  std::vector<T> values_;
};

}  // namespace veil
