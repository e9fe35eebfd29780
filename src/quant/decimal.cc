#include "quant/decimal.h"

#include <optional>

#include "graph/text.h"

namespace veil {

namespace {

constexpr int kMaxDigits = 18;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits with at most one point: the number without the point, and how many digits follow it.
struct Digits {
  std::int64_t number = 0;
  int decimals = 0;
  std::size_t length = 0;  // characters read; 0: no digits
};

std::optional<Digits> read_digits(std::string_view text) {
  Digits out;
  int digits = 0;
  bool any = false;
  bool point = false;
  for (; out.length < text.size(); ++out.length) {
    const char c = text[out.length];
    if (c == '.' && !point) {
      point = true;
    } else if (is_digit(c)) {
      any = true;
      if (out.number > 0 || c != '0') ++digits;
      if (digits > kMaxDigits) return std::nullopt;
      out.number = out.number * 10 + (c - '0');
      out.decimals += point ? 1 : 0;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  return out;
}

// "e-3" and the like; nothing when malformed.
std::optional<int> read_exponent(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  text.remove_prefix(1);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.size() > 3) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

}  // namespace

Int128 power_of_ten(unsigned exponent) {
  Int128 power = 1;
  for (unsigned i = 0; i < exponent; ++i) power *= 10;
  return power;
}

Result<Decimal> parse_decimal(std::string_view text) {
  const Error error{"the number " + quoted(text) + " is not a decimal number of at most 18 digits"};
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::optional<Digits> digits = read_digits(text);
  if (!digits) return error;
  const std::optional<int> exponent = read_exponent(text.substr(digits->length));
  if (!exponent) return error;
  std::int64_t number = digits->number;
  int decimals = digits->decimals - *exponent;
  if (number == 0) return Decimal{};
  for (; decimals > 0 && number % 10 == 0; --decimals) number /= 10;
  for (; decimals < 0; ++decimals) {
    if (number >= 100'000'000'000'000'000) return error;
    number *= 10;
  }
  if (decimals > kMaxDigits) return error;
  return Decimal{negative ? -number : number, static_cast<unsigned>(decimals)};
}

std::string decimal_text(const Decimal& value) {
  std::string digits = std::to_string(value.numerator < 0 ? -value.numerator : value.numerator);
  if (digits.size() <= value.decimals) digits.insert(0, value.decimals + 1 - digits.size(), '0');
  if (value.decimals > 0) digits.insert(digits.size() - value.decimals, ".");
  return (value.numerator < 0 ? "-" : "") + digits;
}

long double decimal_value(const Decimal& value) {
  return static_cast<long double>(value.numerator) / static_cast<long double>(power_of_ten(value.decimals));
}

}  // namespace veil
