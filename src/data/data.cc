#include "data/data.h"

#include <algorithm>

#include "data/csv.h"
#include "data/files.h"
#include "data/rows.h"
#include "graph/text.h"

namespace veil {

Result<DataSet> read_data(const std::filesystem::path& path, const std::vector<InputSpec>& inputs,
                          const ReadOptions& options) {
  VEIL_TRY(format, format_of(path));
  VEIL_TRY(bytes, read_file(path));
  const std::string where = quote_path(path.string());
  switch (format) {
    case DataFormat::kCsv:
      return read_csv_rows(bytes, where, inputs, options);
    case DataFormat::kNpy:
      return read_npy_rows(bytes, where, inputs);
    case DataFormat::kNpz:
      return read_npz_rows(bytes, where, inputs);
    case DataFormat::kJson:
      break;
  }
  return read_json_rows(bytes, where, inputs, options);
}

Result<std::vector<std::string>> csv_labels(const std::filesystem::path& path, const ReadOptions& options) {
  VEIL_TRY(format, format_of(path));
  if (format != DataFormat::kCsv) return std::vector<std::string>{};
  VEIL_TRY(bytes, read_file(path));
  VEIL_TRY(table, CsvTable::read(bytes, quote_path(path.string())));
  std::vector<std::string> labels = table.header();
  if (options.label_column) std::erase(labels, *options.label_column);
  return labels;
}

Result<std::vector<Label>> read_label_column(const std::filesystem::path& path, const std::string& name) {
  VEIL_TRY(format, format_of(path));
  VEIL_TRY(bytes, read_file(path));
  const std::string where = quote_path(path.string());
  switch (format) {
    case DataFormat::kCsv:
      return read_csv_labels(bytes, where, name);
    case DataFormat::kNpz:
      return read_npz_labels(bytes, where, name);
    case DataFormat::kJson:
      return read_json_labels(bytes, where, name);
    case DataFormat::kNpy:
      break;
  }
  return Error{"A NPY file such as " + where + " has no columns with names; give labels in a CSV, NPZ or JSON file."};
}

}  // namespace veil
