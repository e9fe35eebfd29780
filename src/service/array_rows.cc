#include "service/array_rows.h"

#include <algorithm>

#include "graph/shape.h"
#include "graph/text.h"
#include "service/owned_model.h"

namespace veil {

namespace {

// One row of an input (1, 20) may come as (20).
void add_batch_axis(Array& array, const GraphShape& shape) {
  if (shape.empty() || shape[0] != 1 ||
      !std::equal(shape.begin() + 1, shape.end(), array.shape.begin(), array.shape.end())) {
    return;
  }
  array.shape = shape;
}

Result<InputArray> rows_of_input(Array array, const InputSpec& spec, const std::string& where) {
  add_batch_axis(array, spec.shape);
  return rows_of(std::move(array), spec, where);
}

std::size_t elements_of(const std::vector<InputSpec>& inputs) {
  std::size_t total = 0;
  for (const InputSpec& input : inputs) total += size_of(input.shape);
  return total;
}

// A table's columns to the inputs one after the other.
std::vector<InputArray> split_columns(const Array& table, const std::vector<InputSpec>& inputs) {
  const std::size_t columns = elements_of(inputs);
  const std::size_t rows = columns == 0 ? 0 : table.data.size() / columns;
  std::vector<InputArray> out;
  std::size_t first = 0;
  for (const InputSpec& input : inputs) {
    const std::size_t size = size_of(input.shape);
    InputArray part{input.name, input.shape, {}};
    part.values.reserve(rows * size);
    for (std::size_t row = 0; row < rows; ++row) {
      const auto begin = table.data.begin() + static_cast<std::ptrdiff_t>(row * columns + first);
      part.values.insert(part.values.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    }
    first += size;
    out.push_back(std::move(part));
  }
  return out;
}

Result<DataSet> rows_of_table(Array table, const std::vector<InputSpec>& inputs, const std::string& where) {
  const auto columns = static_cast<std::int64_t>(elements_of(inputs));
  const bool one_row = table.shape.size() == 1 && table.shape[0] == columns;
  const bool many_rows = table.shape.size() == 2 && table.shape[1] == columns;
  if (inputs.size() == 1 && !many_rows && !one_row) {
    VEIL_TRY(rows, rows_of_input(std::move(table), inputs[0], where));
    return data_set_of({std::move(rows)}, inputs, where);
  }
  if (!one_row && !many_rows) {
    std::vector<std::string> parts;
    for (const InputSpec& input : inputs) parts.push_back(quote(input.name) + " " + shape_text(input.shape));
    return Error{where + " has the shape " + shape_text(table.shape) + "; a row of the model is " +
                 std::to_string(columns) + " numbers (" + joined(parts) + ")."};
  }
  if (table.data.empty()) return Error{where + " holds no rows."};
  return data_set_of(split_columns(table, inputs), inputs, where);
}

}  // namespace

Result<DataSet> rows_of_arrays(std::vector<NamedArray> arrays, const std::vector<InputSpec>& inputs,
                               const std::string& where) {
  for (const NamedArray& each : arrays) {
    if (size_of(each.array.shape) != each.array.data.size()) return Error{where + " does not fit its own shape."};
  }
  if (arrays.size() == 1 && arrays[0].name.empty()) return rows_of_table(std::move(arrays[0].array), inputs, where);
  std::vector<InputArray> out;
  for (const InputSpec& input : inputs) {
    const auto found =
        std::find_if(arrays.begin(), arrays.end(), [&](const NamedArray& each) { return each.name == input.name; });
    if (found == arrays.end()) {
      std::vector<std::string> known;
      for (const NamedArray& each : arrays) known.push_back(quote(each.name));
      return Error{where + " has no array " + quote(input.name) + "; it has " +
                   (known.empty() ? "none" : joined(known)) + "."};
    }
    VEIL_TRY(rows, rows_of_input(std::move(found->array), input, "Array " + quote(input.name) + " of " + where));
    out.push_back(std::move(rows));
  }
  return data_set_of(std::move(out), inputs, where);
}

}  // namespace veil
