#include "data/rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

// Without the leading batch axis of 1; nothing where there is none.
std::optional<GraphShape> short_shape(const GraphShape& shape) {
  if (shape.empty() || shape[0] != 1) return std::nullopt;
  return GraphShape(shape.begin() + 1, shape.end());
}

bool has_rows_of(const GraphShape& shape, const GraphShape& row) {
  return shape.size() == row.size() + 1 && std::equal(row.begin(), row.end(), shape.begin() + 1);
}

std::string rows_text(const GraphShape& row) {
  std::string text = "(rows";
  for (const std::int64_t length : row) text += ", " + std::to_string(length);
  return text + ")";
}

// (2, 3) from the position in a row.
std::string index_text(std::size_t position, const GraphShape& shape) {
  GraphShape index(shape.size(), 0);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto length = static_cast<std::size_t>(shape[axis]);
    index[axis] = static_cast<std::int64_t>(position % length);
    position /= length;
  }
  return shape_text(index);
}

// The name of an element: its column, if it is known.
std::string element_text(const InputSpec& spec, std::size_t element) {
  if (element < spec.labels.size()) return quote(spec.labels[element]);
  return "element " + index_text(element, spec.shape) + " of input " + quote(spec.name);
}

// Puts the model's own values where there are none.
Status fill_missing(InputArray& input, const InputSpec& spec, const std::string& where) {
  if (input.values.empty()) return Done{};
  const std::size_t row_size = size_of(input.shape);
  for (std::size_t at = 0; at < input.values.size(); ++at) {
    if (!std::isnan(input.values[at])) continue;
    const std::size_t element = at % row_size;
    if (element < spec.imputed.size() && !std::isnan(spec.imputed[element])) {
      input.values[at] = spec.imputed[element];
    } else if (!spec.may_be_missing) {
      return Error{where + " has no value (NaN) in row " + std::to_string(at / row_size + 1) + " for " +
                   element_text(spec, element) + ", with which the model calculates; give it one."};
    }
  }
  return Done{};
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return 1;
  if (text == "false" || text == "False" || text == "FALSE") return 0;
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<InputArray> rows_of(Array array, const InputSpec& spec, const std::string& where) {
  const GraphShape without_batch = short_shape(spec.shape).value_or(spec.shape);
  const bool has_rows = has_rows_of(array.shape, spec.shape) || has_rows_of(array.shape, without_batch);
  if (!has_rows && array.shape != spec.shape) {
    return Error{where + " has the shape " + shape_text(array.shape) + "; input " + quote(spec.name) + " needs " +
                 rows_text(without_batch) + "."};
  }
  if (array.data.empty()) return Error{where + " holds no rows."};
  return InputArray{spec.name, spec.shape, std::move(array.data)};
}

Result<DataSet> data_set_of(std::vector<InputArray> inputs, const std::vector<InputSpec>& specs,
                            const std::string& where) {
  DataSet out{std::move(inputs), 0};
  for (std::size_t i = 0; i < out.inputs.size(); ++i) {
    InputArray& input = out.inputs[i];
    const std::size_t rows = input.values.size() / size_of(input.shape);
    if (rows == 0) return Error{where + " holds no rows."};
    if (out.rows == 0) out.rows = rows;
    if (rows != out.rows) {
      return Error{where + " has " + std::to_string(out.rows) + " rows of input " + quote(out.inputs[0].name) +
                   " but " + std::to_string(rows) + " of input " + quote(input.name) + "."};
    }
    VEIL_TRY_STATUS(fill_missing(input, specs[i], where));
  }
  if (out.inputs.empty()) out.rows = 1;  // of a model whose output is a constant, the row that holds nothing
  return out;
}

Result<DataFormat> format_of(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (ending == ".csv") return DataFormat::kCsv;
  if (ending == ".npy") return DataFormat::kNpy;
  if (ending == ".npz") return DataFormat::kNpz;
  if (ending == ".json") return DataFormat::kJson;
  if (ending == ".xlsx" || ending == ".xls" || ending == ".tsv" || ending == ".txt" || ending == ".parquet") {
    return Error{"The data file " + quote_path(path.string()) + " cannot be read: save it as .csv, with commas."};
  }
  if (path == "-") return Error{"Data are not read from standard input; name a file."};
  return Error{"The kind of the data file " + quote_path(path.string()) +
               " is not known; its name must end in .csv, .npy, .npz or .json."};
}

}  // namespace veil
