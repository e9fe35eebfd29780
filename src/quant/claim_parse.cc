#include <cctype>

#include "base/int128.h"
#include "graph/suggest.h"
#include "graph/text.h"
#include "quant/claim.h"

namespace veil {

namespace {

constexpr const char* kHelp = "; write for example score >= 0.75, argmax == 2, or 0.2 <= y[3] < 0.4";
constexpr int kMaxDigits = 18;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// An operand of a comparison: a number, or an element of the output.
using Operand = std::variant<Decimal, std::int64_t>;

class Parser {
 public:
  Parser(std::string_view text, const OutputNames& output) : text_(text), output_(output) {}

  Result<Claim> claim() {
    Claim claim;
    do {
      VEIL_TRY_STATUS(chain(claim));
    } while (take_word("and"));
    skip_space();
    if (at_ == text_.size()) return claim;
    if (const std::string_view hint = hint_here(); !hint.empty()) return wrong(std::string(hint));
    return wrong("expected 'and' or the end at " + here());
  }

 private:
  Error wrong(const std::string& what) const {
    return Error{"the claim " + quoted(text_) + " is not understood: " + what + kHelp};
  }
  std::string here() const { return at_ == text_.size() ? "the end" : quoted(text_.substr(at_)); }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(std::string_view symbol) {
    skip_space();
    if (!text_.substr(at_).starts_with(symbol)) return false;
    at_ += symbol.size();
    return true;
  }
  // A whole word: no letter, digit or underscore may follow.
  bool take_word(std::string_view word) {
    const std::size_t before = at_;
    if (!word.empty() && take(word) && (at_ == text_.size() || !is_name_character(text_[at_]))) return true;
    at_ = before;
    return false;
  }

  Status chain(Claim& claim) {
    if (take_word("argmax")) return argmax(claim);
    VEIL_TRY(left, operand());
    bool any = false;
    while (true) {
      std::optional<Comparison> found = comparison();
      if (!found) break;
      VEIL_TRY(right, operand());
      VEIL_TRY(term, compared(left, *found, right));
      claim.terms.emplace_back(term);
      left = right;
      any = true;
    }
    if (any) return Done{};
    if (const std::string_view hint = hint_here(); !hint.empty()) return wrong(std::string(hint));
    if (take("==") || take("=")) return wrong("'==' is for argmax only; use <, <=, > or >= for values");
    return wrong("expected a comparison at " + here());
  }

  Status argmax(Claim& claim) {
    if (!take("==")) return wrong("expected '==' after argmax");
    VEIL_TRY(index, class_index());
    claim.terms.emplace_back(ArgmaxIs{index});
    return Done{};
  }

  Result<std::int64_t> class_index() {
    skip_space();
    if (output_.size < 2) return Error{"the output has one element only, so argmax says nothing; compare score"};
    if (!take("\"")) return index();
    const std::size_t end = text_.find('"', at_);
    if (end == std::string_view::npos) return wrong("the label has no closing quote");
    const std::string_view label = text_.substr(at_, end - at_);
    at_ = end + 1;
    std::optional<std::int64_t> found;
    for (std::size_t i = 0; i < output_.labels.size(); ++i) {
      if (output_.labels[i] != label) continue;
      if (found) return wrong("several classes are called " + quoted(label));
      found = static_cast<std::int64_t>(i);
    }
    if (!found) return wrong("no class is called " + quoted(label) + suggestion(label, output_.labels));
    return *found;
  }

  Result<std::int64_t> index() {
    skip_space();
    std::int64_t value = 0;
    const std::size_t first = at_;
    for (; at_ < text_.size() && is_digit(text_[at_]) && at_ - first < 10; ++at_)
      value = value * 10 + (text_[at_] - '0');
    if (at_ == first) return wrong("expected an index at " + here());
    if (value >= output_.size) {
      return Error{"the claim speaks of element " + std::to_string(value) + ", but the output " + quoted(output_.name) +
                   " has " + std::to_string(output_.size)};
    }
    return value;
  }

  std::optional<Comparison> comparison() {
    if (take("<=")) return Comparison::kLessEqual;
    if (take(">=")) return Comparison::kGreaterEqual;
    if (take("<")) return Comparison::kLess;
    if (take(">")) return Comparison::kGreater;
    return std::nullopt;
  }

  Result<Operand> operand() {
    skip_space();
    if (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '-' || text_[at_] == '+' || text_[at_] == '.')) {
      const std::size_t first = at_;
      ++at_;
      while (at_ < text_.size() && number_goes_on(first)) ++at_;
      VEIL_TRY(number, parse_decimal(text_.substr(first, at_ - first)));
      return Operand{number};
    }
    if (take_word("score")) return score();
    if (take_word(output_.name) || take_word("output") || take_word("y")) return element();
    return wrong("expected a number or the output's name at " + here() + suggestion(next_name(), names()));
  }

  // What is often written in place of what is meant.
  std::string_view hint_here() const {
    struct Hint {
      std::string_view text, says;
    };
    static constexpr Hint kHints[] = {{"=>", "write >= in place of =>"},
                                      {"=<", "write <= in place of =<"},
                                      {"\u2265", "write >= in place of the sign"},
                                      {"\u2264", "write <= in place of the sign"},
                                      {"!=", "that a value is another cannot be claimed"},
                                      {"&", "claims are joined by 'and'"},
                                      {"||", "claims are joined by 'and', not by 'or'"},
                                      {"or ", "claims are joined by 'and', not by 'or'"},
                                      {"%", "write 0.75 for 75%"},
                                      {",", "write a decimal point in place of the comma"}};
    for (const Hint& hint : kHints) {
      if (text_.substr(at_).starts_with(hint.text)) return hint.says;
    }
    return "";
  }

  std::string_view next_name() const {
    std::size_t end = at_;
    while (end < text_.size() && is_name_character(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out{"argmax", "output", output_.name};
    if (output_.size <= 2) out.emplace_back("score");
    return out;
  }

  bool number_goes_on(std::size_t first) const {
    const char c = text_[at_];
    if (is_digit(c) || c == '.' || c == 'e' || c == 'E') return true;
    return (c == '-' || c == '+') && at_ > first && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
  }

  Result<Operand> score() {
    if (output_.size > 2) {
      return Error{"'score' needs an output of one or two elements, but " + quoted(output_.name) + " has " +
                   std::to_string(output_.size) + "; name one, for example y[0]"};
    }
    if (take("[")) return wrong("'score' is one element; name another by y[0], y[1] and so on");
    return Operand{output_.size - 1};
  }

  Result<Operand> element() {
    if (!take("[")) {
      if (output_.size == 1) return Operand{std::int64_t{0}};
      return Error{"the output " + quoted(output_.name) + " has " + std::to_string(output_.size) +
                   " elements; say which one, for example y[0]"};
    }
    VEIL_TRY(value, index());
    if (!take("]")) return wrong("expected ']' at " + here());
    return Operand{value};
  }

  Result<Threshold> compared(const Operand& left, Comparison found, const Operand& right) {
    static constexpr Comparison kMirrored[] = {Comparison::kGreater, Comparison::kGreaterEqual, Comparison::kLess,
                                               Comparison::kLessEqual};
    const bool left_number = std::holds_alternative<Decimal>(left);
    if (left_number == std::holds_alternative<Decimal>(right)) {
      return wrong(left_number ? "it compares two numbers" : "it compares two outputs; one side must be a number");
    }
    if (!left_number) return Threshold{std::get<std::int64_t>(left), found, std::get<Decimal>(right)};
    return Threshold{std::get<std::int64_t>(right), kMirrored[static_cast<std::size_t>(found)],
                     std::get<Decimal>(left)};
  }

  std::string_view text_;
  const OutputNames& output_;
  std::size_t at_ = 0;
};

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

Result<Claim> parse_claim(std::string_view text, const OutputNames& output) {
  if (text.size() > 4096) return Error{"the claim is longer than 4096 bytes"};
  return Parser(text, output).claim();
}

}  // namespace veil
