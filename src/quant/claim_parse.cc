#include <cctype>

#include "graph/suggest.h"
#include "graph/text.h"
#include "quant/claim.h"

namespace veil {

namespace {

constexpr const char* kHelp = "; write for example score >= 0.75, argmax == 2, or 0.2 <= y[3] < 0.4";
constexpr const char* kHelpOfRows =
    "; write for example all(score >= 0.75), count(argmax == 2) >= 900, or 0.2 <= mean(y[3]) < 0.4";
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// An operand of a comparison: a number, or an element of a row's output, or what is computed of all rows. The
// comparison and the number of the last three are still open.
using Operand = std::variant<Decimal, Threshold, RowCount, RowTotal>;

class Parser {
 public:
  Parser(std::string_view text, const OutputNames& output) : text_(text), output_(output) {}

  Result<Claim> claim() {
    Claim claim{{}, output_.rows};
    do {
      VEIL_TRY_STATUS(chain(claim.terms));
    } while (take_word("and"));
    skip_space();
    if (at_ == text_.size()) return claim;
    if (const std::string_view hint = hint_here(); !hint.empty()) return wrong(std::string(hint));
    return wrong("expected 'and' or the end at " + here());
  }

 private:
  bool of_rows() const { return output_.rows > 1; }
  Error wrong(const std::string& what) const {
    return Error{"the claim " + quoted(text_) + " is not understood: " + what + (of_rows() ? kHelpOfRows : kHelp)};
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

  // A word and the bracket behind it; an output may have that name.
  bool take_call(std::string_view word) {
    const std::size_t before = at_;
    if (take_word(word) && take("(")) return true;
    at_ = before;
    return false;
  }

  Status chain(std::vector<ClaimTerm>& terms) {
    if (take_word("argmax")) return argmax(terms);
    if (take_call("all")) return all(terms);
    VEIL_TRY(left, operand());
    bool any = false;
    while (true) {
      std::optional<Comparison> found = comparison();
      if (!found) break;
      VEIL_TRY(right, operand());
      VEIL_TRY(term, compared(left, *found, right));
      terms.push_back(std::move(term));
      left = right;
      any = true;
    }
    if (any) return Done{};
    if (const std::string_view hint = hint_here(); !hint.empty()) return wrong(std::string(hint));
    if (take("==") || take("=")) return wrong("'==' is for argmax only; use <, <=, > or >= for values");
    return wrong("expected a comparison at " + here());
  }

  Status argmax(std::vector<ClaimTerm>& terms) {
    VEIL_TRY_STATUS(check_speaks_of_a_row());
    if (!take("==")) return wrong("expected '==' after argmax");
    VEIL_TRY(index, class_index());
    terms.emplace_back(RowTerm(ArgmaxIs{index}));
    return Done{};
  }

  // ---- a batch of rows
  Status check_speaks_of_a_row() const {
    if (!of_rows() || within_row_) return Done{};
    return wrong("a proof is about " + std::to_string(output_.rows) + " rows; say how many of them it holds of");
  }

  Status check_may_speak_of_rows(std::string_view word) const {
    if (!of_rows()) {
      return wrong("'" + std::string(word) + "' speaks of a batch of rows, and a proof is about one; see --batch");
    }
    if (within_row_) return wrong("'" + std::string(word) + "' cannot stand within the brackets of another");
    return Done{};
  }

  // Between the brackets behind `all` or `count`.
  Result<RowPredicate> predicate(std::string_view word) {
    VEIL_TRY_STATUS(check_may_speak_of_rows(word));
    within_row_ = true;
    std::vector<ClaimTerm> terms;
    do {
      VEIL_TRY_STATUS(chain(terms));
    } while (take_word("and"));
    within_row_ = false;
    if (!take(")")) {
      const std::string_view hint = hint_here();
      return wrong(hint.empty() ? "expected 'and' or ')' at " + here() : std::string(hint));
    }
    RowPredicate out;
    for (const ClaimTerm& term : terms) out.push_back(std::get<RowTerm>(term));
    return out;
  }

  Status all(std::vector<ClaimTerm>& terms) {
    VEIL_TRY(each, predicate("all"));
    terms.emplace_back(AllRows{std::move(each)});
    return Done{};
  }

  Result<Operand> count() {
    VEIL_TRY(each, predicate("count"));
    return Operand{RowCount{std::move(each), {}, {}}};
  }

  Result<Operand> total(std::string_view word) {
    VEIL_TRY_STATUS(check_may_speak_of_rows(word));
    within_row_ = true;
    VEIL_TRY(of, operand());
    within_row_ = false;
    const auto* element = std::get_if<Threshold>(&of);
    if (element == nullptr) return wrong("'" + std::string(word) + "' is of an element of the output");
    if (!take(")")) return wrong("expected ')' at " + here());
    return Operand{RowTotal{element->element, word == "mean", {}, {}}};
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
    if (take_call("count")) return count();
    for (const char* word : {"mean", "sum"}) {
      if (take_call(word)) return total(word);
    }
    const bool is_score = take_word("score");
    if (!is_score && !take_word(output_.name) && !take_word("output") && !take_word("y")) {
      return wrong("expected a number or the output's name at " + here() + suggestion(next_name(), names()));
    }
    VEIL_TRY_STATUS(check_speaks_of_a_row());
    return is_score ? score() : element();
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
                                      {"%", "write the number alone, 0.75 for 75%"},
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
    if (of_rows()) out.insert(out.end(), {"all", "count", "mean", "sum"});
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
    return Operand{Threshold{output_.size - 1, {}, {}}};
  }

  Result<Operand> element() {
    if (!take("[")) {
      if (output_.size == 1) return Operand{Threshold{}};
      return Error{"the output " + quoted(output_.name) + " has " + std::to_string(output_.size) +
                   " elements; say which one, for example y[0]"};
    }
    VEIL_TRY(value, index());
    if (!take("]")) return wrong("expected ']' at " + here());
    return Operand{Threshold{value, {}, {}}};
  }

  Result<ClaimTerm> compared(const Operand& left, Comparison found, const Operand& right) {
    static constexpr Comparison kMirrored[] = {Comparison::kGreater, Comparison::kGreaterEqual, Comparison::kLess,
                                               Comparison::kLessEqual};
    const bool left_number = std::holds_alternative<Decimal>(left);
    if (left_number == std::holds_alternative<Decimal>(right)) {
      return wrong(left_number ? "it compares two numbers" : "it compares two outputs; one side must be a number");
    }
    if (!left_number) return with(left, found, std::get<Decimal>(right));
    return with(right, kMirrored[static_cast<std::size_t>(found)], std::get<Decimal>(left));
  }

  static ClaimTerm with(const Operand& open, Comparison comparison, const Decimal& value) {
    const auto filled = [&](auto term) {
      term.comparison = comparison;
      term.value = value;
      return term;
    };
    if (const auto* count = std::get_if<RowCount>(&open)) return filled(*count);
    if (const auto* total = std::get_if<RowTotal>(&open)) return filled(*total);
    return RowTerm(filled(std::get<Threshold>(open)));
  }

  std::string_view text_;
  const OutputNames& output_;
  std::size_t at_ = 0;
  bool within_row_ = false;  // between the brackets of all, count, mean or sum
};

}  // namespace

Result<Claim> parse_claim(std::string_view text, const OutputNames& output) {
  if (text.size() > 4096) return Error{"the claim is longer than 4096 bytes"};
  return Parser(text, output).claim();
}

}  // namespace veil
