// Einsum: a label an axis. Operands are joined from the left; a label that nothing to come needs is summed as soon as
// possible, inside a MatMul where both sides have it.
#include <algorithm>
#include <map>
#include <numeric>

#include "base/limits.h"
#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

// Letters are themselves; an ellipsis gives labels of its own, -1 for the last of its axes.
using Label = int;
using Labels = std::vector<Label>;

struct Term {
  ValueId value;
  Labels labels;
};

bool contains(const Labels& labels, Label label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

struct Equation {
  std::vector<std::string> inputs;
  std::string output;
  bool has_output = false;
};

Result<Equation> parse(const std::string& text) {
  Equation equation{{""}, "", false};
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& part = equation.has_output ? equation.output : equation.inputs.back();
    const char c = text[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == ' ') continue;
    if (letter) {
      part += c;
    } else if (text.compare(i, 3, "...") == 0) {
      if (part.find('.') != std::string::npos) return Error{"its equation has two ellipses in a term"};
      part += '.';
      i += 2;
    } else if (c == ',' && !equation.has_output) {
      equation.inputs.emplace_back();
    } else if (text.compare(i, 2, "->") == 0 && !equation.has_output) {
      equation.has_output = true;
      i += 1;
    } else {
      return Error{"its equation " + quote(text) + " cannot be read"};
    }
  }
  return equation;
}

// `extra`: axes that the ellipsis stands for.
Labels labels_of(const std::string& term, std::size_t extra) {
  Labels labels;
  for (const char c : term) {
    if (c != '.') {
      labels.push_back(c);
      continue;
    }
    for (std::size_t i = 0; i < extra; ++i) labels.push_back(static_cast<Label>(i) - static_cast<Label>(extra));
  }
  return labels;
}

class Contraction {
 public:
  explicit Contraction(Expansion& expansion) : expansion_(expansion) {}

  Status read(const Equation& equation);
  ValueId result();

 private:
  Status add_term(const std::string& text, ValueId value);
  void set_implicit_output(const std::vector<std::string>& inputs);
  Status learn_length(Label label, std::int64_t length);
  void take_diagonals(Term& term);
  void drop_repeated_axes(Term& term);
  void sum_out(Term& term, const Labels& needed);
  Labels needed_after(std::size_t index) const;
  ValueId as_blocks(const Term& term, const std::vector<Labels>& groups);
  std::int64_t extent(const Labels& labels) const;
  Term join(const Term& a, const Term& b, const Labels& needed);

  Expansion& expansion_;
  std::vector<Term> terms_;
  Labels output_;
  std::map<Label, std::int64_t> lengths_;
  std::size_t ellipsis_ = 0;  // its longest
};

Status Contraction::learn_length(Label label, std::int64_t length) {
  std::int64_t& known = lengths_.emplace(label, length).first->second;
  if (known == 1) known = length;
  if (length != 1 && length != known) return Error{"its inputs give an axis two lengths"};
  return Done{};
}

Status Contraction::add_term(const std::string& text, ValueId value) {
  const GraphShape shape = expansion_.shape(value);
  const bool has_ellipsis = text.find('.') != std::string::npos;
  const std::size_t letters = text.size() - (has_ellipsis ? 1 : 0);
  if (shape.size() < letters || (!has_ellipsis && shape.size() != letters)) {
    return Error{"its equation does not fit the axes of its inputs"};
  }
  const std::size_t extra = shape.size() - letters;
  ellipsis_ = std::max(ellipsis_, extra);
  terms_.push_back({value, labels_of(text, extra)});
  for (std::size_t i = 0; i < shape.size(); ++i) VEIL_TRY_STATUS(learn_length(terms_.back().labels[i], shape[i]));
  return Done{};
}

// Without an arrow: the ellipsis, then every letter that comes once, sorted.
void Contraction::set_implicit_output(const std::vector<std::string>& inputs) {
  std::map<char, int> counts;
  std::string text = ".";
  for (const std::string& input : inputs) {
    for (const char c : input) ++counts[c];
  }
  for (const auto& [letter, count] : counts) {
    if (letter != '.' && count == 1) text += letter;
  }
  output_ = labels_of(text, ellipsis_);
}

Status Contraction::read(const Equation& equation) {
  if (equation.inputs.size() != expansion_.call().inputs.size()) {
    return Error{"its equation does not have one term an input"};
  }
  for (std::size_t i = 0; i < equation.inputs.size(); ++i) {
    if (!expansion_.has(i)) return Error{"its input " + std::to_string(i) + " is missing"};
    VEIL_TRY_STATUS(add_term(equation.inputs[i], expansion_.input(i)));
  }
  if (equation.has_output) {
    output_ = labels_of(equation.output, ellipsis_);
  } else {
    set_implicit_output(equation.inputs);
  }
  Labels sorted = output_;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return Error{"its result repeats an axis"};
  for (const Label label : output_) {
    if (!lengths_.contains(label)) return Error{"its result has an axis that no input has"};
  }
  return Done{};
}

// An axis that is there twice becomes one: every (length + 1)-th entry of the two read as one.
void Contraction::take_diagonals(Term& term) {
  for (std::size_t i = 0; i < term.labels.size(); ++i) {
    const auto again =
        std::find(term.labels.begin() + static_cast<std::ptrdiff_t>(i) + 1, term.labels.end(), term.labels[i]);
    if (again == term.labels.end()) continue;
    const auto other = static_cast<std::size_t>(again - term.labels.begin());
    Integers order{static_cast<std::int64_t>(i), static_cast<std::int64_t>(other)};
    Labels labels{term.labels[i]};
    for (std::size_t axis = 0; axis < term.labels.size(); ++axis) {
      if (axis == i || axis == other) continue;
      order.push_back(static_cast<std::int64_t>(axis));
      labels.push_back(term.labels[axis]);
    }
    const ValueId turned = expansion_.transpose(term.value, order);
    GraphShape shape = expansion_.shape(turned);
    if (shape.size() < 2 || shape[0] != shape[1]) return expansion_.fail("it takes the diagonal of no square");
    const std::int64_t length = shape[0];
    shape.erase(shape.begin());
    shape[0] = length * length;
    Integers diagonal;
    for (std::int64_t at = 0; at < length; ++at) diagonal.push_back(at * (length + 1));
    term = {expansion_.gather(expansion_.reshape(turned, shape), 0, diagonal), labels};
    --i;
  }
}

// An axis of length 1 that stands for a longer one is left out: the other side has it.
void Contraction::drop_repeated_axes(Term& term) {
  GraphShape kept;
  Labels labels;
  const GraphShape shape = expansion_.shape(term.value);
  for (std::size_t axis = 0; axis < std::min(shape.size(), term.labels.size()); ++axis) {
    if (shape[axis] == 1 && lengths_[term.labels[axis]] != 1) continue;
    kept.push_back(shape[axis]);
    labels.push_back(term.labels[axis]);
  }
  term = {expansion_.reshape(term.value, kept), labels};
}

void Contraction::sum_out(Term& term, const Labels& needed) {
  Integers axes;
  Labels labels;
  for (std::size_t axis = 0; axis < term.labels.size(); ++axis) {
    if (contains(needed, term.labels[axis])) {
      labels.push_back(term.labels[axis]);
    } else {
      axes.push_back(static_cast<std::int64_t>(axis));
    }
  }
  term = {expansion_.reduce("ReduceSum", term.value, axes, false), labels};
}

// What the result and the terms from `index` on have.
Labels Contraction::needed_after(std::size_t index) const {
  Labels needed = output_;
  for (std::size_t i = index; i < terms_.size(); ++i) {
    needed.insert(needed.end(), terms_[i].labels.begin(), terms_[i].labels.end());
  }
  return needed;
}

std::int64_t Contraction::extent(const Labels& labels) const {
  std::int64_t product = 1;
  for (const Label label : labels) product *= lengths_.at(label);
  return product;
}

// The term with one axis a group of labels.
ValueId Contraction::as_blocks(const Term& term, const std::vector<Labels>& groups) {
  Integers order;
  GraphShape shape;
  for (const Labels& group : groups) {
    for (const Label label : group) {
      order.push_back(std::find(term.labels.begin(), term.labels.end(), label) - term.labels.begin());
    }
    shape.push_back(extent(group));
  }
  return expansion_.reshape(expansion_.transpose(term.value, order), shape);
}

Term Contraction::join(const Term& a, const Term& b, const Labels& needed) {
  Labels both;
  Labels left;
  Labels right;
  Labels summed;
  for (const Label label : a.labels) {
    Labels& group = !contains(b.labels, label) ? left : contains(needed, label) ? both : summed;
    group.push_back(label);
  }
  std::copy_if(b.labels.begin(), b.labels.end(), std::back_inserter(right),
               [&](Label label) { return !contains(a.labels, label); });
  Labels labels = both;
  labels.insert(labels.end(), left.begin(), left.end());
  labels.insert(labels.end(), right.begin(), right.end());
  GraphShape shape;
  for (const Label label : labels) shape.push_back(lengths_[label]);
  if (shape.size() > kMaxRank) expansion_.fail("it has too many axes");
  if (expansion_.failed()) return a;
  const ValueId x = as_blocks(a, {both, left, summed});
  const ValueId y = as_blocks(b, {both, summed, right});
  return {expansion_.reshape(expansion_.add(summed.empty() ? "Mul" : "MatMul", {x, y}), shape), labels};
}

ValueId Contraction::result() {
  for (Term& term : terms_) {
    take_diagonals(term);
    if (expansion_.failed()) return term.value;
    drop_repeated_axes(term);
  }
  Term sum = terms_[0];
  for (std::size_t i = 1; i < terms_.size() && !expansion_.failed(); ++i) {
    Labels needed = needed_after(i);
    sum_out(sum, needed);
    needed = needed_after(i + 1);
    needed.insert(needed.end(), sum.labels.begin(), sum.labels.end());
    sum_out(terms_[i], needed);
    sum = join(sum, terms_[i], needed_after(i + 1));
  }
  sum_out(sum, output_);
  if (expansion_.failed()) return sum.value;
  // Labels that every term had at length 1 where it was repeated do not exist: all have one of full length.
  return as_blocks(sum, [&] {
    std::vector<Labels> groups;
    for (const Label label : output_) groups.push_back({label});
    return groups;
  }());
}

Status expand_einsum(Expansion& expansion) {
  VEIL_TRY(text, expansion.call().text("equation", ""));
  VEIL_TRY(equation, parse(text));
  Contraction contraction(expansion);
  VEIL_TRY_STATUS(contraction.read(equation));
  expansion.give(0, contraction.result());
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Einsum", 1, kAnyInputs, " equation ", nullptr, nullptr, expand_einsum},
};

}  // namespace

std::span<const Operator> einsum_composites() { return kOperators; }

}  // namespace veil
