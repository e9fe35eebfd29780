#include "service/batches.h"

#include <fmt/core.h>

namespace veil {

std::vector<InputSpec> row_specs(std::vector<InputSpec> inputs, std::int64_t batch) {
  if (batch == 1) return inputs;
  for (InputSpec& input : inputs) input.shape[0] = 1;
  return inputs;
}

RealRow rows_from(const DataSet& data, std::size_t first, std::int64_t batch) {
  RealRow out;
  for (const InputArray& input : data.inputs) {
    const std::size_t size = input.values.size() / data.rows;
    std::vector<double>& values = out.emplace_back();
    values.reserve(size * static_cast<std::size_t>(batch));
    for (std::size_t row = first; row < first + static_cast<std::size_t>(batch); ++row) {
      const auto begin = input.values.begin() + static_cast<std::ptrdiff_t>(row % data.rows * size);
      values.insert(values.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    }
  }
  return out;
}

std::vector<RealRow> calibration_batches(const DataSet& data, std::int64_t batch) {
  std::vector<RealRow> out;
  for (std::size_t row = 0; row < data.rows; row += static_cast<std::size_t>(batch)) {
    out.push_back(rows_from(data, row, batch));
  }
  return out;
}

Result<std::vector<RealRow>> whole_batches(const DataSet& data, std::int64_t batch) {
  const auto size = static_cast<std::size_t>(batch);
  if (data.rows < size) {
    return Error{fmt::format("The data has {} rows, and the model takes {} at once.", data.rows, batch)};
  }
  std::vector<RealRow> out;
  for (std::size_t row = 0; row + size <= data.rows; row += size) out.push_back(rows_from(data, row, batch));
  return out;
}

}  // namespace veil
