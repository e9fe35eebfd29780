#include "service/words.h"

#include <fmt/core.h>

#include "graph/text.h"

namespace veil {

std::string printable(std::string_view text) {
  std::string out(text);
  const bool valid = is_utf8(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !valid)) c = '?';
  }
  return out;
}

std::string size_text(std::uint64_t size_bytes) {
  const auto size = static_cast<double>(size_bytes);
  if (size_bytes < 1000) return fmt::format("{} bytes", size_bytes);
  if (size_bytes < 1'000'000) return fmt::format("{:.1f} KB", size / 1e3);
  return fmt::format("{:.1f} MB", size / 1e6);
}

std::string number_text(double value) { return fmt::format("{:.7g}", value); }

std::string whole_sentence(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  if (!text.empty() && text.back() != '.' && text.back() != '?' && text.back() != '!') text.push_back('.');
  return text;
}

}  // namespace veil
