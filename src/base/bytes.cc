#include "base/bytes.h"

namespace veil {

std::optional<ByteView> Reader::take(std::size_t size_bytes) {
  if (size_bytes > remaining()) return std::nullopt;
  const ByteView out = data_.subspan(at_, size_bytes);
  at_ += size_bytes;
  return out;
}

namespace {

std::uint64_t big_endian(ByteView data) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : data) value = value << 8 | byte;
  return value;
}

}  // namespace

std::optional<std::uint8_t> Reader::u8() {
  const auto data = take(1);
  if (!data) return std::nullopt;
  return (*data)[0];
}

std::optional<std::uint32_t> Reader::u32() {
  const auto data = take(4);
  if (!data) return std::nullopt;
  return static_cast<std::uint32_t>(big_endian(*data));
}

std::optional<std::uint64_t> Reader::u64() {
  const auto data = take(8);
  if (!data) return std::nullopt;
  return big_endian(*data);
}

std::optional<std::int64_t> Reader::i64() {
  const auto value = u64();
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<ByteView> Reader::block(std::size_t limit) {
  const auto size = u64();
  if (!size || *size > limit || *size > remaining()) return std::nullopt;
  return take(static_cast<std::size_t>(*size));
}

std::optional<std::string> Reader::text(std::size_t limit) {
  const auto data = block(limit);
  if (!data) return std::nullopt;
  return std::string(data->begin(), data->end());
}

std::optional<std::size_t> Reader::count(std::size_t limit, std::size_t item_bytes) {
  const auto size = u32();
  if (!size || *size > limit) return std::nullopt;
  if (item_bytes != 0 && *size > remaining() / item_bytes) return std::nullopt;
  return static_cast<std::size_t>(*size);
}

void Writer::raw(ByteView data) { data_.insert(data_.end(), data.begin(), data.end()); }

void Writer::u32(std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) data_.push_back(static_cast<std::uint8_t>(value >> shift));
}

void Writer::u64(std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) data_.push_back(static_cast<std::uint8_t>(value >> shift));
}

void Writer::block(ByteView data) {
  u64(data.size());
  raw(data);
}

void Writer::text(std::string_view value) { block(as_bytes(value)); }

std::string to_hex(ByteView data) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * data.size());
  for (const std::uint8_t byte : data) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digit(text[i]);
    const auto low = hex_digit(text[i + 1]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  return out;
}

}  // namespace veil
