// Bytes enter the program through Reader alone; every take can fail. Integers are big endian.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace veil {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

class Reader {
 public:
  explicit Reader(ByteView data) : data_(data) {}

  std::size_t remaining() const { return data_.size() - at_; }
  bool at_end() const { return remaining() == 0; }

  std::optional<ByteView> take(std::size_t size_bytes);
  std::optional<std::uint8_t> u8();
  std::optional<std::uint32_t> u32();
  std::optional<std::uint64_t> u64();
  std::optional<std::int64_t> i64();
  // u64 length, then that many bytes; fails when the length is above `limit` or above what remains.
  std::optional<ByteView> block(std::size_t limit);
  std::optional<std::string> text(std::size_t limit);
  // A u32 count of items of at least `item_bytes` each: fails when above `limit` or when they cannot fit.
  std::optional<std::size_t> count(std::size_t limit, std::size_t item_bytes);

 private:
  ByteView data_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  void raw(ByteView data);
  void u8(std::uint8_t value) { data_.push_back(value); }
  void u32(std::uint32_t value);
  void u64(std::uint64_t value);
  void i64(std::int64_t value) { u64(static_cast<std::uint64_t>(value)); }
  void block(ByteView data);
  void text(std::string_view value);

  const Bytes& bytes() const { return data_; }
  Bytes take() { return std::move(data_); }

 private:
  Bytes data_;
};

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }
std::string to_hex(ByteView data);
std::optional<Bytes> from_hex(std::string_view text);

}  // namespace veil
