// Integers held by the narrowest of 8, 16, 32 and 64 bits that holds them all: the model's tensors and the committed
// matrix, where an int64 each would be most of a prover's memory.
//
// An IntegerArray never changes once it is made and its copies share one storage, so a model is in memory once, however
// many proofs, traces and threads read it. The storage is wiped when its last owner dies: weights are secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/check.h"

namespace veil {

enum class IntegerWidth : std::uint8_t { k8 = 1, k16 = 2, k32 = 4, k64 = 8 };  // bytes an entry

constexpr std::size_t width_bytes(IntegerWidth width) { return static_cast<std::size_t>(width); }

// The narrowest width that holds low and high (low <= high), and all that lies between.
IntegerWidth narrowest_width(std::int64_t low, std::int64_t high);
IntegerWidth narrowest_width(std::span<const std::int64_t> values);

// Integers of one width somewhere in memory; not owned.
class IntegerView {
 public:
  IntegerView() = default;
  IntegerView(const void* data, std::size_t size, IntegerWidth width) : data_(data), size_(size), width_(width) {}
  // NOLINTNEXTLINE(google-explicit-constructor): a vector of int64 is such integers
  IntegerView(const std::vector<std::int64_t>& values)
      : data_(values.data()), size_(values.size()), width_(IntegerWidth::k64) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  IntegerWidth width() const { return width_; }
  const void* data() const { return data_; }

  // visitor(const T* entries), T the signed integer type of the width.
  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    switch (width_) {
      case IntegerWidth::k8:
        return visitor(static_cast<const std::int8_t*>(data_));
      case IntegerWidth::k16:
        return visitor(static_cast<const std::int16_t*>(data_));
      case IntegerWidth::k32:
        return visitor(static_cast<const std::int32_t*>(data_));
      case IntegerWidth::k64:
        break;
    }
    return visitor(static_cast<const std::int64_t*>(data_));
  }

  std::int64_t operator[](std::size_t index) const {
    return visit([index](const auto* entries) { return static_cast<std::int64_t>(entries[index]); });
  }
  // Of the width itself, but for 64 bits, where the integers are looked at.
  IntegerWidth narrowest_width() const;
  // Aborts where [first, first + count) is not inside.
  IntegerView part(std::size_t first, std::size_t count) const;
  // Sizes must agree.
  void copy_to(std::span<std::int64_t> out) const;
  bool all_within(std::int64_t low, std::int64_t high) const;

 private:
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  IntegerWidth width_ = IntegerWidth::k64;
};

class IntegerArray {
 public:
  IntegerArray() = default;
  // At the narrowest width.
  // NOLINTNEXTLINE(google-explicit-constructor): the same integers
  IntegerArray(const std::vector<std::int64_t>& values);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  IntegerWidth width() const { return width_; }
  std::size_t size_bytes() const { return size_ * width_bytes(width_); }
  IntegerView view() const { return {storage_.get(), size_, width_}; }
  std::int64_t operator[](std::size_t index) const { return view()[index]; }
  std::vector<std::int64_t> to_vector() const;
  bool shares_storage_with(const IntegerArray& other) const { return storage_ == other.storage_; }

  // Equal integers, whatever the widths.
  friend bool operator==(const IntegerArray& a, const IntegerArray& b);

 private:
  friend class IntegerBuffer;

  std::shared_ptr<const std::byte> storage_;
  std::size_t size_ = 0;
  IntegerWidth width_ = IntegerWidth::k8;
};

// An array in the making: zeros of a chosen width, filled piece by piece.
class IntegerBuffer {
 public:
  IntegerBuffer(std::size_t size, IntegerWidth width);

  // values go to [first, first + values.size()); each must fit the width.
  void store(std::size_t first, IntegerView values);
  void set(std::size_t index, std::int64_t value);
  // Every entry in order is what next() gives; each must fit the width.
  template <class Next>
  void fill(Next&& next) {
    visit([&]<class T>(T* to) {
      for (std::size_t i = 0; i < size_; ++i) to[i] = static_cast<T>(next());
    });
  }
  IntegerArray finish() &&;

 private:
  template <class Visitor>
  void visit(Visitor&& visitor) {
    switch (width_) {
      case IntegerWidth::k8:
        return visitor(reinterpret_cast<std::int8_t*>(storage_.get()));
      case IntegerWidth::k16:
        return visitor(reinterpret_cast<std::int16_t*>(storage_.get()));
      case IntegerWidth::k32:
        return visitor(reinterpret_cast<std::int32_t*>(storage_.get()));
      case IntegerWidth::k64:
        return visitor(reinterpret_cast<std::int64_t*>(storage_.get()));
    }
  }

  std::shared_ptr<std::byte> storage_;
  std::size_t size_;
  IntegerWidth width_;
};

}  // namespace veil
