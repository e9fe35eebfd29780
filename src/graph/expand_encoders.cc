// Encoders of the domain ai.onnx.ml: numbers that stand for categories. Strings are no tensors that can be proven.
#include <algorithm>
#include <cmath>
#include <set>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr std::size_t kMostCategories = 1 << 16;

// A list of numbers under one of three names, of whole numbers, of floats, or a tensor of either; nothing where there
// is none.
struct NumberList {
  std::vector<double> numbers;
  ElementType type = ElementType::kInt64;
};

Result<std::optional<NumberList>> number_list(const Call& call, const std::string& whole, const std::string& real,
                                              const std::string& tensor) {
  const auto found = call.node->attributes.find(tensor);
  if (found != call.node->attributes.end()) {
    const auto* array = std::get_if<Array>(&found->second);
    VEIL_TRY(type, call.integer(tensor + "_type", static_cast<std::int64_t>(ElementType::kOther)));
    const bool whole_numbers = type == static_cast<std::int64_t>(ElementType::kInt64);
    if (array == nullptr || (!whole_numbers && !is_real(static_cast<ElementType>(type)))) {
      return Error{"its attribute " + quote(tensor) + " holds no numbers that are supported"};
    }
    return std::optional(NumberList{array->data, whole_numbers ? ElementType::kInt64 : ElementType::kFloat});
  }
  if (call.has_attribute(whole)) {
    VEIL_TRY(numbers, call.integers(whole));
    return std::optional(NumberList{{numbers.begin(), numbers.end()}, ElementType::kInt64});
  }
  if (!call.has_attribute(real)) return std::optional<NumberList>();
  VEIL_TRY(numbers, call.reals(real));
  return std::optional(NumberList{numbers, ElementType::kFloat});
}

Status check_categories(const NumberList& list) {
  if (list.numbers.empty()) return Error{"it has no categories"};
  if (list.numbers.size() > kMostCategories) return Error{"it has more than 65,536 categories"};
  const auto is_number = [](double number) { return std::isfinite(number); };
  if (!std::all_of(list.numbers.begin(), list.numbers.end(), is_number)) {
    return Error{"one of its categories is infinite or no number"};
  }
  return Done{};
}

// [x = category] for every category, along a new last axis, as `type`.
ValueId indicators(Expansion& expansion, ValueId x, const NumberList& categories, ElementType type) {
  GraphShape shape = expansion.shape(x);
  shape.push_back(1);
  const ValueId column = expansion.reshape(x, shape);
  const std::vector<double>& numbers = categories.numbers;
  const ValueId all = expansion.constant({{std::ssize(numbers)}, numbers}, expansion.type(x));
  return expansion.cast(expansion.add("Equal", {column, all}), type);
}

// One 1 where the input is a category; none elsewhere, which 'zeros' = 0 forbids: nothing would be proven of it.
Status expand_one_hot_encoder(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(zeros, call.integer("zeros", 1));
  VEIL_TRY(wholes, call.integers("cats_int64s"));
  const NumberList categories{{wholes.begin(), wholes.end()}, ElementType::kInt64};
  if (call.has_attribute("cats_strings")) return Error{"its categories are strings, which cannot be proven"};
  VEIL_TRY_STATUS(check_categories(categories));
  if (zeros == 0) return Error{"it fails on unknown categories ('zeros' = 0); export it with 'zeros' = 1"};
  expansion.give(0, indicators(expansion, expansion.input(0), categories, ElementType::kFloat));
  return Done{};
}

// sum_k (value_k - default) [x = key_k] + default; of keys that come twice, the first counts.
Status expand_label_encoder(Expansion& expansion) {
  const Call& call = expansion.call();
  VEIL_TRY(given_keys, number_list(call, "keys_int64s", "keys_floats", "keys_tensor"));
  VEIL_TRY(given_values, number_list(call, "values_int64s", "values_floats", "values_tensor"));
  if (!given_keys || !given_values) return Error{"it is supported from numbers to numbers alone"};
  VEIL_TRY_STATUS(check_categories(*given_keys));
  VEIL_TRY_STATUS(check_categories(*given_values));
  if (given_keys->numbers.size() != given_values->numbers.size()) return Error{"its keys and values do not fit"};
  const ElementType type = given_values->type;
  double otherwise = type == ElementType::kFloat ? -0.0 : -1;
  if (type == ElementType::kFloat) {
    VEIL_TRY(number, call.real("default_float", otherwise));
    otherwise = number;
  } else {
    VEIL_TRY(number, call.integer("default_int64", -1));
    otherwise = static_cast<double>(number);
  }
  VEIL_TRY(given_default, number_list(call, "", "", "default_tensor"));
  if (given_default && given_default->numbers.size() != 1) return Error{"its default is not one number"};
  if (given_default) otherwise = given_default->numbers[0];
  NumberList keys{{}, given_keys->type};
  std::vector<double> moves;
  std::set<double> seen;
  for (std::size_t k = 0; k < given_keys->numbers.size(); ++k) {
    const double key = given_keys->numbers[k];
    if (!seen.insert(key).second) continue;
    keys.numbers.push_back(key);
    moves.push_back(given_values->numbers[k] - otherwise);
  }
  const ValueId found = indicators(expansion, expansion.input(0), keys, type);
  const std::int64_t count = std::ssize(moves);
  const ValueId moved = expansion.add("MatMul", {found, expansion.constant({{count, 1}, moves}, type)});
  const ValueId y = expansion.reshape(moved, call.shape(0));
  expansion.give(0, expansion.binary("Add", y, otherwise));
  return Done{};
}

constexpr Operator kOperators[] = {
    {"ai.onnx.ml:OneHotEncoder", 1, 1, " cats_int64s cats_strings zeros ", nullptr, nullptr, expand_one_hot_encoder},
    {"ai.onnx.ml:LabelEncoder", 1, 1,
     " default_float default_int64 default_string default_tensor default_tensor_type keys_floats keys_int64s "
     "keys_tensor "
     "keys_tensor_type values_floats values_int64s values_tensor values_tensor_type ",
     nullptr, nullptr, expand_label_encoder},
};

}  // namespace

std::span<const Operator> encoder_composites() { return kOperators; }

}  // namespace veil
