#include "base/integer_array.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/secret.h"

namespace veil {

namespace {

template <class T>
bool holds(std::int64_t low, std::int64_t high) {
  return low >= std::numeric_limits<T>::min() && high <= std::numeric_limits<T>::max();
}

std::shared_ptr<std::byte> allocate(std::size_t size_bytes) {
  return {new std::byte[size_bytes](), [size_bytes](std::byte* bytes) {
            wipe(bytes, size_bytes);
            delete[] bytes;
          }};
}

}  // namespace

IntegerWidth narrowest_width(std::int64_t low, std::int64_t high) {
  VEIL_CHECK(low <= high);
  if (holds<std::int8_t>(low, high)) return IntegerWidth::k8;
  if (holds<std::int16_t>(low, high)) return IntegerWidth::k16;
  return holds<std::int32_t>(low, high) ? IntegerWidth::k32 : IntegerWidth::k64;
}

IntegerWidth narrowest_width(std::span<const std::int64_t> values) {
  // All bits of the magnitudes together (of -1 - value for those below 0): as wide as the widest, and found without
  // branches.
  std::int64_t bits = 0;
  for (const std::int64_t value : values) bits |= value ^ (value >> 63);
  return narrowest_width(-bits - 1, bits);
}

IntegerWidth IntegerView::narrowest_width() const {
  if (width_ != IntegerWidth::k64) return width_;
  return veil::narrowest_width(std::span(static_cast<const std::int64_t*>(data_), size_));
}

IntegerView IntegerView::part(std::size_t first, std::size_t count) const {
  VEIL_CHECK(first <= size_ && count <= size_ - first);
  return {static_cast<const std::byte*>(data_) + first * width_bytes(width_), count, width_};
}

void IntegerView::copy_to(std::span<std::int64_t> out) const {
  VEIL_CHECK(out.size() == size_);
  visit([&](const auto* entries) { std::copy_n(entries, size_, out.data()); });
}

bool IntegerView::all_within(std::int64_t low, std::int64_t high) const {
  return visit([&]<class T>(const T* entries) {
    if (low <= std::numeric_limits<T>::min() && high >= std::numeric_limits<T>::max()) return true;
    return std::all_of(entries, entries + size_, [&](std::int64_t value) { return value >= low && value <= high; });
  });
}

IntegerArray::IntegerArray(const std::vector<std::int64_t>& values) {
  IntegerBuffer buffer(values.size(), narrowest_width(values));
  buffer.store(0, values);
  *this = std::move(buffer).finish();
}

std::vector<std::int64_t> IntegerArray::to_vector() const {
  std::vector<std::int64_t> out(size_);
  view().copy_to(out);
  return out;
}

bool operator==(const IntegerArray& a, const IntegerArray& b) {
  if (a.size() != b.size()) return false;
  if (a.shares_storage_with(b)) return true;
  return a.view().visit([&](const auto* left) {
    return b.view().visit([&](const auto* right) {
      return std::equal(left, left + a.size(), right, [](std::int64_t x, std::int64_t y) { return x == y; });
    });
  });
}

IntegerBuffer::IntegerBuffer(std::size_t size, IntegerWidth width)
    : storage_(allocate(size * width_bytes(width))), size_(size), width_(width) {}

void IntegerBuffer::store(std::size_t first, IntegerView values) {
  VEIL_CHECK(first <= size_ && values.size() <= size_ - first);
  visit([&]<class T>(T* to) {
    values.visit([&](const auto* from) {
      for (std::size_t i = 0; i < values.size(); ++i) to[first + i] = static_cast<T>(from[i]);
    });
  });
}

void IntegerBuffer::set(std::size_t index, std::int64_t value) {
  VEIL_CHECK(index < size_);
  visit([&]<class T>(T* to) {
    to[index] = static_cast<T>(value);
    VEIL_CHECK(to[index] == value);
  });
}

IntegerArray IntegerBuffer::finish() && {
  IntegerArray out;
  out.storage_ = std::move(storage_);
  out.size_ = size_;
  out.width_ = width_;
  return out;
}

}  // namespace veil
