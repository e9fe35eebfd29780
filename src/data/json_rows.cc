// JSON -> model inputs: nested lists, lists by input name, a list of objects with input names, or EZKL's input_data.
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "data/rows.h"
#include "graph/shape.h"
#include "graph/suggest.h"
#include "graph/text.h"

namespace veil {
namespace {

using Json = nlohmann::json;

// The library's sentence has its own name in brackets, the place, and what its parser was at.
std::string position_of(std::string_view text) {
  constexpr std::string_view kPlace = "parse error at ";
  const std::size_t begin = text.find(kPlace), end = text.find(": ", begin);
  if (begin == std::string_view::npos || end == std::string_view::npos) return "";
  return ": it goes wrong at " + std::string(text.substr(begin + kPlace.size(), end - begin - kPlace.size()));
}

// The first line alone is an object or a list.
bool lines_of_json(ByteView bytes) {
  const auto end = std::find(bytes.begin(), bytes.end(), '\n');
  if (end == bytes.end()) return false;
  const Json first = Json::parse(bytes.begin(), end, nullptr, false);
  return first.is_object() || first.is_array();
}

// The input that an object must have, and how else its rows can be given.
std::string expected_text(const Json& json, const std::string& name, std::size_t inputs) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return quote(name) + suggestion(name, keys) + (inputs == 1 ? "; give it, or the rows as [[...], ...]" : "");
}

Result<Json> parse_json(ByteView bytes, const std::string& where) {
  if (bytes.empty()) return Error{where + " is empty."};
  try {
    return Json::parse(bytes.begin(), bytes.end());
  } catch (const Json::exception& exception) {
    if (lines_of_json(bytes)) {
      return Error{where + " has JSON in each line; put the lines into one list: [ ... , ... ]."};
    }
    return Error{where + " is no JSON file" + position_of(exception.what()) + "."};
  }
}

// Numbers of a nested list in row-major order; checks that it has `array.shape`.
Status append_numbers(const Json& json, std::size_t depth, Array& array, const std::string& where) {
  if (depth < array.shape.size()) {
    const bool fits = json.is_array() && json.size() == static_cast<std::size_t>(array.shape[depth]);
    if (!fits) return Error{where + " is a nested list whose parts have different lengths."};
    for (const Json& part : json) VEIL_TRY_STATUS(append_numbers(part, depth + 1, array, where));
    return Done{};
  }
  if (json.is_null()) {  // refused with the other NaN where it may not be missing
    array.data.push_back(std::numeric_limits<double>::quiet_NaN());
    return Done{};
  }
  if (!json.is_number() && !json.is_boolean()) {
    const std::string text = json.is_array()    ? "a list"
                             : json.is_string() ? quote(json.get_ref<const std::string&>())
                                                : json.type_name();
    return Error{where + " has " + text + " where a number is needed, at number " +
                 std::to_string(array.data.size() + 1) + "."};
  }
  array.data.push_back(json.is_boolean() ? (json.get<bool>() ? 1.0 : 0.0) : json.get<double>());
  return Done{};
}

// The shape follows from the first parts, the others must agree.
Result<Array> read_array(const Json& json, const std::string& where) {
  Array array;
  for (const Json* part = &json; part->is_array(); part = &part->front()) {
    if (array.shape.size() > kMaxRank) return Error{where + " is nested too deeply."};
    array.shape.push_back(static_cast<std::int64_t>(part->size()));
    if (part->empty()) return Error{where + " holds no rows."};
  }
  VEIL_TRY_STATUS(append_numbers(json, 0, array, where));
  return array;
}

std::string input_text(const InputSpec& input, const std::string& where) {
  return where + ", input " + quote(input.name) + ",";
}

// An object with one nested list an input.
Result<DataSet> rows_by_name(const Json& json, const std::string& where, const std::vector<InputSpec>& inputs) {
  std::vector<InputArray> out;
  for (const InputSpec& input : inputs) {
    const auto found = json.find(input.name);
    if (found == json.end()) {
      return Error{where + " has no entry for the model's input " + expected_text(json, input.name, inputs.size()) +
                   "."};
    }
    VEIL_TRY(array, read_array(*found, input_text(input, where)));
    VEIL_TRY(rows, rows_of(std::move(array), input, input_text(input, where)));
    out.push_back(std::move(rows));
  }
  return data_set_of(std::move(out), inputs, where);
}

// A list of objects, one a row.
Result<DataSet> rows_of_objects(const Json& json, const std::string& where, const std::vector<InputSpec>& inputs) {
  Json by_name = Json::object();
  for (const InputSpec& input : inputs) {
    Json& list = by_name[input.name] = Json::array();
    for (std::size_t row = 0; row < json.size(); ++row) {
      const auto found = json[row].find(input.name);
      if (!json[row].is_object() || found == json[row].end()) {
        return Error{where + ", row " + std::to_string(row + 1) + ", has no entry for the model's input " +
                     expected_text(json[row].is_object() ? json[row] : Json::object(), input.name, inputs.size()) +
                     "."};
      }
      list.push_back(*found);
    }
  }
  return rows_by_name(by_name, where, inputs);
}

// The list of EZKL's input_data for input `index`: at its place among all inputs of the model.
const Json& list_of_input(const Json& json, const std::vector<InputSpec>& inputs, std::size_t index,
                          const std::vector<std::string>& input_names) {
  const auto place = std::find(input_names.begin(), input_names.end(), inputs[index].name);
  return json[place == input_names.end() ? index : static_cast<std::size_t>(place - input_names.begin())];
}

// EZKL: one flat list an input, one row in all. With a single input there may be more lists, each a row.
Result<DataSet> rows_of_input_data(const Json& json, const std::string& where, const std::vector<InputSpec>& inputs,
                                   const std::vector<std::string>& input_names) {
  const std::size_t count = std::max(inputs.size(), input_names.size());
  const bool lists = json.is_array() && (count == 1 ? !json.empty() : json.size() == count);
  if (!lists) {
    return Error{where + ": 'input_data' must be a list with one list of numbers for each of the model's " +
                 std::to_string(count) + " inputs."};
  }
  std::vector<InputArray> out;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    VEIL_TRY(array, read_array(count == 1 ? json : Json::array({list_of_input(json, inputs, i, input_names)}),
                               input_text(inputs[i], where)));
    const auto size = static_cast<std::int64_t>(size_of(inputs[i].shape));
    if (array.shape.size() == 2 && array.shape[1] == size) {
      GraphShape shape = inputs[i].shape;
      shape.insert(shape.begin(), array.shape[0]);
      array.shape = shape;
    }
    VEIL_TRY(rows, rows_of(std::move(array), inputs[i], input_text(inputs[i], where)));
    out.push_back(std::move(rows));
  }
  return data_set_of(std::move(out), inputs, where);
}

Result<DataSet> rows_of_lists(const Json& json, const std::string& where, const std::vector<InputSpec>& inputs) {
  if (inputs.size() != 1) {
    return Error{where + " holds one nested list, but the model has " + std::to_string(inputs.size()) +
                 " inputs; give an object with one list an input, by name."};
  }
  VEIL_TRY(array, read_array(json, where));
  VEIL_TRY(rows, rows_of(std::move(array), inputs[0], where));
  std::vector<InputArray> out;
  out.push_back(std::move(rows));
  return data_set_of(std::move(out), inputs, where);
}

Result<Label> label_of(const Json& json, const std::string& where) {
  if (json.is_string()) return Label(json.get<std::string>());
  if (json.is_number()) return Label(json.get<double>());
  if (json.is_boolean()) return Label(json.get<bool>() ? 1.0 : 0.0);
  return Error{where + " has labels that are neither numbers nor text."};
}

}  // namespace

Result<DataSet> read_json_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs,
                               const ReadOptions& options) {
  VEIL_TRY(json, parse_json(bytes, where));
  if (json.is_object()) {
    const auto input_data = json.find("input_data");
    return input_data == json.end() ? rows_by_name(json, where, inputs)
                                    : rows_of_input_data(*input_data, where, inputs, options.input_names);
  }
  if (!json.is_array()) return Error{where + " holds neither lists nor an object of lists."};
  if (json.empty()) return Error{where + " holds no rows."};
  return json[0].is_object() ? rows_of_objects(json, where, inputs) : rows_of_lists(json, where, inputs);
}

Result<std::vector<Label>> read_json_labels(ByteView bytes, const std::string& where, const std::string& name) {
  VEIL_TRY(json, parse_json(bytes, where));
  const Error none{where + " has no labels called " + quote(name) + "."};
  Json list = Json::array();
  if (json.is_object()) {
    if (!json.contains(name) || !json[name].is_array()) return none;
    list = json[name];
  } else {
    for (const Json& row : json) {
      if (!row.is_object() || !row.contains(name)) return none;
      list.push_back(row[name]);
    }
  }
  std::vector<Label> labels;
  for (const Json& entry : list) {
    VEIL_TRY(label, label_of(entry, where));
    labels.push_back(label);
  }
  return labels;
}

}  // namespace veil
