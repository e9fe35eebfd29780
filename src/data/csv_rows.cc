// CSV columns -> model inputs.
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "data/csv.h"
#include "data/rows.h"
#include "graph/shape.h"
#include "graph/suggest.h"
#include "graph/text.h"

namespace veil {
namespace {

using Columns = std::vector<std::size_t>;

// How the model's inputs are called in messages: 'X' (1, 20).
std::string inputs_text(const std::vector<InputSpec>& inputs) {
  std::vector<std::string> parts;
  parts.reserve(inputs.size());
  for (const InputSpec& input : inputs) parts.push_back(quote(input.name) + " " + shape_text(input.shape));
  return joined(parts);
}

Error no_column(const CsvTable& table, const std::string& where, const std::string& name) {
  return Error{where + " has no column " + quote(name) + suggestion(name, table.header()) + "."};
}

// Among the columns that are no inputs of the model.
Error lacks_column(const CsvTable& table, const std::string& where, const std::string& name,
                   const std::vector<InputSpec>& inputs) {
  std::unordered_set<std::string_view> known;
  for (const InputSpec& input : inputs) known.insert(input.labels.begin(), input.labels.end());
  std::vector<std::string> others;
  for (const std::string& each : table.header()) {
    if (!known.contains(each)) others.push_back(each);
  }
  const auto nearest = nearest_name(name, others);
  return Error{where + " lacks the column " + quote(name) + " that the model needs" +
               (nearest ? " (is it what the file calls " + quote(*nearest) + "?)." : ".")};
}

// At setup: the columns in their order, without the label.
Result<Columns> columns_in_order(const CsvTable& table, const std::string& where, const std::vector<InputSpec>& inputs,
                                 const ReadOptions& options) {
  std::optional<std::size_t> label;
  if (options.label_column) {
    label = table.column(*options.label_column);
    if (!label) return no_column(table, where, *options.label_column);
  }
  Columns columns;
  for (std::size_t column = 0; column < table.header().size(); ++column) {
    if (column != label) columns.push_back(column);
  }
  std::size_t needed = 0;
  for (const InputSpec& input : inputs) needed += size_of(input.shape);
  if (columns.size() == needed) return columns;
  return Error{where + " has " + std::to_string(columns.size()) + (columns.size() == 1 ? " column" : " columns") +
               (label ? " beside the label" : "") + ", but a row of the model is " + std::to_string(needed) +
               " numbers (" + inputs_text(inputs) + "); leave out columns that are no inputs" +
               (label ? "." : ", or name the column of the answers by --labels.")};
}

Status check_no_extra(const CsvTable& table, const std::string& where, const Columns& used,
                      const ReadOptions& options) {
  const std::unordered_set<std::size_t> known(used.begin(), used.end());
  for (std::size_t column = 0; column < table.header().size(); ++column) {
    const std::string& name = table.header()[column];
    if (options.allow_extra || known.contains(column) || name == options.label_column) continue;
    if (options.label_column && !table.column(*options.label_column)) {
      return no_column(table, where, *options.label_column);
    }
    return Error{where + " has a column " + quote(name) +
                 " that is no input of the model; remove it, or name it by --labels."};
  }
  return Done{};
}

// After setup: by name, in any order.
Result<Columns> columns_by_name(const CsvTable& table, const std::string& where, const std::vector<InputSpec>& inputs,
                                const ReadOptions& options) {
  std::unordered_map<std::string_view, std::size_t> by_name;
  for (std::size_t column = 0; column < table.header().size(); ++column) by_name[table.header()[column]] = column;
  Columns columns;
  for (const InputSpec& input : inputs) {
    VEIL_CHECK(input.labels.size() == size_of(input.shape));
    for (const std::string& label : input.labels) {
      const auto found = by_name.find(label);
      if (found == by_name.end()) return lacks_column(table, where, label, inputs);
      columns.push_back(found->second);
    }
  }
  VEIL_TRY_STATUS(check_no_extra(table, where, columns, options));
  return columns;
}

// How files write that there is no value.
bool says_nothing(std::string_view text) {
  static constexpr std::string_view kMissing[] = {"", "NA", "N/A", "null", "NULL", "None", "none", "?", "-", "#N/A"};
  return std::find(std::begin(kMissing), std::end(kMissing), text) != std::end(kMissing);
}

// Of a cell that is no number.
std::string_view advice_on(std::string_view text) {
  if (says_nothing(text)) return "every input needs a value, as for the training";
  const bool digits = text.find_first_of("0123456789") != std::string_view::npos;
  const bool numeric = digits && text.find_first_not_of("0123456789.,-+ '%$") == std::string_view::npos;
  if (numeric && text.find(',') != std::string_view::npos) {
    return "write it with a decimal point, and without separators of thousands";
  }
  if (numeric && text.find('-', 1) == std::string_view::npos) return "write the number alone";
  return "encode text as numbers, as for the training";
}

bool may_be_missing(const InputSpec& input, std::size_t element) {
  return input.may_be_missing || (element < input.imputed.size() && !std::isnan(input.imputed[element]));
}

Result<double> number_at(const CsvTable& table, const std::string& where, std::size_t row, std::size_t column,
                         bool may_be_missing) {
  const std::string_view text = table.cell(row, column);
  const auto value = parse_number(text);
  if (value && !std::isnan(*value)) return *value;
  if (may_be_missing && (value || says_nothing(text))) return std::numeric_limits<double>::quiet_NaN();
  const std::string place =
      where + ", row " + std::to_string(row + 1) + " below the header, column " + quote(table.header()[column]) + ": ";
  if (text.empty()) return Error{place + "the cell is empty; every input needs a number."};
  if (value) return Error{place + "NaN is not a number; give it a value."};
  return Error{place + quote(text) + " is not a number; " + std::string(advice_on(text)) + "."};
}

}  // namespace

Result<DataSet> read_csv_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs,
                              const ReadOptions& options) {
  VEIL_TRY(table, CsvTable::read(bytes, where));
  const bool by_name =
      std::any_of(inputs.begin(), inputs.end(), [](const InputSpec& input) { return !input.labels.empty(); });
  VEIL_TRY(columns,
           by_name ? columns_by_name(table, where, inputs, options) : columns_in_order(table, where, inputs, options));
  if (table.rows() == 0) return Error{where + " has a header but no rows."};
  std::vector<InputArray> out;
  std::size_t first = 0;
  for (const InputSpec& input : inputs) {
    const std::size_t size = size_of(input.shape);
    InputArray array{input.name, input.shape, {}};
    array.values.reserve(table.rows() * size);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      for (std::size_t i = 0; i < size; ++i) {
        VEIL_TRY(value, number_at(table, where, row, columns[first + i], may_be_missing(input, i)));
        array.values.push_back(value);
      }
    }
    first += size;
    out.push_back(std::move(array));
  }
  return data_set_of(std::move(out), inputs, where);
}

Result<std::vector<Label>> read_csv_labels(ByteView bytes, const std::string& where, const std::string& name) {
  VEIL_TRY(table, CsvTable::read(bytes, where));
  const auto column = table.column(name);
  if (!column) return no_column(table, where, name);
  std::vector<Label> labels;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    const std::string_view text = table.cell(row, *column);
    const auto value = parse_number(text);
    labels.push_back(value ? Label(*value) : Label(std::string(text)));
  }
  return labels;
}

}  // namespace veil
