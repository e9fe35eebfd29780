#include "graph/text.h"

namespace veil {
namespace {

// Bytes of the UTF-8 character that `text` begins with; 0 where it begins with none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(text[at])); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 && lead <= 0xf4  ? 4
                             : lead >= 0xe0 && lead < 0xf0 ? 3
                             : lead >= 0xc2 && lead < 0xe0 ? 2
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // The first continuation byte excludes overlong forms, surrogates, and what lies above U+10FFFF.
  const unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return byte(1) >= low && byte(1) <= high ? length : 0;
}

// C0 and C1 control characters could move a terminal's cursor.
bool is_control(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead < 0x20 || lead == 0x7f;
  return lead == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string quote(std::string_view name, std::size_t limit_bytes) {
  std::string out = "'";
  while (!name.empty()) {
    const std::size_t length = utf8_length(name);
    if (out.size() + length > limit_bytes) {
      out += "...";
      break;
    }
    const bool printable = length > 0 && !is_control(name.substr(0, length));
    out += printable ? name.substr(0, length) : std::string_view("?");
    name.remove_prefix(length > 0 ? length : 1);
  }
  return out + "'";
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string shape_text(const GraphShape& shape) {
  std::vector<std::string> lengths;
  for (const std::int64_t length : shape) lengths.push_back(std::to_string(length));
  std::string text(1, '(');
  text += joined(lengths);
  text += ')';
  return text;
}

std::string node_text(const Node& node) { return "operator " + quote(node.op) + " (node " + quote(node.name) + ")"; }

}  // namespace veil
